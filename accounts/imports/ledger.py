"""Sales lines and cost-to-serve entries (K1)."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg2 import sql

from accounts.imports import synonyms
from accounts.imports.lookups import Lookup, Rates, account_lookup, month_name, product_lookup, segment_lookup
from accounts.imports.upsert import Upsert, UpsertKind, plan_for
from accounts.models import CostCategory
from accounts.services.rollups import TOUCHED, ledger_lock, rollups_refresh_touched, touched_open
from kam.common.imports.amounts import MoneyColumn
from kam.common.imports.codes import ChoiceColumn, CurrencyColumn, DateColumn, IdColumn
from kam.common.imports.columns import KeyColumn, ParsedBatch
from kam.common.imports.registry import Counts, ImportContext, register
from kam.common.imports.staging import STAGE

_MONTH = sql.SQL("({0}.date - (date_part('day', {0}.date)::int - 1))")


class LedgerKind(UpsertKind):
    """What both kinds of ledger rows share."""

    table: str
    amount_columns: tuple[str, ...]

    def __init__(self, context: ImportContext) -> None:
        super().__init__(context)
        self._rates: Rates | None = None
        self._lookups: dict[tuple[str, bool], Lookup] = {}

    def reference(
        self, batch: ParsedBatch, name: str, make: Any, *, width: int, required: bool, what: str
    ) -> tuple[list[pa.Array], str]:
        """Resolve `<name>_external_id`, or `<name>` where the API sent an id. Returns the answers and the field."""
        answers = [pa.nulls(len(batch.rows), pa.string())] * width
        external = f"{name}_external_id"
        field = name if name in batch.values and external not in batch.values else external
        given = np.zeros(len(batch.rows), dtype=bool)
        for column, by_id in ((external, False), (name, True)):
            values = batch.values.get(column)
            if values is None:
                continue
            lookup = self._lookups.get((name, by_id))
            if lookup is None:
                lookup = make(self.context.cursor, tenant_id=self.context.tenant_id, by_id=by_id)
                self._lookups[name, by_id] = lookup
            found, missing = lookup.find(values)
            batch.reject(
                missing,
                column,
                f"unknown_{name}",
                values,
                lambda value: f"there is no {name} “{value}”. Expected {what}.",
            )
            answers = [pc.coalesce(old, new) for old, new in zip(answers, found, strict=True)]
            given |= ~_nulls(values)
            if values.null_count < len(values):
                field = column
        if required:
            batch.reject(
                ~given & ~batch.bad, field, "required", None, lambda _: f"no value. Expected {what}."
            )
        return answers, field

    def currency(self, batch: ParsedBatch, account_currency: pa.Array) -> pa.Array:
        """The row's currency, else its account's, else the base; rejects rows without a rate in their month."""
        base = self.context.base_currency
        own = pc.if_else(pc.equal(account_currency, ""), base, account_currency).fill_null(base)
        given = batch.values.get("currency")
        currency = own if given is None else pc.coalesce(given, own)
        if self._rates is None:
            self._rates = Rates(self.context.cursor, tenant_id=self.context.tenant_id, base_currency=base)
        dates = batch.values["date"]
        gaps = self._rates.missing(currency, dates)
        if gaps.any():
            both = pc.binary_join_element_wise(currency, dates.fill_null("1900-01-01"), " ")
            batch.reject(
                gaps,
                "currency",
                "missing_rate",
                both,
                lambda value: (
                    f"there is no exchange rate for {value[:3]} in {month_name(value[4:])}. "
                    f"Expected a rate to {base} for that month (Settings, Rates)."
                ),
            )
        return currency

    def stamps(self) -> dict[str, sql.Composable]:
        job = self.context.job_id
        return {"import_job": sql.SQL("{}::uuid").format(sql.Literal(str(job) if job else None))}

    def store(self) -> Counts:
        context, cursor, upsert = self.context, self.context.cursor, self.upsert()
        ledger_lock(cursor)
        counts = upsert.classify(cursor, tenant_id=context.tenant_id, rows=context.rows_staged)
        if not counts.created and not counts.updated:
            return counts
        touched_open(cursor)
        if counts.created:
            self._touch_new(counts)
        upsert.apply(cursor, tenant_id=context.tenant_id, counts=counts, rows=context.rows_staged)
        plan_for(cursor, 0)
        rollups_refresh_touched(cursor)
        return counts

    def _touch_new(self, counts: Counts) -> None:
        known: sql.Composable = sql.SQL("")
        if counts.updated or counts.unchanged:
            known = sql.SQL(
                "AND NOT EXISTS (SELECT 1 FROM {} l WHERE l.tenant_id = %(tenant)s AND l.external_id = r.external_id)"
            ).format(sql.Identifier(self.table))
        self.context.cursor.execute(
            sql.SQL(
                "INSERT INTO pg_temp.{touched} (account_id, month) "
                "SELECT DISTINCT r.account_id, {month} FROM pg_temp.{stage} r WHERE NOT r.bad {known}"
            ).format(
                touched=sql.Identifier(TOUCHED),
                stage=sql.Identifier(STAGE),
                month=_MONTH.format(sql.Identifier("r")),
                known=known,
            ),
            {"tenant": self.context.tenant_id},
        )


def remember_touched(update: sql.Composable) -> sql.Composable:
    """An UPDATE of ledger rows, wrapped so that its keys before and after are written to the touched table."""
    return sql.SQL(
        "WITH changed AS ({update} RETURNING OLD.account_id AS a, OLD.date AS d, NEW.account_id AS b, "
        "NEW.date AS e) INSERT INTO pg_temp.{touched} (account_id, month) "
        "SELECT a, d - (date_part('day', d)::int - 1) FROM changed "
        "UNION SELECT b, e - (date_part('day', e)::int - 1) FROM changed"
    ).format(update=update, touched=sql.Identifier(TOUCHED))


def _nulls(values: pa.Array) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return values.is_null().to_numpy(zero_copy_only=False)


@register
class SalesLines(LedgerKind):
    """Invoice lines and credits."""

    name = "sales_lines"
    label = "Sales lines"
    description = "What you invoiced: one row per line. Negative lines are credits."
    position = 40
    table = "accounts_salesline"
    # What pages read comes first.
    tables = ("accounts_accountmonth", "accounts_cellmonth", "accounts_salesline")
    columns = (
        KeyColumn(
            name="external_id",
            required=True,
            hint="Your number of the line, unique",
            synonyms=synonyms.LINE_ID,
        ),
        KeyColumn(
            name="account_external_id",
            required=True,
            hint="The external id of the account",
            synonyms=synonyms.ACCOUNT_REFERENCE,
        ),
        KeyColumn(
            name="product_external_id",
            required=True,
            hint="The external id of the product",
            synonyms=synonyms.PRODUCT_REFERENCE,
        ),
        DateColumn(
            name="date", required=True, hint="Day of the invoice, YYYY-MM-DD", synonyms=synonyms.LINE_DATE
        ),
        MoneyColumn(
            name="net_sales",
            required=True,
            hint="Amount after discounts, without tax",
            synonyms=synonyms.NET_SALES,
        ),
        MoneyColumn(name="cogs", hint="Cost of goods sold; empty = not known", synonyms=synonyms.COGS),
        MoneyColumn(name="quantity", hint="How many", synonyms=synonyms.QUANTITY),
        KeyColumn(
            name="segment_external_id",
            hint="The external id of the segment",
            synonyms=synonyms.SEGMENT_REFERENCE,
        ),
        CurrencyColumn(name="currency", hint="ISO 4217; empty = the account's", synonyms=synonyms.CURRENCY),
    )
    reference_columns = (IdColumn(name="account"), IdColumn(name="product"), IdColumn(name="segment"))

    def stage_columns(self) -> dict[str, str]:
        return {
            "external_id": "text",
            "account_id": "uuid",
            "product_id": "uuid",
            "segment_id": "uuid",
            "date": "date",
            "currency": "text",
            "quantity": "numeric(19,4)",
            "net_sales": "numeric(19,4)",
            "cogs": "numeric(19,4)",
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        (account, account_currency), _ = self.reference(
            batch, "account", account_lookup, width=2, required=True, what="the external_id of an account"
        )
        (product,), _ = self.reference(
            batch, "product", product_lookup, width=1, required=True, what="the external_id of a product"
        )
        (segment, segment_account), segment_field = self.reference(
            batch,
            "segment",
            segment_lookup,
            width=2,
            required=False,
            what="the external_id of a segment, or nothing",
        )
        elsewhere = pc.not_equal(segment_account, account).fill_null(False).to_numpy(zero_copy_only=False)
        batch.reject(
            elsewhere,
            segment_field,
            "segment_of_other_account",
            batch.values.get(segment_field),
            lambda value: (
                f"segment “{value}” belongs to another account. Expected a segment of the row's account."
            ),
        )
        names = ("external_id", "date", "quantity", "net_sales", "cogs")
        return {
            **{name: batch.values[name] for name in names if name in batch.values},
            "account_id": account,
            "product_id": product,
            "segment_id": segment,
            "currency": self.currency(batch, account_currency),
        }

    def upsert(self) -> Upsert:
        columns = ["account_id", "product_id", "date", "currency", "net_sales"]
        columns += [name for name in ("cogs", "quantity") if name in self.context.present]
        columns.append("segment_id")
        replace: dict[str, sql.Composable] = {}
        if not self.context.present & {"segment_external_id", "segment"}:
            # A file without segments leaves them, except on lines that move to another account.
            replace["segment_id"] = sql.SQL("CASE WHEN l.account_id = r.account_id THEN l.segment_id END")
        return Upsert(
            table=self.table,
            columns=columns,
            stamps=self.stamps(),
            replace=replace,
            wrap_update=remember_touched,
        )


@register
class CostEntries(LedgerKind):
    """Cost-to-serve."""

    name = "cost_entries"
    label = "Cost-to-serve entries"
    description = "What serving an account cost you besides the goods: visits, freight, service and the like."
    position = 50
    table = "accounts_costentry"
    tables = ("accounts_accountmonth", "accounts_costentry")
    columns = (
        KeyColumn(
            name="external_id",
            required=True,
            hint="Your number of the entry, unique",
            synonyms=synonyms.COST_ID,
        ),
        KeyColumn(
            name="account_external_id",
            required=True,
            hint="The external id of the account",
            synonyms=synonyms.ACCOUNT_REFERENCE,
        ),
        DateColumn(name="date", required=True, hint="YYYY-MM-DD", synonyms=synonyms.LINE_DATE),
        ChoiceColumn(
            name="category",
            required=True,
            hint="What kind of cost",
            choices=tuple(CostCategory.values),
            synonyms=synonyms.COST_CATEGORY,
        ),
        MoneyColumn(name="amount", required=True, hint="What it cost", synonyms=synonyms.AMOUNT),
        CurrencyColumn(name="currency", hint="ISO 4217; empty = the account's", synonyms=synonyms.CURRENCY),
    )
    reference_columns = (IdColumn(name="account"),)

    def stage_columns(self) -> dict[str, str]:
        return {
            "external_id": "text",
            "account_id": "uuid",
            "date": "date",
            "category": "text",
            "currency": "text",
            "amount": "numeric(19,4)",
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        (account, account_currency), _ = self.reference(
            batch, "account", account_lookup, width=2, required=True, what="the external_id of an account"
        )
        names = ("external_id", "date", "category", "amount")
        return {
            **{name: batch.values[name] for name in names if name in batch.values},
            "account_id": account,
            "currency": self.currency(batch, account_currency),
        }

    def upsert(self) -> Upsert:
        return Upsert(
            table=self.table,
            columns=["account_id", "date", "category", "currency", "amount"],
            stamps=self.stamps(),
            wrap_update=remember_touched,
        )
