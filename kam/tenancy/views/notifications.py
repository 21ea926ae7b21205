"""Behind the bell: what this member was told, the unread first."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from kam.common import formatting
from kam.tenancy.permissions import SIGNED_IN, requires
from kam.tenancy.selectors import notification_list, notification_unread_count
from kam.tenancy.services import notification_read, notifications_read_all

PAGE = 50


@requires(SIGNED_IN)
@require_safe
def notifications(request: Any) -> HttpResponse:
    """All that this member was told, a page at a time."""
    pages = Paginator(notification_list(principal=request.principal), PAGE)
    unread = notification_unread_count(principal=request.principal)
    if unread:
        finding = f"{formatting.plural(unread, 'thing')} you have not opened yet."
    else:
        finding = "You have seen everything."
    context = {"page": pages.get_page(request.GET.get("page")), "finding": finding, "open": unread}
    return render(request, "tenancy/notifications.html", context)


@requires(SIGNED_IN)
@require_POST
def open_one(request: Any, notification_id: uuid.UUID) -> HttpResponse:
    """Mark it as read and go where it points. 404 for another person's."""
    found = notification_list(principal=request.principal).filter(pk=notification_id).first()
    if found is None:
        raise Http404
    notification_read(principal=request.principal, notification=found)
    return redirect(found.url)


@requires(SIGNED_IN)
@require_POST
def read_all(request: Any) -> HttpResponse:
    """Mark everything as read."""
    count = notifications_read_all(principal=request.principal)
    if count:
        messages.success(request, f"{formatting.plural(count, 'notification')} marked as read.")
    return redirect("tenancy:notifications")
