"""Two states of a plan, section by section: words, figures, rows (K32). Pure; no query."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from planning.selectors.plan_parts import Figure, Kind, PlanDocument, Row, Section, Table, Value

_TOKENS = re.compile(r"\s+|[^\s]+")
_MOST_WORDS = 4000
# Follows from other columns; when one row comes, every rank below it moves and says nothing.
_DERIVED = frozenset({"rank"})


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, came or went."""

    op: Literal["same", "added", "removed"]
    text: str


@dataclass(frozen=True)
class Pair:
    """A value then and now, with its name; `show` writes both."""

    key: str
    label: str
    kind: Kind
    old: Value
    new: Value


@dataclass(frozen=True)
class RowDiff:
    """A row that came, went, changed, or moved to another quadrant. `title` is its first words."""

    op: Literal["added", "removed", "changed", "moved"]
    key: str
    title: str
    cells: tuple[Pair, ...] = ()
    moved: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class TableDiff:
    key: str
    title: str
    rows: tuple[RowDiff, ...]


@dataclass(frozen=True)
class SectionDiff:
    """What differs in one section; nothing where all parts are empty."""

    key: str
    title: str
    text: tuple[Piece, ...]
    figures: tuple[Pair, ...]
    tables: tuple[TableDiff, ...]

    @property
    def differs(self) -> bool:
        return bool(self.text or self.figures or self.tables)

    @property
    def count(self) -> int:
        """How many things differ."""
        return bool(self.text) + len(self.figures) + sum(len(table.rows) for table in self.tables)


def compare(old: PlanDocument, new: PlanDocument) -> list[SectionDiff]:
    """All sections of both documents in the order of the newer, each with what differs from `old` to `new`."""
    titles = {section.key: section.title for section in (*old.sections, *new.sections)}
    order = [section.key for section in new.sections]
    order += [section.key for section in old.sections if section.key not in order]
    return [_section(key, titles[key], old.section(key), new.section(key)) for key in order]


def _section(key: str, title: str, old: Section | None, new: Section | None) -> SectionDiff:
    before, after = old or Section(key, title, ""), new or Section(key, title, "")
    return SectionDiff(
        key,
        title,
        text_pieces(before.text, after.text),
        tuple(_figures(before.figures, after.figures)),
        tuple(_tables(before.tables, after.tables)),
    )


def text_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """What stayed, came and went between two texts, word by word; nothing when they are the same."""
    if old == new:
        return ()
    before, after = _tokens(old), _tokens(new)
    pieces: list[Piece] = []
    for op, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            pieces.append(Piece("same", "".join(before[a:b])))
            continue
        if a < b:
            pieces.append(Piece("removed", "".join(before[a:b])))
        if c < d:
            pieces.append(Piece("added", "".join(after[c:d])))
    return tuple(pieces)


def _tokens(text: str) -> list[str]:
    found = _TOKENS.findall(text)
    # Long texts are compared line by line: word by word would take seconds.
    return found if len(found) <= 2 * _MOST_WORDS else text.splitlines(keepends=True)


def _figures(old: Sequence[Figure], new: Sequence[Figure]) -> Iterable[Pair]:
    before, after = {each.key: each for each in old}, {each.key: each for each in new}
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        known = now or was
        assert known is not None, "A key comes from one of the two."
        values = was.value if was else None, now.value if now else None
        if values[0] != values[1]:
            yield Pair(key, known.label, known.kind, *values)


def _tables(old: Sequence[Table], new: Sequence[Table]) -> Iterable[TableDiff]:
    before, after = {each.key: each for each in old}, {each.key: each for each in new}
    places = {row.key: table for table in old for row in table.rows}
    new_places = {row.key: table for table in new for row in table.rows}
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        known = now or was
        assert known is not None, "A key comes from one of the two."
        rows: list[RowDiff] = []
        then = {row.key: row for row in was.rows} if was else {}
        for row in now.rows if now else ():
            if row.key in then:
                cells = _cells(known, then[row.key], row)
                if cells:
                    rows.append(RowDiff("changed", row.key, _title(known, row), cells))
            elif row.key in places:
                origin = places[row.key]
                earlier = next(each for each in origin.rows if each.key == row.key)
                rows.append(
                    RowDiff(
                        "moved",
                        row.key,
                        _title(known, row),
                        _cells(known, earlier, row),
                        (origin.title, known.title),
                    )
                )
            else:
                rows.append(RowDiff("added", row.key, _title(known, row), _cells(known, None, row)))
        current = {row.key for row in now.rows} if now else set()
        rows += [
            RowDiff("removed", row.key, _title(was or known, row), _cells(was or known, row, None))
            for row in then.values()
            if row.key not in current and row.key not in new_places
        ]
        if rows:
            yield TableDiff(key, known.title, tuple(rows))


def _cells(table: Table, old: Row | None, new: Row | None) -> tuple[Pair, ...]:
    pairs = []
    for column in table.columns:
        # A column that one of the two did not have yet is no change of the row.
        if column.key in _DERIVED or (old and new and (column.key in old.cells) != (column.key in new.cells)):
            continue
        was = old.cells.get(column.key) if old else None
        now = new.cells.get(column.key) if new else None
        if was != now:
            pairs.append(Pair(column.key, column.label, column.kind, was, now))
    return tuple(pairs)


def _title(table: Table, row: Row) -> str:
    """What a person calls a row: its first words."""
    for column in table.columns:
        value = row.cells.get(column.key)
        if column.kind in ("text", "long") and isinstance(value, str) and value:
            return value[:160]
    return table.title
