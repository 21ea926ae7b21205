"""Profile and buying centre of an account, as parts of its plan (K9, K10, K13, PLN-1)."""

from buying_center.models import Contact, ContactRole, SellingCenterMember
from buying_center.selectors.selling_center import selling_center_list
from kam.common.formatting import plural
from planning.selectors.plan_live import LivePart, PlanContext
from planning.selectors.plan_parts import Column, Figure, Row, Table, day, key, money

_HIGH_POWER = 7


def profile(context: PlanContext) -> LivePart:
    """What is entered about the account itself."""
    account = context.account
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
            money(account.category_spend),
            "money",
            "All suppliers, per year.",
        ),
    )
    return LivePart(figures=figures)


def buying_centre(context: PlanContext) -> LivePart:
    """People on both sides with names and roles (PLN-1). Three queries."""
    account = context.account
    contacts = list(
        Contact.objects.select_related("person", "covered_by__member__user")
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
                        "cover": contact.covered_by.member.user.display_name
                        if contact.covered_by
                        else "nobody",
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
                        "name": place.member.user.display_name,
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
