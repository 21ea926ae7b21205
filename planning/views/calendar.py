"""Review dates as a calendar: making the address, and what a calendar program reads there."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from icalendar import Calendar, Event

from kam.common.network import client_ip
from kam.common.rate import within_rate
from kam.tenancy.context import tenant_context
from kam.tenancy.links import token_read
from kam.tenancy.permissions import public, requires
from kam.tenancy.selectors import tenant_by_id
from planning.selectors.review_dates import DueReview, reviews_due_visible
from planning.services.calendar_links import (
    PURPOSE,
    calendar_find,
    calendar_link_delete,
    calendar_link_make,
    calendar_link_of,
)


@requires("accounts.view")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_link(request: Any) -> HttpResponse:
    """GET says whether there is an address; POST makes a new one (shown once) or takes it back."""
    principal = request.principal
    if request.method == "POST" and request.POST.get("do") == "delete":
        calendar_link_delete(principal=principal)
        messages.success(request, "The address works no more.")
        return redirect("planning:review_calendar")
    address = calendar_link_make(principal=principal) if request.method == "POST" else ""
    context = {"address": address, "link": calendar_link_of(principal=principal)}
    return render(request, "planning/review_calendar.html", context)


@public
@never_cache
@require_safe
def calendar_feed(request: Any, token: str) -> HttpResponse:
    """The calendar behind a member's address: what they own or lead. 404 for any other address."""
    allowed, _wait = within_rate(
        scope="calendar", identity=client_ip(request), limit=settings.VALUE_LINK_RATE, seconds=60
    )
    if not allowed:
        return HttpResponse(status=429)
    read = token_read(purpose=PURPOSE, token=token)
    tenant = tenant_by_id(read[0]) if read else None
    if read is None or tenant is None:
        return HttpResponse(status=404)
    with tenant_context(tenant.id, via="link"):
        principal = calendar_find(digest=read[1])
        if principal is None or not principal.can("accounts.view"):
            return HttpResponse(status=404)
        dates = reviews_due_visible(principal, mine=True)
    body = calendar_of(tenant.name, dates, now=timezone.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="reviews.ics"'
    return response


def calendar_of(name: str, dates: list[DueReview], *, now: datetime.datetime) -> bytes:
    """RFC 5545: one whole-day event per date; its UID stays when the date moves."""
    base = settings.PUBLIC_URL.rstrip("/")
    calendar = Calendar()
    calendar.add("prodid", "-//KAM//Reviews//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Reviews, {name}")
    for due in dates:
        event = Event()
        event.add("uid", f"{due.account_id}-{due.kind}@reviews.kam")
        event.add("dtstamp", now)
        event.add("dtstart", due.due_on)
        event.add("dtend", due.due_on + datetime.timedelta(days=1))
        event.add("summary", f"{due.label}: {due.account_name}")
        event.add("url", base + reverse("planning:review_list", args=[due.account_id]))
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()
