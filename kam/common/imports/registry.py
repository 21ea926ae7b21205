"""The kinds of files. Each app registers its own; doors and engine know them by name only."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kam.common.imports.columns import Column, ParsedBatch


@dataclass
class Counts:
    """What became of the rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass
class ImportContext:
    """What a kind needs while a file is imported: an open cursor inside the tenant's context.

    `present` are the names of columns that the file has; a column that it does not have is left as it is
    on rows that exist already. `notes` are sentences for the reader of the report."""

    cursor: Any
    tenant_id: uuid.UUID
    job_id: uuid.UUID | None
    base_currency: str
    present: frozenset[str] = frozenset()
    rows_staged: int = 0
    notes: list[str] = field(default_factory=list)


class ImportKind(ABC):
    """One kind of file: its columns, and how rows are checked against the tenant and stored.

    A kind is made anew for each import, so it may keep what it looked up."""

    name: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    # Columns only the REST API may send (ids in place of external ids).
    reference_columns: ClassVar[tuple[Column, ...]] = ()
    # Columns whose values together may stand in a file once.
    key: ClassVar[tuple[str, ...]] = ("external_id",)
    position: ClassVar[int] = 100
    # Tables that storing fills: their statistics follow after a large file.
    tables: ClassVar[tuple[str, ...]] = ()
    # Templates name kinds; Django would make one where it finds a class.
    do_not_call_in_templates: ClassVar[bool] = True

    def __init__(self, context: ImportContext) -> None:
        self.context = context

    @abstractmethod
    def stage_columns(self) -> dict[str, str]:
        """Columns of the temporary table and their SQL types."""

    @abstractmethod
    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        """Look references up, reject what is not there, and return the arrays to stage."""

    def check(self) -> None:  # noqa: B027 - a hook: most kinds need none
        """Set-based checks over the whole staged file; faults go to `staging.PROBLEMS`, rows become `bad`."""

    @abstractmethod
    def count(self) -> Counts:
        """What storing would do (dry run)."""

    @abstractmethod
    def store(self) -> Counts:
        """Write the good rows inside the open transaction, and tell who has to know."""


_kinds: dict[str, type[ImportKind]] = {}


def register(kind: type[ImportKind]) -> type[ImportKind]:
    """Class decorator: make a kind known under its name."""
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> type[ImportKind] | None:
    """The kind of that name, if there is one."""
    return _kinds.get(name)


def kinds() -> list[type[ImportKind]]:
    """All kinds in the order in which a ledger is loaded."""
    return sorted(_kinds.values(), key=lambda kind: (kind.position, kind.name))


ProgressFunction = Callable[[str, float, int], None]
