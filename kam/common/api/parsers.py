"""JSON in, and nothing that only looks like it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

_INT64 = 2**63


class TooLargeError(APIException):
    """413: the body is larger than the API takes at once."""

    status_code = 413
    default_code = "too_large"


def _no_constant(name: str) -> NoReturn:
    raise ParseError(f"{name} is no JSON number.")


def _int64(digits: str) -> int:
    value = int(digits) if len(digits) <= 20 else _INT64
    if not -_INT64 <= value < _INT64:
        raise ParseError("A whole number has more than 64 bits.")
    return value


def _check_text(value: Any) -> None:
    """Refuse characters that text in the database cannot hold; they arrive as escapes only."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ParseError("Text contains the character U+0000.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ParseError("Text contains half of a surrogate pair.") from None
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)


class StrictJsonParser(BaseParser):
    """RFC 8259 JSON in UTF-8. Numbers with a point become Decimal, so that money keeps every digit.

    Refused with 400: NaN and Infinity, whole numbers beyond 64 bits, U+0000 and lone surrogates, nesting
    without end. Refused with 413: a body above `DATA_UPLOAD_MAX_MEMORY_SIZE`.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLargeError(f"The body has more than {limit} bytes.")
        try:
            data = json.loads(
                raw.decode("utf-8"), parse_constant=_no_constant, parse_int=_int64, parse_float=Decimal
            )
            if b"\\u" in raw:
                _check_text(data)
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8 (byte {error.start}).") from error
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise ParseError(f"The body is not JSON: {error.msg} ({where}).") from error
        return data
