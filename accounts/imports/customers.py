"""Accounts and their segments."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
from psycopg2 import sql

from accounts.imports import synonyms
from accounts.imports.lookups import account_lookup, member_lookup
from accounts.imports.trees import reject_cycles, reject_missing_parents, reject_rows
from accounts.imports.upsert import Upsert, UpsertKind
from accounts.models import Segment
from accounts.signals import account_inputs_changed
from kam.common.imports.amounts import MoneyColumn
from kam.common.imports.codes import ChoiceColumn, CountryColumn, CurrencyColumn, DateColumn
from kam.common.imports.columns import EmailColumn, KeyColumn, ParsedBatch, TextColumn
from kam.common.imports.problems import row_problem
from kam.common.imports.registry import Counts, register
from kam.common.imports.staging import STAGE

_STAGE = sql.Identifier(STAGE)
STAMPS: dict[str, sql.Composable] = {"updated_at": sql.SQL("now()")}


@register
class Accounts(UpsertKind):
    """Customers."""

    name = "accounts"
    tables = ("accounts_account",)
    label = "Accounts"
    description = "The companies you sell to."
    position = 10
    columns = (
        KeyColumn(
            name="external_id",
            required=True,
            hint="Your customer number, unique",
            synonyms=synonyms.ACCOUNT_ID,
        ),
        TextColumn(name="name", required=True, hint="Company name", synonyms=synonyms.ACCOUNT_NAME),
        TextColumn(name="industry", max_length=120, synonyms=synonyms.INDUSTRY),
        CountryColumn(name="country", hint="ISO 3166, two letters", synonyms=synonyms.COUNTRY),
        TextColumn(name="region", max_length=120, synonyms=synonyms.REGION),
        CurrencyColumn(name="currency", hint="ISO 4217, such as EUR", synonyms=synonyms.CURRENCY),
        DateColumn(name="customer_since", hint="YYYY-MM-DD", synonyms=synonyms.CUSTOMER_SINCE),
        KeyColumn(
            name="parent_external_id", hint="The external id of the parent", synonyms=synonyms.PARENT_ACCOUNT
        ),
        MoneyColumn(
            name="acquisition_cost",
            minimum=Decimal(0),
            hint="What winning it cost",
            synonyms=synonyms.ACQUISITION_COST,
        ),
        EmailColumn(name="owner_email", hint="E-mail address of a member", synonyms=synonyms.OWNER),
        MoneyColumn(
            name="industry_volume",
            minimum=Decimal(0),
            hint="What it buys of all suppliers, in units",
            synonyms=synonyms.INDUSTRY_VOLUME,
        ),
        TextColumn(name="volume_unit", max_length=60, synonyms=synonyms.VOLUME_UNIT),
        MoneyColumn(
            name="category_spend",
            minimum=Decimal(0),
            hint="What it spends on what you sell, a year",
            synonyms=synonyms.CATEGORY_SPEND,
        ),
    )
    # Text columns are never null in the table: an empty cell means "".
    _texts = ("industry", "country", "region", "currency", "volume_unit")
    _plain = (*_texts, "customer_since", "acquisition_cost", "industry_volume", "category_spend")

    def stage_columns(self) -> dict[str, str]:
        return {
            "external_id": "text",
            "name": "text",
            **dict.fromkeys(self._texts, "text"),
            "customer_since": "date",
            "acquisition_cost": "numeric(19,4)",
            "industry_volume": "numeric(19,4)",
            "category_spend": "numeric(19,4)",
            "owner_id": "uuid",
            "parent_external_id": "text",
            "parent_id": "uuid",
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        values: dict[str, Any] = {name: batch.values[name] for name in ("external_id", "name")}
        for name in self._plain:
            if name in batch.values:
                given = batch.values[name]
                values[name] = given.fill_null("") if name in self._texts else given
        if "parent_external_id" in batch.values:
            values["parent_external_id"] = batch.values["parent_external_id"]
        if "owner_email" in batch.values:
            emails = batch.values["owner_email"]
            lookup = member_lookup(self.context.cursor, tenant_id=self.context.tenant_id)
            (values["owner_id"],), missing = lookup.find(emails)
            batch.reject(
                missing,
                "owner_email",
                "unknown_member",
                emails,
                lambda value: f"“{value}” is not a member. Expected the e-mail address of a member.",
            )
        return values

    def check(self) -> None:
        if "parent_external_id" not in self.context.present:
            return
        cursor, tenant_id = self.context.cursor, self.context.tenant_id
        reject_cycles(
            cursor,
            tenant_id=tenant_id,
            links=sql.SQL(
                "SELECT a.external_id, p.external_id FROM accounts_account a JOIN accounts_account p "
                "ON p.tenant_id = %(tenant)s AND p.id = a.parent_id "
                "WHERE a.tenant_id = %(tenant)s AND a.external_id IS NOT NULL AND p.external_id IS NOT NULL"
            ),
        )
        stored = sql.SQL(
            "EXISTS (SELECT 1 FROM accounts_account a WHERE a.tenant_id = %(tenant)s "
            "AND a.external_id = r.parent_external_id)"
        )
        while reject_missing_parents(cursor, stored=stored, tenant_id=tenant_id, what="account"):
            pass
        _resolve_parents(self, "accounts_account")

    def upsert(self) -> Upsert:
        present = self.context.present
        columns = ["name", *(name for name in self._plain if name in present)]
        if "owner_email" in present:
            columns.append("owner_id")
        if "parent_external_id" in present:
            columns.append("parent_id")
        # A new row needs every text that is not null in the table, whether the file has it or not.
        defaults: dict[str, sql.Composable] = {
            name: sql.SQL("''") for name in self._texts if name not in present
        }
        for name in ("tier", "managed_as", "managed_as_evidence", "ladder_ours", "ladder_customer"):
            defaults[name] = sql.SQL("''")
        return Upsert(table="accounts_account", columns=columns, stamps=STAMPS, defaults=defaults)

    def store(self) -> Counts:
        cursor, tenant_id = self.context.cursor, self.context.tenant_id
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('kam.accounts:' || %s, 0))", [str(tenant_id)]
        )
        upsert = self.upsert()
        counts = upsert.classify(cursor, tenant_id=tenant_id, rows=self.context.rows_staged)
        if counts.created or counts.updated:
            upsert.apply(cursor, tenant_id=tenant_id, counts=counts, rows=self.context.rows_staged)
            cursor.execute(
                sql.SQL(
                    "SELECT a.id FROM accounts_account a JOIN pg_temp.{} r ON r.external_id = a.external_id "
                    "WHERE a.tenant_id = %s AND NOT r.bad AND a.updated_at >= now()"
                ).format(_STAGE),
                [tenant_id],
            )
            changed = [row[0] for row in cursor.fetchall()]
            account_inputs_changed.send(sender=None, tenant_id=tenant_id, account_ids=changed)
        return counts


def _resolve_parents(kind: UpsertKind, table: str) -> None:
    """Fill `parent_id`: the stored row of that external id, else the id that the file's row will get."""
    kind.context.cursor.execute(
        sql.SQL(
            "UPDATE pg_temp.{stage} r SET parent_id = coalesce("
            "(SELECT l.id FROM {table} l WHERE l.tenant_id = %(tenant)s AND l.external_id = r.parent_external_id), "
            "(SELECT p.id FROM pg_temp.{stage} p WHERE p.external_id = r.parent_external_id AND NOT p.bad)) "
            "WHERE NOT r.bad AND r.parent_external_id IS NOT NULL"
        ).format(stage=_STAGE, table=sql.Identifier(table)),
        {"tenant": kind.context.tenant_id},
    )


@register
class Segments(UpsertKind):
    """Regions, business units and sites of accounts."""

    name = "segments"
    tables = ("accounts_segment",)
    label = "Segments"
    description = "Regions, business units and sites of your accounts, as they draw themselves."
    position = 20
    columns = (
        KeyColumn(
            name="external_id", required=True, hint="Your number of it, unique", synonyms=synonyms.SEGMENT_ID
        ),
        KeyColumn(
            name="account_external_id",
            required=True,
            hint="The external id of the account",
            synonyms=synonyms.ACCOUNT_REFERENCE,
        ),
        TextColumn(name="name", required=True, synonyms=synonyms.SEGMENT_NAME),
        ChoiceColumn(name="kind", choices=tuple(Segment.Kind.values), synonyms=synonyms.SEGMENT_KIND),
        KeyColumn(
            name="parent_external_id",
            hint="The external id of the segment above",
            synonyms=synonyms.SEGMENT_PARENT,
        ),
    )

    def stage_columns(self) -> dict[str, str]:
        return {
            "external_id": "text",
            "account_id": "uuid",
            "name": "text",
            "kind": "text",
            "parent_external_id": "text",
            "parent_id": "uuid",
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        accounts = batch.values["account_external_id"]
        lookup = account_lookup(self.context.cursor, tenant_id=self.context.tenant_id)
        (account, _), missing = lookup.find(accounts)
        batch.reject(
            missing,
            "account_external_id",
            "unknown_account",
            accounts,
            lambda value: f"there is no account “{value}”. Expected the external_id of an account.",
        )
        values: dict[str, Any] = {
            "external_id": batch.values["external_id"],
            "name": batch.values["name"],
            "account_id": account,
        }
        kind = batch.values.get("kind")
        values["kind"] = (
            pa.array([Segment.Kind.REGION.value] * len(batch.rows), pa.string())
            if kind is None
            else kind.fill_null(Segment.Kind.REGION.value)
        )
        if "parent_external_id" in batch.values:
            values["parent_external_id"] = batch.values["parent_external_id"]
        return values

    def check(self) -> None:
        cursor, tenant_id = self.context.cursor, self.context.tenant_id
        self._reject_moved()
        if "parent_external_id" not in self.context.present:
            return
        reject_cycles(
            cursor,
            tenant_id=tenant_id,
            links=sql.SQL(
                "SELECT a.external_id, p.external_id FROM accounts_segment a JOIN accounts_segment p "
                "ON p.tenant_id = %(tenant)s AND p.id = a.parent_id "
                "WHERE a.tenant_id = %(tenant)s AND a.external_id IS NOT NULL AND p.external_id IS NOT NULL"
            ),
        )
        stored = sql.SQL(
            "EXISTS (SELECT 1 FROM accounts_segment a WHERE a.tenant_id = %(tenant)s "
            "AND a.external_id = r.parent_external_id)"
        )
        while True:
            while reject_missing_parents(cursor, stored=stored, tenant_id=tenant_id, what="segment"):
                pass
            if not self._reject_foreign_parents():
                break
        _resolve_parents(self, "accounts_segment")

    def _reject_moved(self) -> None:
        cursor = self.context.cursor
        cursor.execute(
            sql.SQL(
                "SELECT r.row, a.external_id FROM pg_temp.{} r "
                "JOIN accounts_segment l ON l.tenant_id = %(tenant)s AND l.external_id = r.external_id "
                "JOIN accounts_account a ON a.tenant_id = %(tenant)s AND a.id = l.account_id "
                "WHERE NOT r.bad AND l.account_id <> r.account_id"
            ).format(_STAGE),
            {"tenant": self.context.tenant_id},
        )
        reject_rows(
            cursor,
            [
                row_problem(
                    row,
                    "account_external_id",
                    "segment_of_other_account",
                    account or "",
                    f"the segment belongs to account “{account}” already. Expected that account, or a new external_id.",
                )
                for row, account in cursor.fetchall()
            ],
        )

    def _reject_foreign_parents(self) -> bool:
        cursor = self.context.cursor
        cursor.execute(
            sql.SQL(
                "SELECT r.row, r.parent_external_id FROM pg_temp.{stage} r "
                "LEFT JOIN pg_temp.{stage} p ON p.external_id = r.parent_external_id AND NOT p.bad "
                "LEFT JOIN accounts_segment l ON l.tenant_id = %(tenant)s AND l.external_id = r.parent_external_id "
                "WHERE NOT r.bad AND r.parent_external_id IS NOT NULL "
                "AND coalesce(p.account_id, l.account_id) <> r.account_id"
            ).format(stage=_STAGE),
            {"tenant": self.context.tenant_id},
        )
        problems = [
            row_problem(
                row,
                "parent_external_id",
                "segment_of_other_account",
                parent,
                f"segment “{parent}” belongs to another account. Expected a segment of the row's account.",
            )
            for row, parent in cursor.fetchall()
        ]
        reject_rows(cursor, problems)
        return bool(problems)

    def upsert(self) -> Upsert:
        columns = ["account_id", "name"]
        defaults: dict[str, sql.Composable] = {}
        if "kind" in self.context.present:
            columns.append("kind")
        if "parent_external_id" in self.context.present:
            columns.append("parent_id")
        return Upsert(table="accounts_segment", columns=columns, stamps=STAMPS, defaults=defaults)

    def store(self) -> Counts:
        upsert, context = self.upsert(), self.context
        context.cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('kam.accounts:' || %s, 0))",
            [str(context.tenant_id)],
        )
        counts = upsert.classify(context.cursor, tenant_id=context.tenant_id, rows=context.rows_staged)
        upsert.apply(context.cursor, tenant_id=context.tenant_id, counts=counts, rows=context.rows_staged)
        return counts
