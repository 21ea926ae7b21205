"""`contacts/`, `contact-roles/`, `influence-links/`: the people of buying centres (K13)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from buying_center.models import (
    BuyingRole,
    Contact,
    ContactLevel,
    ContactRole,
    InfluenceLink,
    PromoterType,
)
from buying_center.selectors.people import (
    contact_role_visible,
    contact_visible,
    influence_link_visible,
    roles_of,
)
from buying_center.services.contact_roles import contact_role_add, contact_role_remove, contact_role_update
from buying_center.services.contacts import contact_add, contact_remove, contact_update
from buying_center.services.influence import (
    influence_link_add,
    influence_link_remove,
    influence_link_update,
)
from kam.common.api.fields import Choice, Day, Flag, Id, Ratio, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import DayFilter, Filter, FlagFilter, IdFilter, ListQuery, NullFilter
from kam.common.api.rows import Row, read_rows
from kam.common.api.views import CreateListApi, DetailApi

_JUDGED = {
    "attitude": ("To us, −2 (against) to +2 (for us).", -2, 2),
    "power": ("0–10", 0, 10),
    "receptiveness": ("0–10", 0, 10),
    "strength": ("Of our relationship, 0–5.", 0, 5),
    "facilitator_trust": ("0–10", 0, 10),
    "facilitator_reputation": ("0–10", 0, 10),
    "facilitator_interest": ("0–10", 0, 10),
}
_ZONES = ("zone_power", "zone_threat", "zone_receptive")


class ContactOutput(serializers.Serializer[Any]):
    """A person's place in one account's buying centre; null = not known. `person` is the same in every account.

    `zone_*` null = as the figures suggest; else a person's override, with its reason.
    """

    id = Id()
    person = Id(source="person_id")
    external_id = Text(source="person.external_id", allow_null=True)
    account = Id(source="account_id")
    name = Text(source="person.name")
    is_placeholder = Flag(source="person.is_placeholder")
    email = Text(source="person.email", allow_null=True)
    phone = Text(source="person.phone", allow_null=True)
    title = Text(allow_null=True)
    department = Text(allow_null=True)
    level = Choice(choices=ContactLevel.choices, allow_null=True)
    reports_to = Id(source="reports_to_id", allow_null=True)
    left_on = Day(allow_null=True)
    promoter_type = Choice(choices=PromoterType.choices, allow_null=True)
    is_dominant_advisor = Flag()
    is_opponent = Flag()
    competitor = Text(allow_null=True)
    assessed_by = Id(source="assessed_by.user_id", allow_null=True, help_text="User id of the author.")
    assessed_on = Day(allow_null=True)
    next_assessment = Day(allow_null=True)
    covered_by = Id(source="covered_by_id", allow_null=True, help_text="A place in the selling centre.")
    last_contact = Day(allow_null=True)
    personal_goals = Text(allow_null=True)
    assessment = Text(allow_null=True)
    note = Text(allow_null=True)
    map_x = Ratio(allow_null=True)
    map_y = Ratio(allow_null=True)
    is_parked = Flag()
    version = Whole(source="shown_version")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, (help_text, _low, _high) in _JUDGED.items():
            fields[name] = Whole(allow_null=True, help_text=help_text)
        for name in _ZONES:
            fields[name] = Flag(allow_null=True)
            fields[f"{name}_reason"] = Text(allow_null=True)
        return fields


class ContactShown(ContactOutput):
    """A contact with its roles, which stand in a table of their own."""

    roles = serializers.ListField(child=Choice(choices=BuyingRole.choices))


class ContactInput(StrictSerializer):
    """What may be written. Omitted = as it is; null or "" = not known. `roles` replaces the whole list."""

    person = Id(required=False, help_text="A known person, for a further account; then without a name.")
    external_id = Text(max_length=100, allow_null=True, required=False)
    account = Id()
    name = Text(max_length=200, required=False)
    is_placeholder = Flag(required=False)
    email = Text(max_length=254, allow_null=True, required=False)
    phone = Text(max_length=60, allow_null=True, required=False)
    title = Text(max_length=200, allow_null=True, required=False)
    department = Text(max_length=200, allow_null=True, required=False)
    level = Choice(choices=ContactLevel.choices, allow_null=True, allow_blank=True, required=False)
    reports_to = Id(allow_null=True, required=False)
    left_on = Day(allow_null=True, required=False)
    promoter_type = Choice(choices=PromoterType.choices, allow_null=True, allow_blank=True, required=False)
    is_dominant_advisor = Flag(required=False)
    is_opponent = Flag(required=False)
    competitor = Text(max_length=120, allow_null=True, required=False)
    next_assessment = Day(allow_null=True, required=False)
    covered_by = Id(allow_null=True, required=False)
    last_contact = Day(allow_null=True, required=False)
    personal_goals = Text(max_length=4000, allow_null=True, required=False)
    assessment = Text(max_length=4000, allow_null=True, required=False)
    note = Text(max_length=4000, allow_null=True, required=False)
    map_x = Ratio(allow_null=True, required=False, min_value=-1e6, max_value=1e6)
    map_y = Ratio(allow_null=True, required=False, min_value=-1e6, max_value=1e6)
    is_parked = Flag(required=False)
    roles = serializers.ListField(
        child=Choice(choices=BuyingRole.choices), required=False, max_length=len(BuyingRole.values)
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, (help_text, low, high) in _JUDGED.items():
            fields[name] = Whole(
                allow_null=True, required=False, min_value=low, max_value=high, help_text=help_text
            )
        for name in _ZONES:
            fields[name] = Flag(allow_null=True, required=False)
            fields[f"{name}_reason"] = Text(max_length=500, allow_null=True, required=False)
        return fields


ContactInput.ignored = read_only(ContactShown, ContactInput)
_SORTED = ("power", "attitude", "receptiveness", "strength", "title", "department", "left_on")


class _ContactRows:
    """Rows of both contact views: the columns in one query, the roles of all of them in a second."""

    principal: Any

    def rows(self) -> Any:
        return contact_visible(self.principal)

    def read(self, rows: "QuerySet[Any, Any]") -> list[Row]:
        found = read_rows(rows, ContactOutput)
        roles = roles_of([row["id"] for row in found]) if found else {}
        for row in found:
            row["roles"] = roles.get(row["id"], [])
        return found


class ContactListApi(_ContactRows, CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = ContactInput, ContactShown
    query = ListQuery(
        filters={
            "external_id": Filter("person__external_id"),
            "account": IdFilter("account_id"),
            "person": IdFilter("person_id"),
            "email": Filter("person__email"),
            "role": Filter("roles__role", BuyingRole.values),
            "department": Filter("department"),
            "level": Filter("level", ContactLevel.values),
            "reports_to": IdFilter("reports_to_id"),
            "covered_by": IdFilter("covered_by_id"),
            "uncovered": NullFilter("covered_by", help="Only those whom nobody of ours covers."),
            "left": NullFilter(
                "left_on", help="false = only those who have left; true = only those who have not."
            ),
            "is_placeholder": FlagFilter("person__is_placeholder"),
            "is_opponent": FlagFilter("is_opponent"),
            "due_before": DayFilter("next_assessment__lt", help="Next re-assessment before this day."),
        },
        search=("person__name", "title", "department", "person__external_id"),
        ordering={
            "name": "person__name",
            "external_id": "person__external_id",
            **{name: name for name in (*_SORTED, "next_assessment", "last_contact", "created_at")},
        },
        default="name",
    )

    def create(self, values: dict[str, Any]) -> Contact:
        return contact_add(principal=self.principal, values=values)


class ContactDetailApi(_ContactRows, DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = ContactInput, ContactShown

    def update(self, obj: Contact, values: dict[str, Any], if_match: Any) -> None:
        contact_update(principal=self.principal, contact=obj, values=values, if_match=if_match)

    def remove(self, obj: Contact, if_match: Any) -> None:
        contact_remove(principal=self.principal, contact=obj, if_match=if_match)


class ContactRoleOutput(serializers.Serializer[Any]):
    id = Id()
    contact = Id(source="contact_id")
    account = Id(source="contact.account_id")
    role = Choice(choices=BuyingRole.choices)
    committee = Text(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ContactRoleInput(StrictSerializer):
    contact = Id()
    role = Choice(choices=BuyingRole.choices)
    committee = Text(
        max_length=120, allow_null=True, required=False, help_text="Of a decider who is one of several."
    )


ContactRoleInput.ignored = read_only(ContactRoleOutput, ContactRoleInput)


class ContactRoleListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = ContactRoleInput, ContactRoleOutput
    query = ListQuery(
        filters={
            "account": IdFilter("contact__account_id"),
            "contact": IdFilter("contact_id"),
            "role": Filter("role", BuyingRole.values),
        },
        ordering={"role": "role", "created_at": "created_at"},
        default="role",
    )

    def rows(self) -> Any:
        return contact_role_visible(self.principal)

    def create(self, values: dict[str, Any]) -> ContactRole:
        return contact_role_add(principal=self.principal, values=values)


class ContactRoleDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = ContactRoleInput, ContactRoleOutput

    def rows(self) -> Any:
        return contact_role_visible(self.principal)

    def update(self, obj: ContactRole, values: dict[str, Any], if_match: Any) -> None:
        contact_role_update(principal=self.principal, role=obj, values=values, if_match=if_match)

    def remove(self, obj: ContactRole, if_match: Any) -> None:
        contact_role_remove(principal=self.principal, role=obj, if_match=if_match)


class InfluenceLinkOutput(serializers.Serializer[Any]):
    id = Id()
    account = Id(source="account_id")
    kind = Choice(choices=InfluenceLink.Kind.choices)
    topic = Text(allow_null=True)
    strength = Whole()
    note = Text(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        ends = {"from": Id(source="source_id"), "to": Id(source="target_id")}
        return {**super().get_fields(), **ends}


class InfluenceLinkInput(StrictSerializer):
    kind = Choice(choices=InfluenceLink.Kind.choices, required=False)
    topic = Text(max_length=120, allow_null=True, required=False)
    strength = Whole(required=False, min_value=1, max_value=5)
    note = Text(max_length=4000, allow_null=True, required=False)

    def get_fields(self) -> dict[str, Any]:
        ends = {
            "from": Id(source="source", help_text="The contact who influences."),
            "to": Id(source="target", help_text="The contact who is influenced."),
        }
        return {**super().get_fields(), **ends}


InfluenceLinkInput.ignored = read_only(InfluenceLinkOutput, InfluenceLinkInput)


class InfluenceLinkListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = InfluenceLinkInput, InfluenceLinkOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "from": IdFilter("source_id"),
            "to": IdFilter("target_id"),
            "kind": Filter("kind", InfluenceLink.Kind.values),
            "topic": Filter("topic"),
        },
        ordering={"strength": "strength", "topic": "topic", "created_at": "created_at"},
        default="-strength",
    )

    def rows(self) -> Any:
        return influence_link_visible(self.principal)

    def create(self, values: dict[str, Any]) -> InfluenceLink:
        return influence_link_add(principal=self.principal, values=values)


class InfluenceLinkDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = InfluenceLinkInput, InfluenceLinkOutput

    def rows(self) -> Any:
        return influence_link_visible(self.principal)

    def update(self, obj: InfluenceLink, values: dict[str, Any], if_match: Any) -> None:
        influence_link_update(principal=self.principal, link=obj, values=values, if_match=if_match)

    def remove(self, obj: InfluenceLink, if_match: Any) -> None:
        influence_link_remove(principal=self.principal, link=obj, if_match=if_match)
