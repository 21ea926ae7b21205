"""Products with their lines and business units, and exchange rates."""

from typing import Any

from psycopg2 import sql

from accounts.imports import synonyms
from accounts.imports.customers import STAMPS
from accounts.imports.trees import reject_rows
from accounts.imports.upsert import Upsert, UpsertKind
from accounts.services.rollups import ledger_lock, rollups_refresh_currency, rollups_refresh_products
from kam.common.imports.amounts import RateColumn
from kam.common.imports.codes import CurrencyColumn, FlagColumn, MonthColumn
from kam.common.imports.columns import KeyColumn, ParsedBatch, TextColumn
from kam.common.imports.problems import row_problem
from kam.common.imports.registry import Counts, register
from kam.common.imports.staging import STAGE

_STAGE = sql.Identifier(STAGE)


@register
class Products(UpsertKind):
    """The catalogue. Lines and units are made by name; a line that the file puts under another unit moves."""

    name = "products"
    tables = ("accounts_product",)
    label = "Products"
    description = "What you sell, with its product line and business unit; both are made when they are new."
    position = 30
    columns = (
        KeyColumn(
            name="external_id",
            required=True,
            hint="Your article number, unique",
            synonyms=synonyms.PRODUCT_ID,
        ),
        TextColumn(name="name", required=True, synonyms=synonyms.PRODUCT_NAME),
        TextColumn(name="product_line", required=True, hint="By name", synonyms=synonyms.PRODUCT_LINE),
        TextColumn(name="business_unit", required=True, hint="By name", synonyms=synonyms.BUSINESS_UNIT),
        FlagColumn(name="co_created", hint="Made together with a customer", synonyms=synonyms.CO_CREATED),
    )

    def stage_columns(self) -> dict[str, str]:
        return {
            "external_id": "text",
            "name": "text",
            "product_line": "text",
            "business_unit": "text",
            "co_created": "boolean",
            "product_line_id": "uuid",
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: batch.values[name] for name in ("external_id", "name", "product_line", "business_unit")
        }
        if "co_created" in batch.values:
            values["co_created"] = batch.values["co_created"].fill_null("false")
        return values

    def check(self) -> None:
        cursor = self.context.cursor
        cursor.execute(
            sql.SQL(
                "SELECT r.row, r.product_line, r.business_unit, f.business_unit, f.row FROM pg_temp.{stage} r JOIN ("
                "SELECT DISTINCT ON (product_line) product_line, business_unit, row FROM pg_temp.{stage} "
                "WHERE NOT bad ORDER BY product_line, row) f USING (product_line) "
                "WHERE NOT r.bad AND r.business_unit <> f.business_unit"
            ).format(stage=_STAGE)
        )
        problems = [
            row_problem(
                row,
                "business_unit",
                "conflicting_business_unit",
                unit,
                f"product line “{line}” stands under “{first}” in row {first_row:,}. Expected one business unit.",
            )
            for row, line, unit, first, first_row in cursor.fetchall()
        ]
        cursor.execute(
            sql.SQL(
                "SELECT r.row, r.product_line FROM pg_temp.{} r JOIN accounts_productline l "
                "ON l.tenant_id = %(tenant)s AND l.name = r.product_line WHERE NOT r.bad AND l.kind = 'idea'"
            ).format(_STAGE),
            {"tenant": self.context.tenant_id},
        )
        problems += [
            row_problem(
                row,
                "product_line",
                "product_line_is_idea",
                line,
                f"“{line}” is a co-creation idea of an account. Expected a product line of the catalogue.",
            )
            for row, line in cursor.fetchall()
        ]
        reject_rows(cursor, problems)
        self._find_lines()

    def _find_lines(self) -> None:
        self.context.cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{} r SET product_line_id = l.id FROM accounts_productline l "
                "WHERE l.tenant_id = %(tenant)s AND l.name = r.product_line AND NOT r.bad"
            ).format(_STAGE),
            {"tenant": self.context.tenant_id},
        )

    def upsert(self) -> Upsert:
        columns = ["name", "product_line_id"]
        if "co_created" in self.context.present:
            columns.append("co_created")
        return Upsert(table="accounts_product", columns=columns, stamps=STAMPS)

    def count(self) -> Counts:
        return self._with_moved(super().count())

    def store(self) -> Counts:
        context, cursor = self.context, self.context.cursor
        ledger_lock(cursor)
        moved = self.count()
        self._make_lines()
        upsert = self.upsert()
        counts = upsert.classify(cursor, tenant_id=context.tenant_id, rows=context.rows_staged)
        cursor.execute(
            sql.SQL(
                "SELECT l.id FROM accounts_product l JOIN pg_temp.{} r ON r.external_id = l.external_id "
                "WHERE l.tenant_id = %s AND NOT r.bad AND l.product_line_id <> r.product_line_id"
            ).format(_STAGE),
            [context.tenant_id],
        )
        elsewhere = [row[0] for row in cursor.fetchall()]
        upsert.apply(cursor, tenant_id=context.tenant_id, counts=counts, rows=context.rows_staged)
        if elsewhere:
            rollups_refresh_products(product_ids=elsewhere, every_line=True)
        return moved

    def _with_moved(self, counts: Counts) -> Counts:
        """Products that stay as they are but whose line moves to another unit count as updated."""
        self.context.cursor.execute(
            sql.SQL(
                "SELECT count(*) FROM pg_temp.{} r "
                "JOIN accounts_product l ON l.tenant_id = %(tenant)s AND l.external_id = r.external_id "
                "JOIN accounts_productline pl ON pl.tenant_id = %(tenant)s AND pl.id = r.product_line_id "
                "JOIN accounts_businessunit b ON b.tenant_id = %(tenant)s AND b.id = pl.business_unit_id "
                "WHERE NOT r.bad AND b.name <> r.business_unit AND NOT {differs}"
            ).format(_STAGE, differs=self.upsert().differs()),
            {"tenant": self.context.tenant_id},
        )
        moved = self.context.cursor.fetchone()[0]
        return Counts(counts.created, counts.updated + moved, counts.unchanged - moved)

    def _make_lines(self) -> None:
        cursor, parameters = self.context.cursor, {"tenant": self.context.tenant_id}
        cursor.execute(
            sql.SQL(
                "INSERT INTO accounts_businessunit (tenant_id, name) "
                "SELECT %(tenant)s, name FROM (SELECT business_unit AS name, min(row) AS first FROM pg_temp.{} "
                "WHERE NOT bad GROUP BY business_unit) f WHERE NOT EXISTS (SELECT 1 FROM accounts_businessunit b "
                "WHERE b.tenant_id = %(tenant)s AND b.name = f.name) ORDER BY first"
            ).format(_STAGE),
            parameters,
        )
        cursor.execute(
            sql.SQL(
                "INSERT INTO accounts_productline (tenant_id, name, business_unit_id) "
                "SELECT %(tenant)s, f.name, b.id FROM (SELECT product_line AS name, min(business_unit) AS unit, "
                "min(row) AS first FROM pg_temp.{} WHERE NOT bad GROUP BY product_line) f "
                "JOIN accounts_businessunit b ON b.tenant_id = %(tenant)s AND b.name = f.unit "
                "WHERE NOT EXISTS (SELECT 1 FROM accounts_productline l "
                "WHERE l.tenant_id = %(tenant)s AND l.name = f.name) ORDER BY first"
            ).format(_STAGE),
            parameters,
        )
        cursor.execute(
            sql.SQL(
                "UPDATE accounts_productline l SET business_unit_id = b.id, updated_at = now() "
                "FROM (SELECT DISTINCT product_line, business_unit FROM pg_temp.{} WHERE NOT bad) f "
                "JOIN accounts_businessunit b ON b.tenant_id = %(tenant)s AND b.name = f.business_unit "
                "WHERE l.tenant_id = %(tenant)s AND l.name = f.product_line AND l.business_unit_id <> b.id"
            ).format(_STAGE),
            parameters,
        )
        self._find_lines()


@register
class ExchangeRates(UpsertKind):
    """What one unit of a currency is worth in the base currency, month by month."""

    name = "exchange_rates"
    label = "Exchange rates"
    description = "What one unit of a currency is worth in your base currency, month by month."
    position = 35
    key = ("currency", "month")
    columns = (
        CurrencyColumn(name="currency", required=True, hint="ISO 4217", synonyms=synonyms.CURRENCY),
        MonthColumn(name="month", required=True, hint="YYYY-MM", synonyms=synonyms.RATE_MONTH),
        RateColumn(name="rate", required=True, hint="Base currency for one unit", synonyms=synonyms.RATE),
    )

    def stage_columns(self) -> dict[str, str]:
        return {"currency": "text", "month": "date", "rate": "numeric(18,8)"}

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        return {name: batch.values[name] for name in ("currency", "month", "rate")}

    def upsert(self) -> Upsert:
        return Upsert(table="accounts_exchangerate", columns=["rate"], key=self.key, stamps=STAMPS)

    def store(self) -> Counts:
        context, cursor, upsert = self.context, self.context.cursor, self.upsert()
        ledger_lock(cursor)
        counts = upsert.classify(cursor, tenant_id=context.tenant_id, rows=context.rows_staged)
        upsert.apply(cursor, tenant_id=context.tenant_id, counts=counts, rows=context.rows_staged)
        if counts.updated:
            cursor.execute(
                sql.SQL(
                    "SELECT currency, array_agg(month) FROM pg_temp.{} WHERE NOT bad GROUP BY currency"
                ).format(_STAGE)
            )
            for currency, months in cursor.fetchall():
                rollups_refresh_currency(currency=currency, months=months)
        return counts
