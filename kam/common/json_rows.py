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
    try:
        statement = rows.values(*columns, **expressions).query.sql_with_params()
    except EmptyResultSet:
        return []
    return json_rows_of(statement, (*columns, *expressions), keys=keys, using=rows.db)


def json_rows_of(
    statement: tuple[str, Sequence[Any]],
    names: Sequence[str],
    *,
    keys: Sequence[str] = (),
    using: str = "default",
) -> list[dict[str, Any]]:
    """The same of a statement of the ORM that is written already (`kam.common.prepared`); `names` are its columns."""
    # Column by column, so that no name is written for every row.
    asked = ", ".join(f"json_agg({_quoted(using, name)})::text" for name in names)
    found = _read(statement, asked, using)
    if found[0] is None:
        return []
    columns_read = map(orjson.loads, found)
    return [dict(zip(keys or names, values, strict=True)) for values in zip(*columns_read, strict=True)]


def _quoted(using: str, name: str) -> str:
    return connections[using].ops.quote_name(name)


def _read(statement: tuple[str, Sequence[Any]], asked: str, using: str) -> tuple[Any, ...]:
    text, values = statement
    with connections[using].cursor() as cursor:
        # Django and the functions above wrote this; values stay parameters.
        cursor.execute(f"SELECT {asked} FROM ({text}) found", values)  # noqa: S608
        found: tuple[Any, ...] = cursor.fetchone()
    return found
