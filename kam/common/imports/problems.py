"""What is wrong with a row or a file, in sentences a person can act on (INTERFACE §3, LOOK §8)."""

from dataclasses import dataclass

from kam.common.errors import FieldError, InvalidInputError

VALUE_LENGTH = 80
MESSAGE_LENGTH = 500


def shown(value: object, *, length: int = VALUE_LENGTH) -> str:
    """A value as a message may carry it: shortened, without characters that cannot be stored or seen."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: length + 1]).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of one row. `row` counts as a spreadsheet does: the header is row 1."""

    row: int
    field: str
    code: str
    value: str
    message: str

    def as_dict(self) -> dict[str, object]:
        """The fault as the API answers it (INTERFACE §2, `imports/{id}/`)."""
        return {"row": self.row, "field": self.field, "code": self.code, "message": self.message}


def row_problem(row: int, field: str, code: str, value: object, sentence: str) -> Problem:
    """A fault of a row; its message names the row, the column and what was expected."""
    where = f"Row {row:,}, {field}: " if field else f"Row {row:,}: "
    return Problem(row, field, code, shown(value), (where + sentence)[:MESSAGE_LENGTH])


class ImportFileError(InvalidInputError):
    """The file as a whole cannot be read: nothing of it is stored. `row` and `column` say where, if known."""

    def __init__(self, message: str, *, code: str, row: int = 1, column: str = "") -> None:
        super().__init__(message, code=code, errors=[FieldError(column or "file", message, code)])
        self.row = row
        self.column = column

    def as_problem(self) -> Problem:
        """The same as a fault in the job's list."""
        return Problem(self.row, self.column, self.code, "", self.message[:MESSAGE_LENGTH])
