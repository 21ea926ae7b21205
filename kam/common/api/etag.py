"""Strong entity tags and the preconditions of writes (RFC 9110 §13)."""

import re
from dataclasses import dataclass
from typing import Any

from kam.common.errors import PreconditionRequiredError, StaleWriteError

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def version_tag(row_id: Any, version: Any) -> str:
    """The strong entity tag of a row's version, with its quotes."""
    return f'"{str(row_id).replace("-", "")}-{version}"'


@dataclass(frozen=True)
class IfMatch:
    """What an If-Match header asks for. A weak tag never matches a write."""

    tags: frozenset[str]
    anything: bool = False

    @classmethod
    def of(cls, header: str | None, *, required: bool = False) -> "IfMatch | None":
        """Parse the header; None without one. Raises PreconditionRequiredError (428) where one is needed."""
        if header is None:
            if required:
                raise PreconditionRequiredError(
                    "This write needs an If-Match header with the ETag of what was read."
                )
            return None
        if header.strip() == "*":
            return cls(frozenset(), anything=True)
        return cls(frozenset(f'"{tag}"' for weak, tag in _TAG.findall(header) if not weak))

    def matches(self, tag: str) -> bool:
        """Whether the current entity tag is among those that the writer has seen."""
        return self.anything or tag in self.tags

    def check(self, row: Any) -> None:
        """Raise StaleWriteError (412) unless the (locked) row still has the version that was read."""
        if not self.matches(version_tag(row.pk, row.version)):
            raise StaleWriteError("It was changed since you read it. Read it again, then decide.")


def not_modified(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match header says that the reader has this version (weak comparison)."""
    if header is None:
        return False
    return header.strip() == "*" or tag in {f'"{found}"' for _, found in _TAG.findall(header)}
