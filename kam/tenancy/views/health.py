"""For load balancers and supervisors: alive, and ready."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kam.tenancy.health import readiness
from kam.tenancy.permissions import public


@public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nobody else, so that a lost database does not restart the web."""
    return JsonResponse({"status": "alive"})


@public
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis and a worker are there, else 503; each part is told."""
    ready, answer = readiness()
    return JsonResponse(answer, status=200 if ready else 503)
