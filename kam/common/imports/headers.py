"""Which column of a file is which of ours: exact names, the reader's choice, and suggestions."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kam.common.imports.columns import Column
from kam.common.imports.problems import ImportFileError, shown

_CUSTOM = re.compile(r"__c$")
_WORDS = re.compile(r"([a-z0-9])([A-Z])")


def normalised(header: str) -> str:
    """A header without case, accents, signs and words in brackets: `Billing Country (text)` → `billing_country`.

    Salesforce's `__c` and Dynamics' publisher prefixes (`cr123_`, `new_`) go too; camel case is cut."""
    text = unicodedata.normalize("NFKD", _WORDS.sub(r"\1_\2", header.strip()))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    text = re.sub(r"\([^)]*\)", " ", text)
    text = re.sub(r"^(new|cr[0-9a-f]{3,6})_(?=\w)", "", _CUSTOM.sub("", text.strip()))
    return re.sub(r"[^\w]+", "_", text).strip("_")


@dataclass
class ColumnMap:
    """Positions in the file by our column name, and the headers that nothing is made of."""

    positions: dict[str, int]
    ignored: list[str] = field(default_factory=list)


def suggest(header: Sequence[str], columns: Iterable[Column]) -> dict[int, str]:
    """Our column for each header position that looks like one: our own names first, then synonyms.

    Each column is suggested once; earlier synonyms win over later ones."""
    names = [normalised(name) for name in header]
    chosen: dict[int, str] = {}
    taken: set[str] = set()
    ordered = list(columns)
    for candidates in (
        [(column.name, [column.name]) for column in ordered],
        [(column.name, list(column.synonyms)) for column in ordered],
    ):
        for column_name, words in candidates:
            if column_name in taken:
                continue
            for word in words:
                place = next((i for i, name in enumerate(names) if name == word and i not in chosen), None)
                if place is not None:
                    chosen[place] = column_name
                    taken.add(column_name)
                    break
    return chosen


def resolve(
    header: Sequence[str], columns: Sequence[Column], mapping: Mapping[str, str] | None = None
) -> ColumnMap:
    """Positions of our columns in a file.

    `mapping` is header → our name as a person chose it ("" = leave out); `#3` stands for the third column,
    whatever its header. Headers that it does not mention count when they are our own names. Raises
    ImportFileError naming every missing required column, columns that do not exist or stand twice.
    """
    mapping = {key.strip(): value for key, value in (mapping or {}).items()}
    known = {column.name: column for column in columns}
    unknown = sorted({value for value in mapping.values() if value and value not in known})
    if unknown:
        raise ImportFileError(
            f"There is no column {', '.join(shown(name) for name in unknown)} in this kind of file. "
            f"Expected one of {', '.join(known)}.",
            code="unknown_column",
        )
    positions: dict[str, int] = {}
    ignored: list[str] = []
    for place, title in enumerate(header):
        title = title.strip()
        chosen = next((key for key in (f"#{place + 1}", title) if key in mapping), None)
        if chosen is not None:
            name = mapping[chosen]
        else:
            word = normalised(title)
            name = word if word in known and word not in mapping.values() else ""
        if not name:
            if title:
                ignored.append(shown(title))
        elif name in positions:
            raise ImportFileError(
                f"Column {name} stands in the file twice (columns {positions[name] + 1} and {place + 1}). "
                "Expected it once.",
                code="duplicate_column",
                column=name,
            )
        else:
            positions[name] = place
    missing = [column for column in columns if column.required and column.name not in positions]
    if missing:
        raise missing_columns(header, missing, suggest(header, columns))
    return ColumnMap(positions, ignored)


def missing_columns(
    header: Sequence[str], missing: Sequence[Column], suggested: Mapping[int, str]
) -> ImportFileError:
    """The refusal of a file without required columns; says which header could be meant."""
    looks = {name: header[place].strip() for place, name in suggested.items()}
    parts = [
        column.name + (f" (“{shown(looks[column.name])}” looks like it)" if column.name in looks else "")
        for column in missing
    ]
    found = ", ".join(shown(title, length=40) for title in header[:20] if title.strip())
    return ImportFileError(
        f"Row 1: the required column{'s' if len(parts) > 1 else ''} {', '.join(parts)} "
        f"{'are' if len(parts) > 1 else 'is'} missing. Found: {found}.",
        code="missing_column",
        column=missing[0].name,
    )
