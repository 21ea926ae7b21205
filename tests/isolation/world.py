"""Two tenants, each with one object of every kind, so that every route can be asked for its own and for a foreign one.

Objects are made from their models alone: a new model is in the world by itself, and one that cannot be
guessed fails with a message that says where to add it.
"""

import datetime
import io
import itertools
import uuid
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from pptx import Presentation

from buying_center.models import SellingCenterMember
from kam.tenancy.catalogue import tenant_models
from kam.tenancy.context import tenant_context
from kam.tenancy.history import registered_models
from kam.tenancy.models import Membership, Role, Tenant, TenantModel, TenantSettings
from kam.tenancy.services import tenant_create
from tests.conftest import make_members
from tests.isolation.routes import Argument, Route

_numbers = itertools.count(1)


def _slides() -> bytes:
    buffer = io.BytesIO()
    Presentation().save(buffer)
    return buffer.getvalue()


# Values that cannot be guessed from the field: constraints over several fields, words with a meaning.
# A callable gets the world and answers the value.
OVERRIDES: dict[str, dict[str, Any]] = {
    "accounts.Account": {"country": "NO", "currency": "USD"},
    "accounts.ProductLine": {"account": None},
    "planning.DeckTemplate": {"content": _slides()},
    "accounts.ExchangeRate": {"currency": "NOK", "month": datetime.date(2025, 6, 1), "rate": Decimal("0.1")},
    "accounts.SalesLine": {"currency": "USD", "date": datetime.date(2025, 6, 15)},
    "accounts.CostEntry": {"currency": "USD", "date": datetime.date(2025, 6, 15)},
    "buying_center.SellingCenterMember": {"role": "kam", "is_lead": True, "employee": None},
    "buying_center.PlaceScope": {"segment": None, "region": ""},
    "buying_center.Connection": {"strength": 3, "desired": 4},
    "buying_center.Engagement": {"every_weeks": 6},
    "buying_center.ActivityPerson": {"place": None},
    "buying_center.RelationshipStanding": {"vendor_tier": 2},
    "buying_center.PulseSurvey": {
        "expires_at": datetime.datetime(2125, 6, 30, tzinfo=datetime.UTC),
        "ladder": "",
        "ladder_ours": "",
    },
    "accounts.ImportJob": {"kind": "accounts", "file_name": "ownmark.csv"},
    "opportunities.Opportunity": {"currency": "USD", "outcome": ""},
    "planning.ValueItem": {"value_class": 1, "customer_gain": Decimal("10"), "confirmed_by": ""},
    "planning.ValueConfirmation": {
        "currency": "USD",
        "expires_at": datetime.datetime(2125, 6, 30, tzinfo=datetime.UTC),
        "answer": "",
        "answered_by": "",
    },
    "planning.Review": {"previous": None, "frozen_by": None},
    "tenancy.Notification": {"url": "/accounts/", "key": "told"},
    "planning.Objective": {"type": "grow"},
    "planning.Plan": {"starts_on": datetime.date(2025, 1, 1), "ends_on": datetime.date(2025, 12, 31)},
    "planning.PlanTarget": {"year": 2025},
    "planning.PlanVersion": {
        "number": 1,
        "document": lambda world: {
            **dict.fromkeys(
                ("plan_id", "account_id", "account", "tenant", "title", "state", "currency", "made_at"),
                world.mark,
            ),
            **dict.fromkeys(("starts_on", "ends_on", "reference_date"), "2025-06-30"),
        },
    },
    "planning.ReflectionAnswer": {"state": "answered", "owner": None, "due": None},
    # A question of the bank is never deleted; an own one without answers is.
    "planning.ReflectionQuestion": {"is_own": True},
    "buying_center.ContactRole": {"role": "decider"},
    "buying_center.InfluenceLink": {"strength": 4, "target": lambda world: world.second_contact()},
    "buying_center.PerceivedRisk": {"probability": 3, "consequence": 4},
    "buying_center.Contact": {"attitude": 1, "power": 7, "strength": 2},
}
# The static part of a path before an argument → the model of the object that it names.
SEGMENTS = {
    "accounts": "accounts.Account",
    "segments": "accounts.Segment",
    "value-items": "planning.ValueItem",
    "reviews": "planning.Review",
    "review-actions": "planning.ReviewAction",
    "business-units": "accounts.BusinessUnit",
    "product-lines": "accounts.ProductLine",
    "lines": "accounts.ProductLine",
    "products": "accounts.Product",
    "exchange-rates": "accounts.ExchangeRate",
    "rates": "accounts.ExchangeRate",
    "sales-lines": "accounts.SalesLine",
    "cost-entries": "accounts.CostEntry",
    "imports": "accounts.ImportJob",
    "views": "accounts.SavedView",
    "success-factors": "accounts.SuccessFactor",
    "objectives": "planning.Objective",
    "plans": "planning.Plan",
    "comments": "planning.PlanComment",
    "reflection-questions": "planning.ReflectionQuestion",
    "reflection-answers": "planning.ReflectionAnswer",
    "selling-centre": "buying_center.SellingCenterMember",
    "places": "buying_center.SellingCenterMember",
    "employees": "buying_center.Employee",
    "scopes": "buying_center.PlaceScope",
    "connections": "buying_center.Connection",
    "engagements": "buying_center.Engagement",
    "activities": "buying_center.Activity",
    "interfaces": "buying_center.InterfacePair",
    "surveys": "buying_center.PulseSurvey",
    "step-resources": "opportunities.StepResource",
    "contacts": "buying_center.Contact",
    "contact-roles": "buying_center.ContactRole",
    "people": "buying_center.Person",
    "influence-links": "buying_center.InfluenceLink",
    "opportunities": "opportunities.Opportunity",
    "recomputations": "metrics.Recomputation",
    "recompute": "metrics.Recomputation",
    "members": "tenancy.Membership",
    "invitations": "tenancy.Invitation",
    "integrations": "tenancy.Membership",
}
# Members of request bodies and queries that take an id → the model of the object.
REFERENCES = {
    "review": "planning.Review",
    "continues": "planning.Plan",
    "before": "planning.PlanEntry",
    "contact": "buying_center.Contact",
    "contacts": "buying_center.Contact",
    "place": "buying_center.SellingCenterMember",
    "places": "buying_center.SellingCenterMember",
    "employee": "buying_center.Employee",
    "from": "buying_center.Contact",
    "to": "buying_center.Contact",
    "reports_to": "buying_center.Contact",
    "person": "buying_center.Person",
    "covered_by": "buying_center.SellingCenterMember",
    "account": "accounts.Account",
    "accounts": "accounts.Account",
    "parent": "accounts.Account",
    "segment": "accounts.Segment",
    "product": "accounts.Product",
    "product_line": "accounts.ProductLine",
    "business_unit": "accounts.BusinessUnit",
    "import": "accounts.ImportJob",
    "success_factor": "accounts.SuccessFactor",
    "success_factors": "accounts.SuccessFactor",
    "question": "planning.ReflectionQuestion",
}
# Names of arguments that say by themselves what they are.
NAMES = {
    "account_id": "accounts.Account",
    "plan_id": "planning.Plan",
    "comment_id": "planning.PlanComment",
    "entry_id": "planning.PlanEntry",
    "opportunity_id": "opportunities.Opportunity",
    "segment_id": "accounts.Segment",
    "contact_id": "buying_center.Contact",
    "person_id": "buying_center.Person",
    "place_id": "buying_center.SellingCenterMember",
    "link_id": "buying_center.InfluenceLink",
    "row_id": "buying_center.GridEntry",
    "line_id": "accounts.ProductLine",
    "view_id": "accounts.SavedView",
    "rate_id": "accounts.ExchangeRate",
    "job_id": "accounts.ImportJob",
    "run_id": "metrics.Recomputation",
    "decision_id": "metrics.AccountDecision",
    "factor_id": "accounts.SuccessFactor",
    "objective_id": "planning.Objective",
    "question_id": "planning.ReflectionQuestion",
    "notification_id": "tenancy.Notification",
    "item_id": "planning.ValueItem",
    "review_id": "planning.Review",
    "action_id": "planning.ReviewAction",
}
# Arguments that name no object: values that the route knows.
WORDS: dict[tuple[str, str], list[str]] = {
    ("planning:reflection", "set_key"): ["environment", "absolute", "habits"],
    ("buying_center:row_add", "kind"): ["grid", "needs", "risks", "actions"],
    ("buying_center:row_change", "kind"): ["grid"],
    ("planning:plan_export", "file_type"): ["pptx", "pdf", "xlsx"],
    ("planning:plan_text", "key"): ["summary"],
    ("planning:plan_live", "key"): ["profile", "open_space"],
    ("planning:plan_read_section", "key"): ["swot"],
    ("planning:plan_row_add", "key"): ["swot", "actions"],
    ("planning:plan_row", "key"): ["swot"],
    ("planning:plan_row_delete", "key"): ["swot"],
    ("planning:plan_row_move", "key"): ["swot"],
    ("planning:plan_step", "step"): ["submit", "withdraw", "approve", "return", "activate"],
    ("planning:plan_version", "number"): ["1"],
    ("api:plans-section", "key"): ["swot", "summary"],
    ("api:plans-version", "number"): ["1"],
    ("metrics:account_export", "file_type"): ["csv", "xlsx"],
    ("metrics:account_explanation", "figure"): ["clv", "upv"],
    ("planning:open_space_export", "file_type"): ["csv", "xlsx"],
    ("accounts:import_template", "kind"): ["accounts", "products", "sales_lines"],
    ("metrics:portfolio_export", "file_type"): ["csv", "xlsx"],
    ("metrics:portfolio_data", "chart"): ["matrix", "pareto", "whale", "lines"],
    ("metrics:portfolio_explain", "figure"): ["customer_equity"],
}


class NoFixtureError(AssertionError):
    """The world does not know how to fill a route or a model."""


class World:
    """One tenant with one of everything. Its texts carry `mark`, so that a leak can be seen."""

    def __init__(self, slug: str, mark: str) -> None:
        self.mark = mark
        self.tenant: Tenant = tenant_create(name=f"{mark} company", slug=slug, base_currency="USD")
        self.members: dict[str, Membership] = make_members(self.tenant)
        for member in self.members.values():
            member.user.name = f"{mark} {member.role}"
            member.user.save(update_fields=["name"])
        self._made: dict[type[models.Model], models.Model] = {}
        with tenant_context(self.tenant.id):
            for model in tenant_models():
                self.get(model)
            self._team()

    def get(self, model: type[models.Model]) -> models.Model:
        """The tenant's object of a model, made on first sight."""
        if model is Membership:
            return self.members[Role.KAM]
        if model is Tenant:
            return self.tenant
        if model is TenantSettings:
            with tenant_context(self.tenant.id):
                return TenantSettings.objects.get(tenant=self.tenant)
        if model not in self._made:
            self._made[model] = self._make(model)
        return self._made[model]

    def _make(self, model: type[models.Model]) -> models.Model:
        values: dict[str, Any] = {"tenant": self.tenant}
        known = OVERRIDES.get(model._meta.label, {})
        for field in model._meta.local_fields:
            if field.name in ("id", "tenant") or field.auto_created or field.generated:
                continue
            if field.name in known:
                given = known[field.name]
                values[field.name] = given(self) if callable(given) else given
            elif field.is_relation:
                target = field.remote_field.model
                if target is not model and not (
                    field.null and not issubclass(target, TenantModel | Membership)
                ):
                    values[field.name] = self.get(target)
            elif not field.has_default() and not field.null:
                values[field.name] = self._guess(model, field)
        try:
            return model._default_manager.create(**values)
        except Exception as error:
            raise NoFixtureError(
                f"{model._meta.label} could not be made from its fields: {error}. "
                "Add what it needs to OVERRIDES in tests/isolation/world.py."
            ) from error

    def _guess(self, model: type[models.Model], field: Any) -> Any:
        number = next(_numbers)
        if field.choices:
            return field.choices[0][0]
        match field:
            case models.EmailField():
                return f"{self.mark}{number}@example.com"
            case models.CharField() | models.TextField():
                text = f"{self.mark}{number}"
                return text[: field.max_length] if field.max_length else text
            case models.BooleanField():
                return False
            case models.DateTimeField():
                return datetime.datetime(2025, 6, 30, tzinfo=datetime.UTC)
            case models.DateField():
                return datetime.date(2025, 6, 30)
            case models.DecimalField():
                return Decimal("1")
            case models.IntegerField() | models.FloatField():
                return 1
            case models.UUIDField():
                return uuid.uuid4()
            case models.JSONField():
                return {}
            case models.BinaryField():
                return b"x"
            case models.FileField():
                return f"{self.mark}.csv"
        raise NoFixtureError(
            f"{model._meta.label}.{field.name} ({type(field).__name__}) cannot be guessed: "
            "add it to OVERRIDES in tests/isolation/world.py."
        )

    def _team(self) -> None:
        """The account is the manager's own, and the contributor is in its selling centre."""
        account: Any = self.by_label("accounts.Account")
        type(account).objects.filter(pk=account.pk).update(owner=self.members[Role.KAM])
        SellingCenterMember.objects.get_or_create(
            tenant=self.tenant,
            account=account,
            member=self.members[Role.CONTRIBUTOR],
            defaults={"role": "contributor"},
        )

    def second_contact(self) -> models.Model:
        """Somebody else in the same buying centre, for what ties two people."""
        first: Any = self.by_label("buying_center.Contact")
        person = type(first.person).objects.create(tenant=self.tenant, name=f"{self.mark} colleague")
        return type(first).objects.create(tenant=self.tenant, person=person, account=first.account)

    def everything(self) -> list[models.Model]:
        """All that was made."""
        return list(self._made.values())

    def by_label(self, label: str) -> models.Model:
        return self.get(apps.get_model(label))

    def reference(self, name: str, path: str) -> Any:
        """What a member `name` of a request body or query refers to in this tenant."""
        if name in ("user", "owner", "member"):
            return self.members[Role.KAM].user.pk
        label = REFERENCES.get(name)
        if name == "parent" and "segments" in path:
            label = "accounts.Segment"
        if label is None:
            raise NoFixtureError(
                f"Route /{path}: “{name}” takes an id, and nothing is known for it. "
                "Add it to REFERENCES in tests/isolation/world.py."
            )
        return self.by_label(label).pk

    def value(self, route: Route, argument: Argument) -> Any:
        """What fills an argument of a route with this tenant's object."""
        words = WORDS.get((route.name, argument.name))
        if words:
            return words[0]
        if route.name == "tenancy:history" and argument.name == "pk":
            return self.by_label(registered_models()[0]).pk
        if route.name == "tenancy:history":
            return registered_models()[0]
        if route.name in ("tenancy:integration_token",):
            return self.members[Role.INTEGRATION].pk
        label = NAMES.get(argument.name) or SEGMENTS.get(argument.before)
        if argument.kind != "uuid" or label is None:
            raise NoFixtureError(
                f"Route {route} ({route.name}): nothing is known for <{argument.kind}:{argument.name}>. "
                f"Add it to NAMES or “{argument.before}” to SEGMENTS (an object) or the route to WORDS (a word) "
                "in tests/isolation/world.py."
            )
        return self.by_label(label).pk

    def values(self, route: Route) -> dict[str, Any]:
        """The route's arguments, filled with this tenant's objects and the first word of each kind."""
        return {argument.name: self.value(route, argument) for argument in route.arguments}

    def variants(self, route: Route) -> list[dict[str, Any]]:
        """The same with every word that is known for the route, and for the history every kind of object."""
        filled = self.values(route)
        if route.name == "tenancy:history":
            return [{"label": label, "pk": self.by_label(label).pk} for label in registered_models()]
        found = [filled]
        for argument in route.arguments:
            for word in WORDS.get((route.name, argument.name), [])[1:]:
                found.append({**filled, argument.name: word})
        return found


def foreign_values(route: Route, own: World, foreign: World) -> list[dict[str, Any]]:
    """The route's arguments with each object in turn, and all together, taken from the other tenant."""
    mine, theirs = own.values(route), foreign.values(route)
    objects = [argument.name for argument in route.arguments if argument.kind == "uuid"]
    mixed = [{**mine, name: theirs[name]} for name in objects]
    return mixed if len(mixed) < 2 else [*mixed, {**mine, **{name: theirs[name] for name in objects}}]


def unknown_values(route: Route, own: World) -> dict[str, Any]:
    """The same with ids that exist nowhere."""
    mine = own.values(route)
    return {
        **mine,
        **{argument.name: uuid.uuid4() for argument in route.arguments if argument.kind == "uuid"},
    }
