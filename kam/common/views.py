"""The gallery of components: every part in every state, for whoever builds a page."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from kam.common import gallery


def component_gallery(request: HttpRequest) -> HttpResponse:
    """Shows templates/components/gallery.html with invented data."""
    return render(request, "components/gallery.html", gallery.gallery_context())


def component_chart(request: HttpRequest, name: str) -> JsonResponse:
    """Invented data of one chart; ``broken`` fails on purpose, to show the error state."""
    if name == "broken":
        raise BadRequest("fails on purpose")
    if name not in gallery.SAMPLES:
        raise Http404(name)
    return JsonResponse(gallery.SAMPLES[name]())


def component_explanation(request: HttpRequest) -> HttpResponse:
    """The fragment that an explained figure of the gallery opens."""
    return render(request, "components/gallery_explanation.html", gallery.gallery_context())
