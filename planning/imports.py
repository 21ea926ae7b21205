"""Files of potentials (INTERFACE §3): what a cell of Open Space could bring a year, and who is better placed (K6)."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql

from accounts.imports import synonyms
from accounts.imports.lookups import Lookup
from accounts.imports.upsert import Upsert
from kam.common.exports import DANGEROUS
from kam.common.imports.amounts import MoneyColumn, RatioColumn
from kam.common.imports.codes import ChoiceColumn, DateColumn
from kam.common.imports.columns import KeyColumn, ParsedBatch, TextColumn
from kam.common.imports.registry import Counts, ImportKind, register
from kam.common.imports.staging import STAGE
from planning.models import OpenSpaceCell, Position
from planning.signals import open_space_changed

_STAGE = sql.Identifier(STAGE)
_TEXTS = ("competitor", "note")
# What a neutralised export wrote before a cell that a spreadsheet would run as a formula.
_NEUTRALISED = "^'([" + "".join(f"\\x{{{ord(sign):x}}}" for sign in DANGEROUS) + "])"
_BY_EITHER = (
    "SELECT k.key, {answers} FROM unnest(%(keys)s) AS k(key) JOIN {table} l ON l.tenant_id = %(tenant)s "
    "AND (l.external_id = k.key OR (l.external_id IS NULL AND l.id::text = lower(k.key)))"
)


@register
class Potentials(ImportKind):
    """Potentials per year by account, segment and product line, in the base currency."""

    name = "potentials"
    label = "Potentials"
    description = "What each account could buy a year, by product line and segment: its Open Space."
    position = 60
    tables = ("planning_openspacecell",)
    key = ("account_external_id", "segment_external_id", "product_line")
    columns = (
        KeyColumn(
            name="account_external_id",
            required=True,
            hint="The external id of the account",
            synonyms=synonyms.ACCOUNT_REFERENCE,
        ),
        TextColumn(
            name="product_line",
            required=True,
            hint="Name of the product line, or of an idea of this account",
            synonyms=synonyms.PRODUCT_LINE,
        ),
        MoneyColumn(
            name="potential",
            required=True,
            minimum=Decimal(0),
            hint="What they could buy a year, in the base currency",
            synonyms=("potential_annual", "potential_per_year", "annual_potential"),
        ),
        KeyColumn(
            name="segment_external_id",
            hint="The external id of the segment; empty = the whole account",
            synonyms=synonyms.SEGMENT_REFERENCE,
        ),
        RatioColumn(name="probability", hint="Between 0 and 1; empty = the company's default"),
        TextColumn(name="competitor", max_length=120, hint="Who else is in it"),
        ChoiceColumn(name="position", choices=tuple(Position.values), hint="Who is better placed"),
        DateColumn(name="contract_end", hint="When their contract ends, YYYY-MM-DD"),
        TextColumn(name="note", max_length=4000),
    )

    def stage_columns(self) -> dict[str, str]:
        return {
            "account_id": "uuid",
            "account_external_id": "text",
            "segment_id": "uuid",
            "segment_external_id": "text",
            "product_line_id": "uuid",
            "product_line": "text",
            "potential": "numeric(19,4)",
            "probability": "float8",
            "competitor": "text",
            "position": "text",
            "contract_end": "date",
            "note": "text",
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        values: dict[str, Any] = {"potential": batch.values["potential"]}
        account = self._account(batch, values)
        self._segment(batch, values, account)
        self._line(batch, values, account)
        for name in ("probability", "contract_end"):
            if name in batch.values:
                values[name] = batch.values[name]
        for name in _TEXTS:
            if name in batch.values:
                values[name] = as_written(batch.values[name]).fill_null("")
        if "position" in batch.values:
            values["position"] = batch.values["position"].fill_null(Position.UNKNOWN.value)
        return values

    def _account(self, batch: ParsedBatch, values: dict[str, Any]) -> pa.Array:
        given = as_written(batch.values["account_external_id"])
        (account,), missing = self._lookup("accounts_account", "l.id", width=1).find(given)
        batch.reject(
            missing,
            "account_external_id",
            "unknown_account",
            given,
            lambda value: f"there is no account “{value}”. Expected the external_id of an account.",
        )
        values |= {"account_id": account, "account_external_id": given}
        return account

    def _segment(self, batch: ParsedBatch, values: dict[str, Any], account: pa.Array) -> None:
        nothing = pa.nulls(len(batch.rows), pa.string())
        given = as_written(batch.values.get("segment_external_id", nothing))
        lookup = self._lookup("accounts_segment", "l.id, l.account_id", width=2)
        (segment, owner), missing = lookup.find(given)
        batch.reject(
            missing,
            "segment_external_id",
            "unknown_segment",
            given,
            lambda value: f"there is no segment “{value}”. Expected the external_id of a segment.",
        )
        batch.reject(
            _differs(owner, account),
            "segment_external_id",
            "segment_of_other_account",
            given,
            lambda value: f"segment “{value}” belongs to another account. Expected one of the row's account.",
        )
        values |= {"segment_id": segment, "segment_external_id": given.fill_null("")}

    def _line(self, batch: ParsedBatch, values: dict[str, Any], account: pa.Array) -> None:
        given = as_written(batch.values["product_line"])
        lookup = Lookup(
            self.context.cursor,
            "SELECT name, id, account_id FROM accounts_productline "
            "WHERE tenant_id = %(tenant)s AND name = ANY(%(keys)s)",
            tenant_id=self.context.tenant_id,
            width=2,
        )
        (line, owner), missing = lookup.find(given)
        batch.reject(
            missing,
            "product_line",
            "unknown_product_line",
            given,
            lambda value: f"there is no product line “{value}”. Expected the name of one in the catalogue.",
        )
        batch.reject(
            _differs(owner, account),
            "product_line",
            "idea_of_other_account",
            given,
            lambda value: f"“{value}” is an idea for another account. Expected a line of the catalogue.",
        )
        values |= {"product_line_id": line, "product_line": given}

    def _lookup(self, table: str, answers: str, *, width: int) -> Lookup:
        """By external id; rows that have none go by their id, as the export writes them."""
        return Lookup(
            self.context.cursor,
            _BY_EITHER.format(answers=answers, table=table),
            tenant_id=self.context.tenant_id,
            width=width,
        )

    def upsert(self) -> Upsert:
        optional = ("probability", "competitor", "position", "contract_end", "note")
        present = [name for name in optional if name in self.context.present]
        defaults: dict[str, sql.Composable] = {
            "growth_type_override": sql.SQL("''"),
            **{name: sql.SQL("''") for name in _TEXTS if name not in present},
        }
        if "position" not in present:
            defaults["position"] = sql.Literal(Position.UNKNOWN.value)
        return Upsert(
            table=OpenSpaceCell._meta.db_table,
            columns=["potential", *present],
            key=("account_id", "segment_id", "product_line_id"),
            nullable=("segment_id",),
            stamps={"updated_at": sql.SQL("now()"), "changed_by_id": self._editor()},
            defaults=defaults,
        )

    def _editor(self) -> sql.Composable:
        """Who started the import; nobody on the command line."""
        job = self.context.job_id
        return sql.SQL(
            "(SELECT j.member_id FROM accounts_importjob j WHERE j.tenant_id = {} AND j.id = {})"
        ).format(
            *(
                sql.SQL("{}::uuid").format(sql.Literal(_text(value)))
                for value in (self.context.tenant_id, job)
            )
        )

    def count(self) -> Counts:
        return self.upsert().classify(
            self.context.cursor, tenant_id=self.context.tenant_id, rows=self.context.rows_staged
        )

    def store(self) -> Counts:
        cursor, tenant_id = self.context.cursor, self.context.tenant_id
        # Editors of the same grids wait, as they do for each other; in one order, so that nobody waits in a ring.
        cursor.execute(
            sql.SQL(
                "SELECT a.id FROM accounts_account a WHERE a.tenant_id = %s AND a.id IN "
                "(SELECT r.account_id FROM pg_temp.{} r WHERE NOT r.bad) ORDER BY a.id FOR NO KEY UPDATE"
            ).format(_STAGE),
            [tenant_id],
        )
        touched = [row[0] for row in cursor.fetchall()]
        upsert = self.upsert()
        counts = upsert.classify(cursor, tenant_id=tenant_id, rows=self.context.rows_staged)
        if counts.created or counts.updated:
            upsert.apply(cursor, tenant_id=tenant_id, counts=counts, rows=self.context.rows_staged)
            open_space_changed.send(sender=OpenSpaceCell, tenant_id=tenant_id, account_ids=touched)
        return counts


def as_written(values: pa.Array) -> pa.Array:
    """Text without the apostrophe by which our own export neutralised it (INTERFACE §3)."""
    return pc.replace_substring_regex(values, _NEUTRALISED, "\\1")


def _differs(owner: pa.Array, account: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Rows whose owner is known and is another account than the row's."""
    other = pc.not_equal(owner, account).fill_null(False)
    return other.to_numpy(zero_copy_only=False)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
