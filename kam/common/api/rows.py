"""The fast way from a queryset to JSON: plain tuples of the columns that the output serializer names.

The serializer stays the one description of the answer (the schema is made from it); building one per row
would cost ten times the query (ARCHITECTURE §8).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

Row = dict[str, Any]
Names = tuple[str, ...]


@lru_cache(maxsize=256)
def columns(
    output: type[serializers.Serializer[Any]],
) -> tuple[Names, Names, Names]:
    """Names of the output's fields, their ORM paths, and which of them show "" as null.

    A field's path is its `source` with `__` for the dots; every field must be one column or annotation.
    """
    names, paths, blank = [], [], []
    for name, field in output().fields.items():
        names.append(name)
        paths.append((field.source or name).replace(".", "__"))
        if field.allow_null and isinstance(field, serializers.CharField | serializers.ChoiceField):
            blank.append(name)
    return tuple(names), tuple(paths), tuple(blank)


def read_rows(queryset: "QuerySet[Any, Any]", output: type[serializers.Serializer[Any]]) -> list[Row]:
    """One query: every row of the queryset as a dict with the output's fields."""
    names, paths, blank = columns(output)
    return as_rows(queryset.values_list(*paths), names, blank)


def as_rows(tuples: Iterable[tuple[Any, ...]], names: Names, blank: Names) -> list[Row]:
    rows = [dict(zip(names, values, strict=True)) for values in tuples]
    for name in blank:
        for row in rows:
            if row[name] == "":
                row[name] = None
    return rows
