"""What connections, plans, the log and surveys hold about one person: handed out, and made nameless (GDPR 15, 17)."""

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from buying_center.models import (
    Activity,
    ActivityPerson,
    Connection,
    Contact,
    Engagement,
    Person,
    PulseSurvey,
)

# Texts of ours about them; strengths and dates stay, for they name nobody and our own figures stand on them.
_TEXTS = {Connection: ("note", "next_action"), Engagement: ("purpose",)}
# A shorter part of a name is a word of the language as often as a name.
_SHORTEST = 3
_LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class KnownAs:
    """What a text may call somebody."""

    names: frozenset[str]
    emails: frozenset[str]


def linked_export(
    person: Person, contact_ids: list[uuid.UUID], rows: Callable[..., list[dict[str, Any]]]
) -> dict[str, Any]:
    """Everything of the four, history included; `rows(model, **conditions)` answers rows as JSON values."""
    took_part = ActivityPerson.objects.filter(tenant_id=person.tenant_id, contact_id__in=contact_ids)
    activity_ids = list(took_part.values_list("activity_id", flat=True))
    surveys = _surveys(person, contact_ids, [person.email]).values_list("id", flat=True)
    return {
        "connections": rows(Connection, contact_id__in=contact_ids),
        "engagements": rows(Engagement, contact_id__in=contact_ids),
        "activities": rows(Activity, id__in=activity_ids),
        "surveys": [
            {name: value for name, value in row.items() if name != "key_digest"}
            for row in rows(PulseSurvey, id__in=list(surveys))
        ],
    }


def linked_erase(person: Person, contacts: Iterable[Contact], *, known_as: KnownAs, instead: str) -> None:
    """Take a person's name and what was written about them out of the four, and out of their history.

    They still took part in what they took part in, as somebody without a name. Where they did, every part of the
    name goes from the texts; elsewhere in the log of their accounts the whole name and the address do. A
    customer's answer to a survey stays, without name and address; an open link is taken back.
    """
    tenant_id = person.tenant_id
    ids = [contact.pk for contact in contacts]
    for model, names in _TEXTS.items():
        blank = dict.fromkeys(names, "")
        rows: Any = model
        rows.objects.filter(tenant_id=tenant_id, contact_id__in=ids).update(**blank)
        _events(model).objects.filter(tenant_id=tenant_id, contact_id__in=ids).update(**blank)
    surveys = _surveys(person, ids, known_as.emails)
    surveys.filter(answered_at__isnull=True, revoked_at__isnull=True).update(revoked_at=timezone.now())
    surveys.update(contact_name=instead, contact_email="")
    _scrub_log(tenant_id, [contact.account_id for contact in contacts], ids, known_as, instead)


def _surveys(person: Person, contact_ids: list[uuid.UUID], emails: Iterable[str]) -> Any:
    theirs = Q(contact_id__in=contact_ids) | Q(contact_email__in=[email for email in emails if email])
    return PulseSurvey.objects.filter(theirs, tenant_id=person.tenant_id)


def _scrub_log(
    tenant_id: uuid.UUID,
    account_ids: list[uuid.UUID],
    contact_ids: list[uuid.UUID],
    known_as: KnownAs,
    instead: str,
) -> None:
    # From the history, which knows also those who were taken out of an entry again.
    took_part = set(
        _events(ActivityPerson)
        .objects.filter(tenant_id=tenant_id, contact_id__in=contact_ids)
        .values_list("activity_id", flat=True)
    )
    known = known_as.names | known_as.emails
    parts = {part for name in known_as.names for part in name.split() if len(part) >= _SHORTEST}
    whole, every = _pattern(known), _pattern(known | parts)
    kept: tuple[tuple[Any, str], ...] = ((Activity, "pk"), (_events(Activity), "pgh_obj_id"))
    for model, key in kept:
        changed = []
        rows = model.objects.filter(tenant_id=tenant_id, account_id__in=account_ids)
        for row in rows.only("subject", "text", key if key != "pk" else "id"):
            pattern = every if getattr(row, key) in took_part else whole
            subject = pattern.sub(instead, row.subject)[:_LONGEST_SUBJECT]
            text = pattern.sub(instead, row.text)
            if (subject, text) != (row.subject, row.text):
                row.subject, row.text = subject, text
                changed.append(row)
        model.objects.bulk_update(changed, ["subject", "text"], batch_size=200)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words as a whole, the longest first; matches nothing without any."""
    known = sorted({word for word in words if word}, key=len, reverse=True)
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)" if known else r"(?!)", re.IGNORECASE
    )


def _events(model: type[Any]) -> Any:
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")
