"""JSON answers: decimals as exact strings, dates as ISO 8601, no NaN."""

from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from kam.common.api.kept import Encoded

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    if hasattr(value, "items"):
        return dict(value.items())
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def json_bytes(data: Any) -> bytes:
    """Encode an answer. A Decimal keeps every digit it has; a float that is no number becomes null."""
    return orjson.dumps(data, default=_plain, option=OPTIONS)


class OrjsonRenderer(BaseRenderer):
    """`application/json` by orjson."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if isinstance(data, Encoded):
            return data
        return b"" if data is None else json_bytes(data)


class LenientNegotiation(DefaultContentNegotiation):
    """Answers in the view's first format where the Accept header asks for none that it has.

    RFC 9110 §12.5.1 allows it, and a problem can be read by everybody."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except Exception:
            return renderers[0], renderers[0].media_type
