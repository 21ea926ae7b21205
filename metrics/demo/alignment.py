"""The demo's alignment with its customers, entered through the services; what lies in the past is dated back."""

import datetime
from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone

from accounts.models import Account
from buying_center.bank.alignment import FUNCTION_PAIRS
from buying_center.models import Contact, InterfacePair, PulseSurvey, SupplierPositioning
from buying_center.services.interfaces import interface_add
from buying_center.services.standing import positioning_update, standing_update
from buying_center.services.surveys import survey_answer, survey_ask
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.links import key_digest, key_make
from kam.tenancy.models import Membership, Tenant
from metrics.demo.alignment_words import ALIGNMENTS, POSITIONED, DemoAlignment, DemoAnswer
from metrics.demo.people_words import CENTRES

ASKED_BEFORE = datetime.timedelta(days=3)


def alignment_fill(*, tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """Fill the three accounts; whatever is there already stays as it is."""
    for words in ALIGNMENTS:
        account = Account.objects.filter(tenant_id=tenant.id, name=words.account).first()
        if account is None:
            continue
        with tenant_context(tenant.id, member_id=members[words.owner].pk, via="command"):
            _fill(account, words, members, today)
    for name, values in POSITIONED.items():
        account = Account.objects.filter(tenant_id=tenant.id, name=name).select_related("owner").first()
        if account is not None:
            _position(Principal(member=account.owner or members["nora"]), account, values)


def _fill(
    account: Account, words: DemoAlignment, members: dict[str, Membership], today: datetime.date
) -> None:
    principal = Principal(member=members[words.owner])
    own = {"tenant_id": account.tenant_id, "account_id": account.pk}
    if not InterfacePair.objects.filter(**own).exists():
        _pairs(principal, account, words, members)
        standing_update(principal=principal, account=account, values=words.standing)
    _position(principal, account, words.positioning)
    if not PulseSurvey.objects.filter(**own).exists():
        _surveys(principal, account, words, today)


def _pairs(
    principal: Principal, account: Account, words: DemoAlignment, members: dict[str, Membership]
) -> None:
    bank = {pair.code: (pair.ours, pair.theirs) for pair in FUNCTION_PAIRS}
    for pair in words.pairs:
        ours, theirs = bank.get(pair.code, pair.functions)
        interface_add(
            principal=principal,
            values={
                "account": account.pk,
                "our_function": ours,
                "their_function": theirs,
                "status": pair.status,
                "owner": members[pair.owner].user_id if pair.owner else None,
                "issue": pair.issue,
                "opportunity": pair.opportunity,
                "boundary": pair.boundary,
                "saving_ours": None if pair.ours is None else Decimal(pair.ours),
                "saving_theirs": None if pair.theirs is None else Decimal(pair.theirs),
            },
        )


def _position(principal: Principal, account: Account, values: Mapping[str, object]) -> None:
    own = {"tenant_id": account.tenant_id, "account_id": account.pk}
    if not SupplierPositioning.objects.filter(**own).exists():
        positioning_update(principal=principal, account=account, values=values)


def _surveys(principal: Principal, account: Account, words: DemoAlignment, today: datetime.date) -> None:
    """Answers of the past stand as they were given then; the last one comes through the service, which brings the
    customer's view up to it."""
    people = _people(account, words.account)
    *past, last = words.answers
    for answer in past:
        _past(principal, account, people, answer, today)
    for who in words.expired:
        _expired(principal, account, people, who, today)
    if last.who in people:
        survey, _link = survey_ask(principal=principal, contact_id=people[last.who].pk, send=False)
        survey_answer(
            survey=survey,
            ladder=last.ladder,
            recommends=last.recommends,
            satisfied=last.satisfied,
            comment=last.comment,
        )
    for who in words.waiting:
        if who in people:
            survey_ask(principal=principal, contact_id=people[who].pk, send=False)


def _people(account: Account, name: str) -> dict[str, Contact]:
    """The demo's people of an account by their keys."""
    centre = next(one for one in CENTRES if one.account == name)
    keys = {person.name: person.key for person in centre.people}
    rows = Contact.objects.filter(tenant_id=account.tenant_id, account=account).select_related("person")
    return {keys[contact.name]: contact for contact in rows if contact.name in keys}


def _past(
    principal: Principal,
    account: Account,
    people: dict[str, Contact],
    answer: DemoAnswer,
    today: datetime.date,
) -> None:
    contact = people.get(answer.who)
    if contact is None:
        return
    day = _noon(today - datetime.timedelta(days=answer.days_ago))
    survey = _asked(principal, account, contact, day - ASKED_BEFORE)
    PulseSurvey.objects.filter(tenant_id=account.tenant_id, pk=survey.pk).update(
        opened_at=day,
        answered_at=day,
        ladder=answer.ladder,
        ladder_ours=answer.ladder_ours,
        recommends=answer.recommends,
        satisfied=answer.satisfied,
        comment=answer.comment,
    )


def _expired(
    principal: Principal, account: Account, people: dict[str, Contact], who: str, today: datetime.date
) -> None:
    if who in people:
        _asked(principal, account, people[who], _noon(today - datetime.timedelta(days=30)))


def _asked(principal: Principal, account: Account, contact: Contact, asked: datetime.datetime) -> PulseSurvey:
    """A survey of the past; when it was asked is written afterwards, because its row takes the clock's."""
    survey = PulseSurvey.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        contact=contact,
        key_digest=key_digest(key_make()),
        contact_name=contact.name,
        contact_email=contact.person.email,
        asked_by=principal.member,
        expires_at=asked + datetime.timedelta(days=14),
    )
    PulseSurvey.objects.filter(tenant_id=account.tenant_id, pk=survey.pk).update(asked_at=asked)
    return survey


def _noon(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))
