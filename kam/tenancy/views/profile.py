"""What a person sets for themselves."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from kam.common.errors import ApplicationError
from kam.tenancy.forms import ProfileForm
from kam.tenancy.permissions import SIGNED_IN, requires
from kam.tenancy.services import profile_update, reminders_set
from kam.tenancy.views.parts import settings_tabs, show_errors


@requires(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Any) -> HttpResponse:
    """Name, and how numbers and dates are written; links to password and second factor."""
    member = request.principal.member
    user = member.user
    initial = {"name": user.name, "locale": user.locale, "reminders_by_mail": member.reminders_by_mail}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            profile_update(user=user, name=form.cleaned_data["name"], locale=form.cleaned_data["locale"])
            reminders_set(member=member, by_mail=form.cleaned_data["reminders_by_mail"])
        except ApplicationError as error:
            show_errors(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("tenancy:profile")
    context = {"tabs": settings_tabs(request), "form": form}
    return render(request, "tenancy/profile.html", context, status=422 if form.errors else 200)
