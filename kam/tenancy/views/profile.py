"""What a person sets for themselves."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from kam.common.errors import ApplicationError
from kam.tenancy.forms import ProfileForm
from kam.tenancy.permissions import SIGNED_IN, requires
from kam.tenancy.services import profile_update
from kam.tenancy.views.parts import settings_tabs, show_errors


@requires(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Any) -> HttpResponse:
    """Name, and how numbers and dates are written; links to password and second factor."""
    user = request.principal.member.user
    form = ProfileForm(request.POST or None, initial={"name": user.name, "locale": user.locale})
    if request.method == "POST" and form.is_valid():
        try:
            profile_update(user=user, **form.cleaned_data)
        except ApplicationError as error:
            show_errors(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("tenancy:profile")
    context = {"tabs": settings_tabs(request), "form": form}
    return render(request, "tenancy/profile.html", context, status=422 if form.errors else 200)
