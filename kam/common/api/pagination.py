"""Lists in pages, and the ledger by cursor."""

import base64
import binascii
import math
import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from kam.common.errors import InvalidInputError

Reader = Callable[["QuerySet[Any, Any]"], list[dict[str, Any]]]
PAGE_SIZE, MAX_PAGE_SIZE = 50, 200


class PageNotFoundError(NotFound):
    default_detail = "There is no such page."


def page_size_of(request: Request) -> int:
    """`?page_size=`: 50 without it, never more than 200. InvalidInputError where it is no number > 0."""
    raw = request.query_params.get("page_size")
    if raw is None:
        return PAGE_SIZE
    if not (raw.isascii() and raw.isdigit()) or int(raw[:9]) < 1:
        raise InvalidInputError.of("page_size", "Expected a whole number from 1 to 200.")
    return min(int(raw[:9]), MAX_PAGE_SIZE)


class PageNumberPagination(pagination.PageNumberPagination):
    """`?page` and `?page_size`; a page that does not exist answers 404."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def page_of(self, request: Request, queryset: "QuerySet[Any, Any]", read: Reader) -> dict[str, Any]:
        """The answer of a list: a count, then `read` of one page. Two queries, one where nothing is found."""
        size = page_size_of(request)
        raw = request.query_params.get("page", "1")
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 18):
            raise PageNotFoundError
        number, count = int(raw), queryset.count()
        if not 1 <= number <= max(math.ceil(count / size), 1):
            raise PageNotFoundError
        results = read(queryset[(number - 1) * size : number * size]) if count else []
        url = request.build_absolute_uri()
        return {
            "count": count,
            "next": replace_query_param(url, "page", number + 1) if number * size < count else None,
            "previous": _previous(url, number),
            "results": results,
        }


def _previous(url: str, number: int) -> str | None:
    if number == 1:
        return None
    return remove_query_param(url, "page") if number == 2 else replace_query_param(url, "page", number - 1)


class LedgerCursorPagination:
    """Cursors over the key, newest rows first: a page costs the same at row 50 and at row 5,000,000.

    Keys are UUIDv7, so the order is that of arrival; `UNIQUE (tenant, id)` is the index it runs on. Rows are
    not counted: `count` is null.
    """

    def page_of(self, request: Request, queryset: "QuerySet[Any, Any]", read: Reader) -> dict[str, Any]:
        size = page_size_of(request)
        direction, key = self._decode(request.query_params.get("cursor"))
        if direction == "p":
            rows = read(queryset.filter(id__gt=key).order_by("id")[: size + 1])
            more, rows = len(rows) > size, rows[:size][::-1]
            before, after = more, True
        else:
            page = queryset if key is None else queryset.filter(id__lt=key)
            rows = read(page.order_by("-id")[: size + 1])
            more, rows = len(rows) > size, rows[:size]
            before, after = key is not None, more
        url = request.build_absolute_uri()
        first, last = (rows[0]["id"], rows[-1]["id"]) if rows else (key, key)
        return {
            "count": None,
            "next": self._link(url, "n", last) if after and rows else None,
            "previous": self._link(url, "p", first) if before and rows else None,
            "results": rows,
        }

    @staticmethod
    def _link(url: str, direction: str, key: Any) -> str:
        cursor = base64.urlsafe_b64encode(direction.encode() + uuid.UUID(str(key)).bytes).decode().rstrip("=")
        return str(replace_query_param(url, "cursor", cursor))

    @staticmethod
    def _decode(cursor: str | None) -> tuple[str, uuid.UUID | None]:
        if cursor is None:
            return "n", None
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
            direction, key = raw[:1].decode("ascii"), uuid.UUID(bytes=raw[1:])
        except (binascii.Error, UnicodeError, ValueError):
            direction, key = "", None
        if direction not in ("n", "p"):
            raise InvalidInputError.of("cursor", "This is no cursor of ours. Follow “next” and “previous”.")
        return direction, key
