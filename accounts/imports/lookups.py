"""What a file refers to, looked up value by different value while it streams."""

import uuid
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from kam.common.imports.columns import Mask

_CACHE_LIMIT = 200_000


class Lookup:
    """Rows of a table by a text key: each different value of a batch is asked for once, all in one query.

    `statement` selects the key, then the answers, and takes %(tenant)s and %(keys)s (an array)."""

    def __init__(self, cursor: Any, statement: str, *, tenant_id: uuid.UUID, width: int) -> None:
        self._cursor = cursor
        self._statement = statement
        self._tenant_id = tenant_id
        self._width = width
        self._known: dict[str, tuple[Any, ...] | None] = {}

    def find(self, values: pa.Array) -> tuple[list[pa.Array], Mask]:
        """For each value the answers as text arrays, and a mask of the values that were not found."""
        encoded = values.dictionary_encode()
        if pa.types.is_null(encoded.type):
            return [pa.nulls(len(values), pa.string())] * self._width, np.zeros(len(values), dtype=bool)
        keys = encoded.dictionary.to_pylist()
        if len(self._known) > _CACHE_LIMIT:
            self._known.clear()
        self._load([key for key in keys if key not in self._known])
        nothing = (None,) * self._width
        found = [self._known[key] for key in keys]
        answers = [
            pa.array([_text((row or nothing)[place]) for row in found], pa.string()).take(encoded.indices)
            for place in range(self._width)
        ]
        missing = pa.array([row is None for row in found], pa.bool_()).take(encoded.indices)
        return answers, missing.fill_null(False).to_numpy(zero_copy_only=False)

    def _load(self, keys: list[str]) -> None:
        if not keys:
            return
        self._cursor.execute(self._statement, {"tenant": self._tenant_id, "keys": keys})
        for key, *answers in self._cursor.fetchall():
            self._known[key] = tuple(answers)
        for key in keys:
            self._known.setdefault(key, None)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def account_lookup(cursor: Any, *, tenant_id: uuid.UUID, by_id: bool = False) -> Lookup:
    """Accounts by external id (or id): id, currency ("" = the base)."""
    return Lookup(
        cursor,
        "SELECT id::text, id, currency FROM accounts_account "
        "WHERE tenant_id = %(tenant)s AND id = ANY(%(keys)s::uuid[])"
        if by_id
        else "SELECT external_id, id, currency FROM accounts_account "
        "WHERE tenant_id = %(tenant)s AND external_id = ANY(%(keys)s)",
        tenant_id=tenant_id,
        width=2,
    )


def product_lookup(cursor: Any, *, tenant_id: uuid.UUID, by_id: bool = False) -> Lookup:
    """Products by external id (or id): id."""
    return Lookup(
        cursor,
        "SELECT id::text, id FROM accounts_product WHERE tenant_id = %(tenant)s AND id = ANY(%(keys)s::uuid[])"
        if by_id
        else "SELECT external_id, id FROM accounts_product "
        "WHERE tenant_id = %(tenant)s AND external_id = ANY(%(keys)s)",
        tenant_id=tenant_id,
        width=1,
    )


def segment_lookup(cursor: Any, *, tenant_id: uuid.UUID, by_id: bool = False) -> Lookup:
    """Segments by external id (or id): id, account id."""
    return Lookup(
        cursor,
        "SELECT id::text, id, account_id FROM accounts_segment "
        "WHERE tenant_id = %(tenant)s AND id = ANY(%(keys)s::uuid[])"
        if by_id
        else "SELECT external_id, id, account_id FROM accounts_segment "
        "WHERE tenant_id = %(tenant)s AND external_id = ANY(%(keys)s)",
        tenant_id=tenant_id,
        width=2,
    )


def member_lookup(cursor: Any, *, tenant_id: uuid.UUID) -> Lookup:
    """Active people of the tenant by e-mail address in lower case: membership id."""
    return Lookup(
        cursor,
        "SELECT lower(u.email), m.id FROM tenancy_membership m JOIN tenancy_user u ON u.id = m.user_id "
        "WHERE m.tenant_id = %(tenant)s AND m.is_active AND m.role <> 'integration' "
        "AND lower(u.email) = ANY(%(keys)s)",
        tenant_id=tenant_id,
        width=1,
    )


class Rates:
    """Which currencies have a rate in which month."""

    def __init__(self, cursor: Any, *, tenant_id: uuid.UUID, base_currency: str) -> None:
        cursor.execute(
            "SELECT currency, to_char(month, 'YYYY-MM') FROM accounts_exchangerate WHERE tenant_id = %s",
            [tenant_id],
        )
        self._known = set(cursor.fetchall())
        self._base = base_currency

    def missing(self, currencies: pa.Array, dates: pa.Array) -> Mask:
        """Marks rows whose currency has no rate in the month of their date; null in either is no fault here."""
        encoded = currencies.dictionary_encode()
        others = [code for code in encoded.dictionary.to_pylist() if code != self._base]
        if not others:
            return np.zeros(len(currencies), dtype=bool)
        days = dates.dictionary_encode()
        month_of = [day[:7] for day in days.dictionary.to_pylist()]
        codes = encoded.dictionary.to_pylist()
        width = max(len(month_of), 1)
        gap = np.array(
            [
                [code != self._base and (code, month) not in self._known for month in month_of] or [False]
                for code in codes
            ],
            dtype=bool,
        ).reshape(len(codes), width)
        code_at = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        day_at = days.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        valid = (code_at >= 0) & (day_at >= 0)
        result = np.zeros(len(currencies), dtype=bool)
        result[valid] = gap[code_at[valid], day_at[valid]]
        return result


def month_name(day: str) -> str:
    """ "2024-03-17" → "March 2024"."""
    return date.fromisoformat(day).strftime("%B %Y")
