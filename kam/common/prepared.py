"""Queries of the ORM whose SQL is written once, for the pages that are opened most.

Writing a statement costs the ORM about a millisecond, several times what PostgreSQL takes to answer it, and for a
hot selector it writes the same text on every request. Here the queryset stays the description; only its compiled
text and its row readers are kept, and every call puts its own values in.
"""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django_scopes import scopes_disabled

M = TypeVar("M", bound=Model)
Reader = Callable[[Any], list[Any]]

_SAMPLES: dict[type, Callable[[int], Any]] = {
    uuid.UUID: lambda number: uuid.UUID(int=0xC0DE << 96 | number),
    date: lambda number: date(1, 1, number + 1),
    int: lambda number: -700_000_000 - number,
    str: lambda number: f"\uf8ff{number}",
}


class Prepared(Generic[M]):
    """A queryset of values that come with each call: `Prepared(build, tenant=uuid.UUID, first=date)`.

    `build` is called once, with a sample of every value; where a sample turns up among the parameters of the
    statement, the value of a call is put in. So the text must not depend on the values: none may be None, a list,
    or a number that the ORM writes into the text (a slice). Nobody's scope is entered meanwhile, so `build` filters
    the tenant itself, as every selector does.
    """

    def __init__(self, build: "Callable[..., QuerySet[M, Any]]", **kinds: type) -> None:
        self._build, self._kinds = build, kinds
        self._compiled: tuple[str, tuple[tuple[str | None, Any], ...], Reader] | None = None

    def __call__(self, **values: Any) -> list[Any]:
        """The rows: what the queryset gives, model instances or tuples."""
        text, given = self.statement(**values)
        assert self._compiled is not None, "The statement is written."
        with connection.cursor() as cursor:
            cursor.execute(text, given)
            return self._compiled[2](cursor.fetchall())

    def statement(self, **values: Any) -> tuple[str, list[Any]]:
        """The text and its parameters, for a statement around it."""
        text, places, _ = self._compiled or self._compile()
        return text, [values[name] if name else fixed for name, fixed in places]

    def first(self, **values: Any) -> Any:
        """The first row, None without one."""
        return next(iter(self(**values)), None)

    def _compile(self) -> tuple[str, tuple[tuple[str | None, Any], ...], Reader]:
        samples = {name: _SAMPLES[kind](number) for number, (name, kind) in enumerate(self._kinds.items())}
        # The manager's own filter would write the tenant of the first caller into the text.
        with scopes_disabled():
            rows = self._build(**samples)
        compiler = rows.query.get_compiler(connection=connection)
        text, given = compiler.as_sql()
        names = {(type(sample), sample): name for name, sample in samples.items()}
        places = tuple((names.get((type(value), value)), value) for value in given)
        missing = set(samples) - {name for name, _ in places}
        if missing:
            raise TypeError(f"{', '.join(sorted(missing))}: no parameter of the statement.")
        if any(name is None and isinstance(value, uuid.UUID) for name, value in places):
            raise TypeError("An id stands in the statement for every caller.")
        self._compiled = text, places, _reader(rows, compiler)
        return self._compiled


def _reader(rows: "QuerySet[Any, Any]", compiler: Any) -> Reader:
    """How the fetched tuples become what the queryset gives."""
    converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def converted(found: Any) -> Any:
        return map(tuple, compiler.apply_converters(found, converters)) if converters else found

    if rows._iterable_class is not ModelIterable:
        return lambda found: list(converted(found))
    info, alias = compiler.klass_info, rows.db
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in compiler.select[first:last]]
    related = get_related_populators(info, compiler.select, alias)  # type: ignore[call-arg]  # stubs are of Django 6
    model = info["model"]

    def instances(found: Any) -> list[Any]:
        made = []
        for row in converted(found):
            instance = model.from_db(alias, names, row[first:last])
            for populator in related:
                populator.populate(row, instance)
            made.append(instance)
        return made

    return instances
