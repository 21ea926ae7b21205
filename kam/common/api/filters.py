"""Filters, search and order of lists, each from a whitelist; whatever is not on it is refused by name."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from kam.common.errors import FieldError, InvalidInputError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
PAGING = frozenset({"page", "page_size", "cursor"})


@dataclass(frozen=True)
class Filter:
    """`?name=value` on one ORM lookup. Without choices any text is looked for."""

    lookup: str
    choices: Sequence[str] = ()
    help: str = ""
    schema: ClassVar[dict[str, Any]] = {"type": "string"}

    def parse(self, raw: str) -> Any:
        """The value to compare with. Raises ValueError with what was expected."""
        if self.choices and raw not in self.choices:
            raise ValueError(f"Expected one of {', '.join(self.choices)}.")
        if "\x00" in raw or len(raw) > 400:
            raise ValueError("Expected at most 400 characters of text.")
        return raw

    def condition(self, value: Any) -> Q:
        return Q(**{self.lookup: value})

    def openapi(self) -> dict[str, Any]:
        return {**self.schema, "enum": list(self.choices)} if self.choices else dict(self.schema)


@dataclass(frozen=True)
class IdFilter(Filter):
    schema: ClassVar[dict[str, Any]] = {"type": "string", "format": "uuid"}

    def parse(self, raw: str) -> uuid.UUID:
        if not _UUID.fullmatch(raw):
            raise ValueError("Expected an id (UUID).")
        return uuid.UUID(raw)


@dataclass(frozen=True)
class FlagFilter(Filter):
    schema: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def parse(self, raw: str) -> bool:
        if raw not in ("true", "false"):
            raise ValueError("Expected true or false.")
        return raw == "true"


@dataclass(frozen=True)
class DayFilter(Filter):
    schema: ClassVar[dict[str, Any]] = {"type": "string", "format": "date"}

    def parse(self, raw: str) -> date:
        try:
            if _DAY.fullmatch(raw):
                return date.fromisoformat(raw)
        except ValueError:
            pass
        raise ValueError("Expected a day as YYYY-MM-DD.")


@dataclass(frozen=True)
class NullFilter(FlagFilter):
    """`true` = there is none. `lookup` is the column."""

    def condition(self, value: bool) -> Q:
        return Q(**{f"{self.lookup}__isnull": value})


@dataclass(frozen=True)
class ListQuery:
    """What one list may be asked: filters by parameter name, columns to search, fields to order by.

    `ordering` maps the public name to the ORM path; ties always go by id.
    """

    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: Sequence[str] = ()
    ordering: Mapping[str, str] = field(default_factory=dict)
    default: str = ""

    def apply(self, request: Request, rows: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
        """The rows asked for, in the order asked for. Raises InvalidInputError naming every bad parameter."""
        params, faults = request.query_params, []
        for name in params:
            if len(params.getlist(name)) > 1:
                faults.append(FieldError(name, "Given more than once.", "repeated"))
            elif name in self.filters:
                try:
                    rows = rows.filter(self.filters[name].condition(self.filters[name].parse(params[name])))
                except ValueError as error:
                    faults.append(FieldError(name, str(error)))
            elif name == "search" and self.search:
                if "\x00" in params[name] or len(params[name]) > 200:
                    faults.append(FieldError(name, "Expected at most 200 characters of text."))
                else:
                    rows = self._search(rows, params[name])
            elif name not in PAGING and not (name == "ordering" and self.ordering):
                faults.append(FieldError(name, "There is no such parameter.", "unknown"))
        order = self._order(params.get("ordering"), faults)
        if faults:
            raise InvalidInputError("The query is not as expected.", errors=faults)
        return rows.order_by(*order) if order else rows

    def _search(self, rows: "QuerySet[Any, Any]", text: str) -> "QuerySet[Any, Any]":
        for word in text.split():
            found = Q()
            for path in self.search:
                found |= Q(**{f"{path}__icontains": word})
            rows = rows.filter(found)
        return rows

    def _order(self, raw: str | None, faults: list[FieldError]) -> list[str]:
        if not self.ordering:
            return []
        order = []
        for name in (raw if raw is not None else self.default).split(","):
            path = self.ordering.get(name.removeprefix("-"))
            if path is None:
                expected = ", ".join(self.ordering)
                faults.append(FieldError("ordering", f"Expected {expected}, with - for descending."))
                return []
            order.append(f"-{path}" if name.startswith("-") else path)
        return [*order, "id"]
