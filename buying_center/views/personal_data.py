"""What is stored about one person: to read, to hand out, to erase."""

import json
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from buying_center.models import Person
from buying_center.selectors.people import contact_list, person_visible
from buying_center.services.personal_data import person_erase, person_export
from kam.common.errors import ApplicationError
from kam.tenancy.permissions import requires


def _person(request: HttpRequest, person_id: uuid.UUID) -> Person:
    person = person_visible(request.principal).filter(pk=person_id).first()  # type: ignore[attr-defined]
    if person is None:
        raise Http404
    return person


@requires("people.personal_data")
def person_data(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Where this person stands, and the two acts of the law: hand out, erase."""
    person = _person(request, person_id)
    contacts = contact_list().select_related("account").filter(person_id=person.pk)
    context = {"person": person, "contacts": contacts.order_by("account__name")}
    return render(request, "buying_center/person_data.html", context)


@requires("people.personal_data")
def person_json(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Everything stored about the person as a file."""
    person = _person(request, person_id)
    data = person_export(principal=request.principal, person_id=person.pk)  # type: ignore[attr-defined]
    return HttpResponse(
        json.dumps(data, ensure_ascii=False, indent=2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="person-{person.pk}.json"'},
    )


@require_POST
@requires("people.personal_data")
def person_erase_page(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """Erase the person."""
    person = _person(request, person_id)
    try:
        person_erase(principal=request.principal, person_id=person.pk)  # type: ignore[attr-defined]
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The person is erased. Their place in the charts stays without a name.")
    return redirect("buying_center:person_data", person_id)
