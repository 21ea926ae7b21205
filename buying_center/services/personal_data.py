"""What is stored about one person: handed out, and erased, on request or when time is up (GDPR 15 and 17)."""

import datetime
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from accounts.models import ImportProblem
from buying_center.models import (
    Contact,
    ContactAction,
    ContactRole,
    GridEntry,
    InfluenceLink,
    NeedChain,
    PerceivedRisk,
    Person,
)
from buying_center.selectors.people import leavers_before
from buying_center.services.linked_data import KnownAs, linked_erase, linked_export
from buying_center.signals import buying_center_changed
from kam.common.dates import months_after
from kam.common.errors import ConflictError, NotFoundError
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import tenant_settings

ERASED_NAME = "Erased person"
# Texts about a person that go; figures stay, for they name nobody and the charts stand on them.
_CONTACT_TEXTS = (
    "title",
    "department",
    "competitor",
    "personal_goals",
    "assessment",
    "note",
    "zone_power_reason",
    "zone_threat_reason",
    "zone_receptive_reason",
)
# What belongs to one person alone and goes as a whole.
_OWN = (GridEntry, NeedChain, PerceivedRisk, ContactAction)

Collect = Callable[[uuid.UUID, list[uuid.UUID]], Any]
Erase = Callable[[uuid.UUID, list[uuid.UUID]], None]
_others: dict[str, tuple[Collect, Erase]] = {}


def register_personal_data(name: str, *, collect: Collect, erase: Erase) -> None:
    """Let an app above say what it holds about a person: `collect(person_id, contact_ids)` → JSON values, and
    `erase(person_id, contact_ids)`, which also cleans its history. Called from `AppConfig.ready()`."""
    _others[name] = (collect, erase)


def person_export(*, principal: Principal, person_id: uuid.UUID) -> dict[str, Any]:
    """Everything stored about one person, history included, as JSON values.

    Raises NotFoundError, PermissionDenied.
    """
    authorise(principal, "people.personal_data")
    person = _find(person_id)
    contacts = list(Contact.objects.filter(tenant_id=person.tenant_id, person_id=person.pk))
    ids = [contact.pk for contact in contacts]
    return {
        "exported_at": timezone.now().isoformat(),
        "person": _plain(person),
        "contacts": [_plain(contact) for contact in contacts],
        "roles": _rows(ContactRole, contact_id__in=ids),
        "influence_links": [
            *_rows(InfluenceLink, source_id__in=ids),
            *_rows(InfluenceLink, target_id__in=ids),
        ],
        "analysis": {model.__name__: _rows(model, contact_id__in=ids) for model in _OWN},
        "history": {
            "person": _rows(_events(Person), pgh_obj_id=person.pk),
            "contacts": _rows(_events(Contact), pgh_obj_id__in=ids),
        },
        **linked_export(person, ids, _rows),
        **{name: collect(person.pk, ids) for name, (collect, _erase) in _others.items()},
    }


@transaction.atomic
def person_erase(*, principal: Principal, person_id: uuid.UUID) -> Person:
    """Forget a person: name, address, texts and grids go, also from the history; their place in the charts stays
    as “Erased person”. It cannot be undone, and no import brings them back.

    Raises NotFoundError, PermissionDenied, ConflictError for somebody who is erased already.
    """
    authorise(principal, "people.personal_data")
    person = _find(person_id, lock=True)
    if person.erased_at is not None:
        raise ConflictError("This person is erased already.", code="erased")
    _erase(person)
    return person


@transaction.atomic
def leavers_erase(*, today: datetime.date) -> int:
    """Erase, in the current tenant, who has left every account longer ago than the tenant keeps people.

    Returns how many. Nothing happens where the tenant set no limit.
    """
    months = tenant_settings().person_retention_months
    if months is None:
        return 0
    gone = list(leavers_before(months_after(today, -months)).select_for_update(of=("self",)))
    for person in gone:
        _erase(person)
    return len(gone)


def _erase(person: Person) -> None:
    tenant_id = person.tenant_id
    contacts = list(Contact.objects.filter(tenant_id=tenant_id, person_id=person.pk))
    ids = [contact.pk for contact in contacts]
    words = [person.name, person.email, person.external_id]
    known = _known_as(person)
    if person.external_id:
        person.erased_key = erased_key(tenant_id, person.external_id)
    nobody = {"name": ERASED_NAME, "email": "", "phone": "", "external_id": None}
    for name, value in {**nobody, "erased_at": timezone.now(), "is_placeholder": False}.items():
        setattr(person, name, value)
    person.save()
    blank = dict.fromkeys(_CONTACT_TEXTS, "")
    for contact in contacts:
        # An override without its reason is not allowed; what the figures suggest stays.
        contact.zone_power = contact.zone_threat = contact.zone_receptive = None
        for name, value in blank.items():
            setattr(contact, name, value)
        contact.left_on = contact.left_on or timezone.localdate()
        contact.save()
    for model in _OWN:
        rows: Any = model
        rows.objects.filter(tenant_id=tenant_id, contact_id__in=ids).delete()
        _events(model).objects.filter(tenant_id=tenant_id, contact_id__in=ids).delete()
    for end in ("source_id__in", "target_id__in"):
        InfluenceLink.objects.filter(tenant_id=tenant_id, **{end: ids}).update(note="")
        _events(InfluenceLink).objects.filter(tenant_id=tenant_id, **{end: ids}).update(note="")
    linked_erase(person, contacts, known_as=known, instead=ERASED_NAME)
    # The history last: what was just written stands there with the old values too.
    _events(Person).objects.filter(tenant_id=tenant_id, pgh_obj_id=person.pk).update(**nobody)
    _events(Contact).objects.filter(tenant_id=tenant_id, pgh_obj_id__in=ids).update(
        **blank, zone_power=None, zone_threat=None, zone_receptive=None
    )
    for word in filter(None, words):
        ImportProblem.objects.filter(tenant_id=tenant_id, job__kind="contacts", value=word).update(
            value="", message="A row about a person who was erased since."
        )
    for _collect, erase in _others.values():
        erase(person.pk, ids)
    account_ids = [contact.account_id for contact in contacts]
    buying_center_changed.send(sender=Person, tenant_id=tenant_id, account_ids=account_ids)


def _known_as(person: Person) -> KnownAs:
    """Every name and address that the person ever had here."""
    events = _events(Person).objects.filter(tenant_id=person.tenant_id, pgh_obj_id=person.pk)
    rows = [(person.name, person.email), *events.values_list("name", "email").distinct()]
    return KnownAs(
        names=frozenset(name for name, _email in rows if name),
        emails=frozenset(email for _name, email in rows if email),
    )


def erased_key(tenant_id: uuid.UUID, external_id: str) -> str:
    """What is kept of an erased person's external id; the import of contacts computes the same in SQL."""
    return hashlib.sha256(f"{tenant_id}:{external_id}".encode()).hexdigest()


def _find(person_id: uuid.UUID, *, lock: bool = False) -> Person:
    rows = Person.objects.filter(tenant_id=current_tenant_id(), pk=person_id)
    person = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if person is None:
        raise NotFoundError("There is no such person.")
    return person


def _events(model: type[Any]) -> Any:
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")


def _rows(model: Any, **conditions: Any) -> list[dict[str, Any]]:
    rows = model.objects.filter(tenant_id=current_tenant_id(), **conditions).order_by("pk")
    return [_plain(row) for row in rows]


def _plain(row: Any) -> dict[str, Any]:
    """Every column of a row as a JSON value; whose company it is stays out."""
    found = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.name == "tenant":
            continue
        if isinstance(value, uuid.UUID):
            value = str(value)
        elif isinstance(value, datetime.date):
            value = value.isoformat()
        found[field.attname] = value
    return found
