"""The checks behind the connections score: the duties of BANK D4, made checkable (K11).

What nobody can know yet (no executive is named, nobody is covered) does not apply: it is said, and not counted.
"""

import datetime

from django.urls import reverse

from accounts.models import Account
from buying_center.checks import Check
from buying_center.findings import names_of
from buying_center.models import Engagement
from buying_center.network import structure_of
from buying_center.network.model import REACHED, Someone
from buying_center.network.structure import SENIOR_LEVELS, only_contacts
from buying_center.selectors.centre import CentreRows
from buying_center.selectors.connections import engagements_of
from buying_center.selectors.matrix import COLD_DAYS
from kam.common.formatting import date, plural

# For these accounts a review between executives is a duty, not a luxury (BANK D4, G2).
REVIEWED_TIERS = frozenset({"business_consultant", "partner"})


def connection_checks(account: Account, rows: CentreRows) -> list[Check]:
    """Every duty of connections alignment as a check, for an account whose centre was read; one query."""
    centre, today = rows.centre, rows.today
    known = [someone for someone in centre.here.values() if not someone.is_placeholder]
    if not known:
        return [_nobody(account)]
    plans = engagements_of(account.pk)
    senior = [someone for someone in known if someone.level in SENIOR_LEVELS]
    return [
        _senior_named(account, senior),
        _senior_planned(account, rows, senior, plans),
        _plans_kept(account, plans, today),
        _executive_review(account, plans),
        _counterparts(account, rows),
        _several_known(account, rows),
        _no_single_thread(account, rows),
        _fresh(account, rows),
    ]


def _nobody(account: Account) -> Check:
    return Check(
        "senior_named",
        False,
        "Nobody at this customer is known yet.",
        "Connections begin with knowing who there is.",
        "Add the first person",
        reverse("buying_center:contact_add", args=[account.pk]),
    )


def _senior_named(account: Account, senior: list[Someone]) -> Check:
    """CON-2: their senior executives who matter to us are named."""
    people = plural(len(senior), "senior person", "senior people")
    verb = "is" if len(senior) == 1 else "are"
    return Check(
        "senior_named",
        bool(senior),
        f"{people.capitalize()} {verb} named." if senior else "None of their senior people is named.",
        "Whoever decides over a partnership sits high up.",
        "Add a senior person",
        reverse("buying_center:contact_add", args=[account.pk]),
    )


def _senior_planned(
    account: Account, rows: CentreRows, senior: list[Someone], plans: list[Engagement]
) -> Check:
    """CON-4: each of them has an engagement plan."""
    planned = {str(plan.contact_id) for plan in plans}
    without = [someone.id for someone in senior if someone.id not in planned]
    names = names_of(without, rows.centre)
    return Check(
        "senior_planned",
        None if not senior else not without,
        f"No engagement plan for {names}." if without else "Every senior person has an engagement plan."
        if senior else "No senior person is named, so none has a plan.",
        "Without who, how often and when next, an executive is met by chance.",
        "Plan how we keep in touch",
        _contact_url(account, without[0]) + "#links" if without else _people_url(account),
    )  # fmt: skip


def _plans_kept(account: Account, plans: list[Engagement], today: datetime.date) -> Check:
    """CON-4, CON-7: no plan is overdue."""
    overdue = [plan for plan in plans if plan.next_on < today]
    words = "Every engagement plan is kept." if plans else "There is no engagement plan to keep."
    url = _people_url(account)
    if overdue:
        first = overdue[0]
        count = f" and {len(overdue) - 1} more" if len(overdue) > 1 else ""
        words = f"{first.contact.name}{count} overdue: contact was due on {date(first.next_on)}."
        url = _contact_url(account, first.contact_id) + "#links"
    return Check(
        "plans_kept",
        None if not plans else not overdue,
        words,
        "A plan that slips tells the executive how much they matter.",
        "Get in touch, then log it",
        url,
    )


def _executive_review(account: Account, plans: list[Engagement]) -> Check:
    """CON-5: reviews between executives are fixed, where the tier or the key account asks for it."""
    needed = account.is_key_account or account.tier in REVIEWED_TIERS
    fixed = [plan for plan in plans if plan.kind == Engagement.Kind.EXECUTIVE_REVIEW]
    words = "No review between executives is fixed."
    if fixed:
        words = (
            f"{fixed[0].place.name} reviews with {fixed[0].contact.name}, next on {date(fixed[0].next_on)}."
        )
    return Check(
        "executive_review",
        bool(fixed) if needed or fixed else None,
        words,
        "Agreed goals are measured where both sides can decide."
        if needed
        else "This account’s tier does not ask for it.",
        "Fix an executive review",
        _people_url(account),
    )


def _counterparts(account: Account, rows: CentreRows) -> Check:
    """CON-6: each decider has a counterpart of ours who reaches them (strength ≥ 3)."""
    centre = rows.centre
    deciders = [someone for someone in centre.with_role("decider") if not someone.is_placeholder]
    reached = {tie.theirs for tie in centre.connections if tie.strength >= REACHED}
    without = [someone.id for someone in deciders if someone.id not in reached]
    names = names_of(without, centre)
    verb = "decides" if len(without) == 1 else "decide"
    words = f"Nobody of ours reaches {names}, who {verb}."
    if not without:
        words = "Every decider has a counterpart of ours." if deciders else "Nobody is known to decide."
    return Check(
        "decider_counterparts",
        None if not deciders else not without,
        words,
        f"A connection carries from {REACHED} of 5 on.",
        "Give them a counterpart",
        _matrix_url(account),
    )


def _several_known(account: Account, rows: CentreRows) -> Check:
    """CON-6: facilitators and influencers have a counterpart too."""
    centre = rows.centre
    helpers = [
        someone
        for someone in centre.here.values()
        if someone.roles & {"facilitator", "influencer"} and not someone.is_placeholder
    ]
    met = {tie.theirs for tie in centre.connections}
    without = [someone.id for someone in helpers if someone.id not in met]
    words = f"{names_of(without, centre)} {'has' if len(without) == 1 else 'have'} no counterpart of ours."
    if not without:
        words = (
            "Every facilitator and influencer has a counterpart of ours."
            if helpers
            else "No facilitator or influencer is known."
        )
    return Check(
        "influencer_counterparts",
        None if not helpers else not without,
        words,
        "Deciders listen to them before they listen to us.",
        "Give them a counterpart",
        _matrix_url(account),
    )


def _no_single_thread(account: Account, rows: CentreRows) -> Check:
    """CON-1, CON-6: not all hangs on one person of either side."""
    centre = rows.centre
    structure = structure_of(centre)
    thread = structure.kind in ("bow_tie", "one_to_many") or len(structure.theirs) == 1
    only = only_contacts(centre.connections)
    words = "At least two of ours know at least two of theirs."
    if structure.kind is None:
        words = "Nobody of ours is connected with anybody there."
    elif len(structure.ours) == 1:
        alone = sum(who in centre.here for who in only)
        name, count = names_of(structure.ours, centre), plural(alone, "person", "people")
        words = f"Everything hangs on {name}: {count} of theirs."
    elif len(structure.theirs) == 1:
        words = f"All of ours know only {names_of(structure.theirs, centre)}."
    return Check(
        "no_single_thread",
        structure.kind is not None and not thread,
        words,
        "When one person leaves, the account must not leave with them.",
        "See who faces whom",
        reverse("buying_center:structure", args=[account.pk]),
    )


def _fresh(account: Account, rows: CentreRows) -> Check:
    """CON-7: whoever is covered or connected was in contact within 90 days."""
    centre, today = rows.centre, rows.today
    touched = {tie.theirs for tie in centre.live_ties}
    cold = [
        who
        for who in touched
        if (last := rows.people[who]["last_contact"]) is None or (today - last).days > COLD_DAYS
    ]
    cold = [who for who in rows.analysis.ranking if who in set(cold)]
    words = f"No contact for {COLD_DAYS} days with {names_of(cold, centre)}."
    if not cold:
        words = (
            f"Everybody we know was in contact within {COLD_DAYS} days."
            if touched
            else "Nobody is covered yet."
        )
    return Check(
        "fresh_contact",
        None if not touched else not cold,
        words,
        "People who hear nothing from us hear from others.",
        "Get in touch, then log it",
        _contact_url(account, cold[0]) + "#links" if cold else _people_url(account),
    )


def _contact_url(account: Account, who: object) -> str:
    return reverse("buying_center:contact_detail", args=[account.pk, who])


def _people_url(account: Account) -> str:
    return reverse("buying_center:people", args=[account.pk])


def _matrix_url(account: Account) -> str:
    return reverse("buying_center:matrix", args=[account.pk])
