"""Profile and buying centre of an account, as parts of its plan (K9, K10, K13, PLN-1)."""

from buying_center.models import Contact, ContactRole, SellingCenterMember
from buying_center.selectors.selling_center import selling_center_list
from kam.common import formatting
from kam.common.formatting import plural
from planning.figures import Figures, figures_of
from planning.selectors.plan_live import LivePart, PlanContext
from planning.selectors.plan_parts import Column, Figure, Row, Table, day, key, money

_HIGH_POWER = 7


def profile(context: PlanContext) -> LivePart:
    """What is entered about the account itself, and what it earns us. One query."""
    account, base = context.account, context.settings.base_currency
    place = ", ".join(word for word in (account.region, account.country) if word)
    figures = (
        Figure("industry", "Industry", account.industry or None),
        Figure("place", "Region and country", place or None),
        Figure("customer_since", "Customer since", day(account.customer_since), "day"),
        Figure("tier", "Tier", account.get_tier_display() if account.tier else None),
        Figure("managed_as", "Wants to be managed", account.get_managed_as_display() or None),
        Figure("ladder", "Relationship, our view", account.get_ladder_ours_display() or None),
        Figure(
            "ladder_customer",
            "Relationship, the customer's view",
            account.get_ladder_customer_display() or None,
        ),
        Figure(
            "category_spend",
            "Spends on what we sell",
            formatting.money_full(account.category_spend, account.currency or base, decimals=0)
            if account.category_spend is not None
            else None,
            note="All suppliers, per year.",
        ),
    )
    known = figures_of(account.pk)
    when = f"As of {formatting.date(known.reference_date)}." if known.reference_date else ""
    earned = tuple(
        Figure(
            each.key,
            each.label,
            float(each.value) if each.value is not None and each.unit == "ratio" else money(each.value),
            "ratio" if each.unit == "ratio" else "money",
            when,
        )
        for each in known.figures
    )
    return LivePart(finding=_profile_finding(known, base), figures=earned + figures)


def _profile_finding(known: Figures, currency: str) -> str:
    values = {each.key: each.value for each in known.figures}
    sales, margin = values.get("net_sales_12m"), values.get("contribution_12m")
    if sales is None:
        return "What we earn with this customer is not computed yet."
    earned = formatting.money(margin, currency) if margin is not None else "an unknown part of it"
    return f"Buys {formatting.money(sales, currency)} a year; we keep {earned} of it."


def buying_centre(context: PlanContext) -> LivePart:
    """People on both sides with names and roles (PLN-1). Three queries."""
    account = context.account
    contacts = list(
        Contact.objects.select_related("person", "covered_by__member__user", "covered_by__employee")
        .filter(tenant_id=account.tenant_id, account_id=account.pk, left_on__isnull=True)
        .order_by("-power", "person__name", "id")
    )
    roles: dict[object, list[str]] = {}
    for role in ContactRole.objects.filter(
        tenant_id=account.tenant_id, contact__tenant_id=account.tenant_id, contact__account_id=account.pk
    ).order_by("role", "id"):
        roles.setdefault(role.contact_id, []).append(str(role.get_role_display()))
    ours = list(selling_center_list(account_id=account.pk))
    tables = (
        Table(
            "contacts",
            "At the customer",
            (
                Column("name", "Name"),
                Column("title", "Function"),
                Column("roles", "Roles"),
                Column("attitude", "Attitude, −2 to +2", "number"),
                Column("power", "Power, 0–10", "number"),
                Column("cover", "Looked after by"),
            ),
            tuple(
                Row(
                    key(contact.pk),
                    {
                        "name": contact.person.name,
                        "title": contact.title or None,
                        "roles": ", ".join(roles.get(contact.pk, [])) or None,
                        "attitude": contact.attitude,
                        "power": contact.power,
                        "cover": contact.covered_by.name if contact.covered_by else "nobody",
                    },
                )
                for contact in contacts
            ),
            "Nobody at the customer is entered yet.",
        ),
        Table(
            "selling_centre",
            "With us",
            (Column("name", "Name"), Column("role", "Role"), Column("until", "Until", "day")),
            tuple(
                Row(
                    key(place.pk),
                    {
                        "name": place.name,
                        "role": f"{place.get_role_display()}, lead"
                        if place.is_lead
                        else place.get_role_display(),
                        "until": day(place.valid_to),
                    },
                )
                for place in ours
            ),
            "Nobody is in the selling centre yet.",
        ),
    )
    return LivePart(finding=_finding(contacts, roles, ours), tables=tables)


def _finding(contacts: list[Contact], roles: dict[object, list[str]], ours: list[SellingCenterMember]) -> str:
    if not contacts:
        return "Nobody at the customer is entered yet."
    if not any("Decider" in held for held in roles.values()):
        return (
            f"{plural(len(contacts), 'person', 'people')} known, and nobody among them is named as decider."
        )
    bare = [
        contact.person.name
        for contact in contacts
        if contact.covered_by_id is None and (contact.power or 0) >= _HIGH_POWER
    ]
    if bare:
        rest = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
        return f"{bare[0]}{rest}: strong, and nobody of ours looks after them."
    return (
        f"{plural(len(contacts), 'person', 'people')} at the customer, "
        f"{len({place.member_id for place in ours})} of ours; every strong one is looked after."
    )
