"""Rows of a query, many at once: the database writes them as JSON.

Of three thousand rows the driver and its UUID objects cost four times as much as the query itself. Only for values
that JSON knows: texts, whole numbers, floats, flags; dates come as ISO texts, keys as texts. `columns` are names of
the model's own columns (`account_id`, not `account`), expressions go by their names; `keys` name all of them anew.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet


def json_rows(
    rows: "QuerySet[Any, Any]", *columns: str, keys: Sequence[str] = (), **expressions: Any
) -> list[dict[str, Any]]:
    """The rows as dictionaries, in the query's order. One query."""
    names = (*columns, *expressions)
    # Column by column, so that no name is written for every row.
    asked = ", ".join(f"json_agg({_quoted(rows, name)})::text" for name in names)
    found = _read(rows.values(*columns, **expressions), asked)
    if found is None or found[0] is None:
        return []
    columns_read = map(orjson.loads, found)
    return [dict(zip(keys or names, values, strict=True)) for values in zip(*columns_read, strict=True)]


def json_text(
    rows: "QuerySet[Any, Any]", *columns: str, keys: Sequence[str], **expressions: Any
) -> orjson.Fragment:
    """The rows as one piece of JSON to hand on: nothing of it becomes an object here. One query.

    `keys` are words of the program: they stand in the statement as they are.
    """
    names = (*columns, *expressions)
    pairs = (f"'{key}', {_quoted(rows, name)}" for key, name in zip(keys, names, strict=True))
    found = _read(
        rows.values(*columns, **expressions), f"json_agg(json_build_object({', '.join(pairs)}))::text"
    )
    return orjson.Fragment(found[0] if found and found[0] else "[]")


def _quoted(rows: "QuerySet[Any, Any]", name: str) -> str:
    return connections[rows.db].ops.quote_name(name)


def _read(rows: "QuerySet[Any, Any]", asked: str) -> tuple[Any, ...] | None:
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    with connections[rows.db].cursor() as cursor:
        # Django and the two functions above wrote this; values stay parameters.
        cursor.execute(f"SELECT {asked} FROM ({sql}) found", params)  # noqa: S608
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found
