"""Objects for tests. Every factory works inside `tenant_context` and fills `tenant` from it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts import models as accounts
from buying_center import models as buying_center
from kam.tenancy.context import current_tenant_id
from opportunities import models as opportunities
from planning import models as planning


class TenantFactory(DjangoModelFactory):
    """Base: the tenant is the one whose context is entered."""

    class Meta:
        abstract = True

    tenant_id = factory.LazyFunction(current_tenant_id)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        return model_class.objects.create(*args, **kwargs)


class AccountFactory(TenantFactory):
    class Meta:
        model = accounts.Account

    external_id = factory.Sequence(lambda n: f"A{n:05d}")
    name = factory.Sequence(lambda n: f"Account {n}")
    industry = "Retail"
    country = "NO"
    currency = "USD"


class KeyAccountFactory(AccountFactory):
    """A key account since 31 January 2025, in the system since before."""

    is_key_account = True
    key_since = date(2025, 1, 31)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        account = super()._create(model_class, *args, **kwargs)
        before = datetime(2024, 1, 1, tzinfo=UTC)
        accounts.Account.objects.filter(pk=account.pk).update(created_at=before)
        account.refresh_from_db()
        return account


class SegmentFactory(TenantFactory):
    class Meta:
        model = accounts.Segment

    account = factory.SubFactory(AccountFactory)
    external_id = factory.Sequence(lambda n: f"S{n:05d}")
    name = factory.Sequence(lambda n: f"Segment {n}")


class BusinessUnitFactory(TenantFactory):
    class Meta:
        model = accounts.BusinessUnit

    name = factory.Sequence(lambda n: f"Unit {n}")


class ProductLineFactory(TenantFactory):
    class Meta:
        model = accounts.ProductLine

    name = factory.Sequence(lambda n: f"Line {n}")
    business_unit = factory.SubFactory(BusinessUnitFactory)


class ProductFactory(TenantFactory):
    class Meta:
        model = accounts.Product

    external_id = factory.Sequence(lambda n: f"P{n:05d}")
    name = factory.Sequence(lambda n: f"Product {n}")
    product_line = factory.SubFactory(ProductLineFactory)


class SalesLineFactory(TenantFactory):
    """A ledger row alone: rollups are refreshed by `accounts.services.rollups`."""

    class Meta:
        model = accounts.SalesLine

    external_id = factory.Sequence(lambda n: f"L{n:07d}")
    account = factory.SubFactory(AccountFactory)
    product = factory.SubFactory(ProductFactory)
    date = date(2025, 6, 15)
    net_sales = Decimal("100.0000")
    cogs = Decimal("60.0000")
    currency = "USD"


class CostEntryFactory(TenantFactory):
    class Meta:
        model = accounts.CostEntry

    external_id = factory.Sequence(lambda n: f"C{n:07d}")
    account = factory.SubFactory(AccountFactory)
    date = date(2025, 6, 15)
    category = "delivery"
    amount = Decimal("5.0000")
    currency = "USD"


class SellingCenterMemberFactory(TenantFactory):
    class Meta:
        model = buying_center.SellingCenterMember

    account = factory.SubFactory(AccountFactory)
    role = "contributor"


class EmployeeFactory(TenantFactory):
    class Meta:
        model = buying_center.Employee

    name = factory.Sequence(lambda n: f"Employee {n}")


class PersonFactory(TenantFactory):
    class Meta:
        model = buying_center.Person

    name = factory.Sequence(lambda n: f"Person {n}")


class ContactFactory(TenantFactory):
    """Somebody in a buying centre; `name="…"` names the person behind it."""

    class Meta:
        model = buying_center.Contact
        exclude = ("name",)

    name = factory.Sequence(lambda n: f"Person {n}")
    person = factory.SubFactory(PersonFactory, name=factory.SelfAttribute("..name"))
    account = factory.SubFactory(AccountFactory)


class ContactRoleFactory(TenantFactory):
    class Meta:
        model = buying_center.ContactRole

    contact = factory.SubFactory(ContactFactory)
    role = "user"


class InfluenceLinkFactory(TenantFactory):
    class Meta:
        model = buying_center.InfluenceLink

    source = factory.SubFactory(ContactFactory)
    account = factory.SelfAttribute("source.account")
    target = factory.SubFactory(ContactFactory, account=factory.SelfAttribute("..account"))


class ConnectionFactory(TenantFactory):
    class Meta:
        model = buying_center.Connection

    contact = factory.SubFactory(ContactFactory)
    account = factory.SelfAttribute("contact.account")
    place = factory.SubFactory(SellingCenterMemberFactory, account=factory.SelfAttribute("..account"))
    strength = 3


class EngagementFactory(TenantFactory):
    class Meta:
        model = buying_center.Engagement

    contact = factory.SubFactory(ContactFactory)
    place = factory.SubFactory(SellingCenterMemberFactory, account=factory.SelfAttribute("..contact.account"))
    every_weeks = 6
    next_on = date(2026, 1, 15)


class ActivityFactory(TenantFactory):
    """Something that happened; `people` are contacts and places who were there."""

    class Meta:
        model = buying_center.Activity

    account = factory.SubFactory(AccountFactory)
    kind = "call"
    happened_on = date(2026, 1, 10)
    subject = factory.Sequence(lambda n: f"Call {n}")

    @classmethod
    def _create(cls, model_class: Any, *args: Any, people: tuple[Any, ...] = (), **kwargs: Any) -> Any:
        activity = super()._create(model_class, *args, **kwargs)
        for who in people:
            side = "contact" if isinstance(who, buying_center.Contact) else "place"
            buying_center.ActivityPerson.objects.create(
                tenant_id=activity.tenant_id, activity=activity, **{side: who}
            )
        return activity


class OpenSpaceCellFactory(TenantFactory):
    class Meta:
        model = planning.OpenSpaceCell

    account = factory.SubFactory(AccountFactory)
    product_line = factory.SubFactory(ProductLineFactory)
    potential = Decimal("1000.0000")


class OpportunityFactory(TenantFactory):
    class Meta:
        model = opportunities.Opportunity

    account = factory.SubFactory(AccountFactory)
    name = factory.Sequence(lambda n: f"Opportunity {n}")
    currency = "USD"


class SuccessFactorFactory(TenantFactory):
    class Meta:
        model = accounts.SuccessFactor

    account = factory.SubFactory(AccountFactory)
    title = factory.Sequence(lambda n: f"Success factor {n}")
    position = factory.Sequence(lambda n: n)


class ObjectiveFactory(TenantFactory):
    class Meta:
        model = planning.Objective

    account = factory.SubFactory(AccountFactory)
    title = factory.Sequence(lambda n: f"Objective {n}")
    horizon = "short"
    type = "retain"


class PlanFactory(TenantFactory):
    class Meta:
        model = planning.Plan

    account = factory.SubFactory(AccountFactory)
    title = factory.Sequence(lambda n: f"Plan {n}")
    starts_on = date(2026, 1, 1)
    ends_on = date(2026, 12, 31)


class ReflectionAnswerFactory(TenantFactory):
    """An answer to the first question of the bank, unless another is given."""

    class Meta:
        model = planning.ReflectionAnswer

    account = factory.SubFactory(AccountFactory)
    question = factory.LazyFunction(lambda: planning.ReflectionQuestion.objects.get(code="ENV-1"))
    state = "answered"
    text = "Stricter rules on energy use."


class ValueItemFactory(TenantFactory):
    """Proven value: the customer gains 1,000 a year, we 500 at a cost of 100."""

    class Meta:
        model = planning.ValueItem

    account = factory.SubFactory(AccountFactory)
    title = factory.Sequence(lambda n: f"Value {n}")
    statement = "Saves a shift."
    value_class = 3
    reward = "premium"
    customer_gain = Decimal("1000.0000")
    our_gain = Decimal("500.0000")
    our_cost = Decimal("100.0000")


class ReviewFactory(TenantFactory):
    class Meta:
        model = planning.Review

    account = factory.SubFactory(AccountFactory)
    due_on = date(2025, 9, 30)


class ReviewActionFactory(TenantFactory):
    class Meta:
        model = planning.ReviewAction

    account = factory.SubFactory(AccountFactory)
    review = factory.SubFactory(ReviewFactory, account=factory.SelfAttribute("..account"))
    text = "Visit Cork"


class InterfacePairFactory(TenantFactory):
    class Meta:
        model = buying_center.InterfacePair

    account = factory.SubFactory(AccountFactory)
    our_function = factory.Sequence(lambda n: f"Function {n}")
    their_function = "Receiving"
    status = "aligned"
