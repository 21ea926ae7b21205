"""JSON answers: decimals as exact strings, dates as ISO 8601, no NaN."""

from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY


def decimal_text(value: Decimal) -> str | None:
    """A decimal with every digit it has and without an exponent; None for what is no number."""
    text = str(value)
    if "E" not in text and value.is_finite():
        return text
    return format(value, "f") if value.is_finite() else None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
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
        return b"" if data is None else json_bytes(data)


class LenientNegotiation(DefaultContentNegotiation):
    """Answers in the view's first format where the Accept header asks for none that it has.

    RFC 9110 §12.5.1 allows it, and a problem can be read by everybody."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except Exception:
            return renderers[0], renderers[0].media_type
