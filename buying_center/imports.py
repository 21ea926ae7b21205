"""The kind of file that holds people of buying centres (INTERFACE §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from psycopg2 import sql

from accounts.imports import synonyms
from accounts.imports.lookups import account_lookup
from accounts.imports.trees import cycles, reject_rows
from accounts.imports.upsert import plan_for
from buying_center.models import BuyingRole, Contact
from buying_center.signals import buying_center_changed
from kam.common.formatting import plural
from kam.common.imports.codes import FewValuesColumn
from kam.common.imports.columns import (
    EmailColumn,
    KeyColumn,
    ParsedBatch,
    TextColumn,
    ValueFaultError,
)
from kam.common.imports.problems import row_problem, shown
from kam.common.imports.registry import Counts, ImportKind, register
from kam.common.imports.staging import STAGE

_STAGE = sql.Identifier(STAGE)
_MAX_SHOWN = 5
# New rows need every text that is never null in the table, whether the file has it or not.
_EMPTY_TEXTS = (
    "level",
    "promoter_type",
    "competitor",
    "personal_goals",
    "assessment",
    "note",
    "zone_power_reason",
    "zone_threat_reason",
    "zone_receptive_reason",
)


@dataclass(frozen=True, kw_only=True)
class RolesColumn(FewValuesColumn):
    """Role words separated by semicolons; kept once each, in alphabetical order."""

    @property
    def expected(self) -> str:
        return "words of " + ", ".join(BuyingRole.values) + ", separated by ;"

    def convert(self, value: str) -> str:
        words = {word.strip().lower() for word in value.split(";")} - {""}
        unknown = sorted(words - set(BuyingRole.values))
        if unknown:
            raise ValueFaultError(
                "unknown_role", f"“{shown(unknown[0])}” is no role. Expected {self.expected}."
            )
        return ";".join(sorted(words))


@register
class Contacts(ImportKind):
    """People of buying centres. One row is one person in one account; the same external_id under a second
    account is the same person's second place."""

    name = "contacts"
    tables = ("buying_center_person", "buying_center_contact", "buying_center_contactrole")
    label = "Contacts"
    description = "The people of your customers: who they are, what they do, whom they report to."
    position = 60
    key = ("external_id", "account_external_id")
    columns = (
        KeyColumn(
            name="external_id",
            required=True,
            hint="Your number of the person, unique",
            synonyms=("contact_id", "contactid", "contact_number", "record_id", "hs_object_id", "id"),
        ),
        KeyColumn(
            name="account_external_id",
            required=True,
            hint="The external id of the account",
            synonyms=synonyms.ACCOUNT_REFERENCE,
        ),
        TextColumn(
            name="name",
            required=True,
            hint="First and last name",
            synonyms=("full_name", "fullname", "contact_name", "contact", "person"),
        ),
        TextColumn(
            name="title", hint="Job title", synonyms=("job_title", "jobtitle", "position", "function")
        ),
        TextColumn(name="department", synonyms=("dept", "division", "team", "unit")),
        EmailColumn(name="email", synonyms=("e_mail", "email_address", "emailaddress1", "mail")),
        TextColumn(
            name="phone",
            max_length=60,
            synonyms=("telephone", "phone_number", "mobile", "mobile_phone", "telephone1", "business_phone"),
        ),
        RolesColumn(
            name="roles", hint="Such as decider;user", synonyms=("role", "buying_role", "hs_buying_role")
        ),
        KeyColumn(
            name="reports_to_external_id",
            hint="The external id of the manager, in the same account",
            synonyms=(
                "reports_to",
                "reports_to_id",
                "reportstoid",
                "manager",
                "manager_id",
                "parentcontactid",
            ),
        ),
    )
    _of_person = ("name", "email", "phone")
    _of_contact = ("title", "department")

    def stage_columns(self) -> dict[str, str]:
        texts = (
            "external_id",
            "account_external_id",
            *self._of_person,
            *self._of_contact,
            "roles",
            "reports_to_external_id",
        )
        return {
            **dict.fromkeys(texts, "text"),
            **dict.fromkeys(("account_id", "person_id", "contact_id", "manager_id"), "uuid"),
            **dict.fromkeys(("is_new", "person_differs", "contact_differs", "roles_differ"), "boolean"),
        }

    def resolve(self, batch: ParsedBatch) -> dict[str, Any]:
        given = batch.values["account_external_id"]
        lookup = account_lookup(self.context.cursor, tenant_id=self.context.tenant_id)
        (account, _), missing = lookup.find(given)
        batch.reject(
            missing,
            "account_external_id",
            "unknown_account",
            given,
            lambda value: f"there is no account “{value}”. Expected the external_id of an account.",
        )
        values: dict[str, Any] = {
            name: batch.values[name] for name in ("external_id", "account_external_id", "name")
        }
        for name in ("email", "phone", *self._of_contact, "roles"):
            if name in batch.values:
                values[name] = batch.values[name].fill_null("")
        if "reports_to_external_id" in batch.values:
            values["reports_to_external_id"] = batch.values["reports_to_external_id"]
        values["account_id"] = account.cast(pa.string())
        return values

    def check(self) -> None:
        self._leave_erased_out()
        self._reject_conflicting()
        if "reports_to_external_id" in self.context.present:
            self._reject_rings()
            while self._reject_missing_managers():
                pass
        self._settle()

    def count(self) -> Counts:
        self.context.cursor.execute(
            sql.SQL(
                "SELECT count(*) FILTER (WHERE is_new), "
                "count(*) FILTER (WHERE NOT is_new AND (person_differs OR contact_differs OR roles_differ)), "
                "count(*) FILTER (WHERE NOT is_new AND NOT (person_differs OR contact_differs OR roles_differ)) "
                "FROM pg_temp.{} WHERE NOT bad"
            ).format(_STAGE)
        )
        return Counts(*self.context.cursor.fetchone())

    def store(self) -> Counts:
        cursor, parameters = self.context.cursor, {"tenant": self.context.tenant_id}
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('kam.people:' || %s, 0))",
            [str(self.context.tenant_id)],
        )
        # What another import stored while this one waited counts now.
        self._settle()
        counts = self.count()
        plan_for(cursor, self.context.rows_staged)
        for statement in (*self._store_persons(), *self._store_contacts(), *self._store_roles()):
            cursor.execute(statement, parameters)
        if counts.created or counts.updated:
            cursor.execute(
                sql.SQL(
                    "SELECT DISTINCT account_id FROM pg_temp.{} WHERE NOT bad "
                    "AND (is_new OR person_differs OR contact_differs OR roles_differ)"
                ).format(_STAGE)
            )
            accounts = [row[0] for row in cursor.fetchall()]
            buying_center_changed.send(sender=Contact, tenant_id=self.context.tenant_id, account_ids=accounts)
        return counts

    # -- checks ------------------------------------------------------------------------------------------

    def _leave_erased_out(self) -> None:
        """Rows about people who asked to be forgotten are not read: the file may go on naming them."""
        self.context.cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{} r SET bad = true WHERE NOT r.bad AND EXISTS ("
                "SELECT 1 FROM buying_center_person p WHERE p.tenant_id = %(tenant)s AND p.erased_key <> '' "
                "AND p.erased_key = encode(sha256(convert_to(%(text)s || ':' || r.external_id, 'UTF8')), 'hex'))"
            ).format(_STAGE),
            {"tenant": self.context.tenant_id, "text": str(self.context.tenant_id)},
        )
        left_out = self.context.cursor.rowcount
        if left_out > 0:
            rows = plural(left_out, "row is", "rows are")
            self.context.notes.append(f"{rows} about people who were erased here. They were left out.")

    def _reject_conflicting(self) -> None:
        """Two rows of one person (for two accounts) say the same about the person."""
        cursor = self.context.cursor
        names = [name for name in self._of_person if name in self.context.present]
        for name in names:
            column = sql.Identifier(name)
            cursor.execute(
                sql.SQL(
                    "SELECT r.row, r.external_id, r.{column}, f.{column}, f.row FROM pg_temp.{stage} r JOIN ("
                    "SELECT DISTINCT ON (external_id) external_id, {column}, row FROM pg_temp.{stage} "
                    "WHERE NOT bad ORDER BY external_id, row) f USING (external_id) "
                    "WHERE NOT r.bad AND r.{column} IS DISTINCT FROM f.{column}"
                ).format(stage=_STAGE, column=column)
            )
            reject_rows(
                cursor,
                [
                    row_problem(
                        row,
                        name,
                        "conflicting_person",
                        value,
                        f"person “{external_id}” has “{shown(first)}” in row {first_row:,}. Expected the same.",
                    )
                    for row, external_id, value, first, first_row in cursor.fetchall()
                ],
            )

    def _reject_rings(self) -> None:
        """Nobody may be their own manager's manager, within one account."""
        cursor = self.context.cursor
        cursor.execute(
            "SELECT c.account_id, p.external_id, mp.external_id FROM buying_center_contact c "
            "JOIN buying_center_person p ON p.tenant_id = %(tenant)s AND p.id = c.person_id "
            "JOIN buying_center_contact m ON m.tenant_id = %(tenant)s AND m.id = c.reports_to_id "
            "JOIN buying_center_person mp ON mp.tenant_id = %(tenant)s AND mp.id = m.person_id "
            "WHERE c.tenant_id = %(tenant)s AND p.external_id IS NOT NULL AND mp.external_id IS NOT NULL",
            {"tenant": self.context.tenant_id},
        )
        managers = {_place(account, who): _place(account, boss) for account, who, boss in cursor.fetchall()}
        cursor.execute(
            sql.SQL(
                "SELECT account_id, external_id, reports_to_external_id, row FROM pg_temp.{} WHERE NOT bad"
            ).format(_STAGE)
        )
        rows: dict[str, int] = {}
        for account, who, boss, row in cursor.fetchall():
            rows[_place(account, who)] = row
            if boss is None:
                managers.pop(_place(account, who), None)
            else:
                managers[_place(account, who)] = _place(account, boss)
        problems = [
            row_problem(
                rows[member],
                "reports_to_external_id",
                "reports_to_cycle",
                _id(managers[member]),
                f"“{_id(member)}” would stand above themselves: {_way(ring)}. Expected managers without a ring.",
            )
            for member, ring in cycles(managers).items()
            if member in rows
        ]
        reject_rows(cursor, problems)

    def _reject_missing_managers(self) -> bool:
        cursor = self.context.cursor
        cursor.execute(
            sql.SQL(
                "SELECT r.row, r.reports_to_external_id FROM pg_temp.{stage} r "
                "WHERE NOT r.bad AND r.reports_to_external_id IS NOT NULL AND NOT EXISTS ("
                "SELECT 1 FROM pg_temp.{stage} m WHERE NOT m.bad AND m.account_id = r.account_id "
                "AND m.external_id = r.reports_to_external_id) AND NOT EXISTS ("
                "SELECT 1 FROM buying_center_person p JOIN buying_center_contact c ON c.tenant_id = %(tenant)s "
                "AND c.person_id = p.id AND c.account_id = r.account_id "
                "WHERE p.tenant_id = %(tenant)s AND p.external_id = r.reports_to_external_id)"
            ).format(stage=_STAGE),
            {"tenant": self.context.tenant_id},
        )
        problems = [
            row_problem(
                row,
                "reports_to_external_id",
                "unknown_manager",
                manager,
                f"there is no contact “{manager}” in this account, stored or in this file. "
                "Expected the external_id of one.",
            )
            for row, manager in cursor.fetchall()
        ]
        reject_rows(cursor, problems)
        return bool(problems)

    # -- comparing ---------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Which stored person and contact each row means, and what of them would change."""
        cursor, parameters = self.context.cursor, {"tenant": self.context.tenant_id}
        plan_for(cursor, self.context.rows_staged)
        present = self.context.present
        cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{stage} r SET person_id = coalesce(p.id, f.id) FROM ("
                "SELECT DISTINCT ON (external_id) external_id, id FROM pg_temp.{stage} WHERE NOT bad "
                "ORDER BY external_id, row) f LEFT JOIN buying_center_person p "
                "ON p.tenant_id = %(tenant)s AND p.external_id = f.external_id "
                "WHERE f.external_id = r.external_id AND NOT r.bad"
            ).format(stage=_STAGE),
            parameters,
        )
        cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{stage} r SET contact_id = coalesce(c.id, s.id), is_new = c.id IS NULL "
                "FROM pg_temp.{stage} s LEFT JOIN buying_center_contact c "
                "ON c.tenant_id = %(tenant)s AND c.person_id = s.person_id AND c.account_id = s.account_id "
                "WHERE s.row = r.row AND NOT r.bad"
            ).format(stage=_STAGE),
            parameters,
        )
        cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{stage} r SET manager_id = coalesce("
                "(SELECT m.contact_id FROM pg_temp.{stage} m WHERE NOT m.bad AND m.account_id = r.account_id "
                "AND m.external_id = r.reports_to_external_id), "
                "(SELECT c.id FROM buying_center_person p JOIN buying_center_contact c "
                "ON c.tenant_id = %(tenant)s AND c.person_id = p.id AND c.account_id = r.account_id "
                "WHERE p.tenant_id = %(tenant)s AND p.external_id = r.reports_to_external_id)) "
                "WHERE NOT r.bad AND r.reports_to_external_id IS NOT NULL"
            ).format(stage=_STAGE),
            parameters,
        )
        roles = sql.SQL(
            "r.roles IS DISTINCT FROM (SELECT coalesce(string_agg(x.role, ';' ORDER BY x.role COLLATE \"C\"), '') "
            "FROM buying_center_contactrole x WHERE x.tenant_id = %(tenant)s AND x.contact_id = r.contact_id)"
            if "roles" in present
            else "false"
        )
        cursor.execute(
            sql.SQL(
                "UPDATE pg_temp.{stage} r SET roles_differ = {roles}, "
                "person_differs = coalesce((SELECT {person} FROM buying_center_person l "
                "WHERE l.tenant_id = %(tenant)s AND l.id = r.person_id), false), "
                "contact_differs = coalesce((SELECT {contact} FROM buying_center_contact l "
                "WHERE l.tenant_id = %(tenant)s AND l.id = r.contact_id), false) WHERE NOT r.bad"
            ).format(
                stage=_STAGE,
                roles=roles,
                person=_differs(self._person_pairs()),
                contact=_differs(self._contact_pairs()),
            ),
            parameters,
        )

    def _person_pairs(self) -> list[tuple[str, str]]:
        return [(name, name) for name in self._of_person if name in self.context.present]

    def _contact_pairs(self) -> list[tuple[str, str]]:
        pairs = [(name, name) for name in self._of_contact if name in self.context.present]
        if "reports_to_external_id" in self.context.present:
            pairs.append(("reports_to_id", "manager_id"))
        return pairs

    # -- storing -----------------------------------------------------------------------------------------

    def _store_persons(self) -> Iterable[sql.Composable]:
        yield sql.SQL(
            "UPDATE buying_center_person l SET {assign}, updated_at = now() FROM pg_temp.{stage} r "
            "WHERE l.tenant_id = %(tenant)s AND l.id = r.person_id AND NOT r.bad AND r.person_differs"
        ).format(stage=_STAGE, assign=_assign(self._person_pairs()))
        yield sql.SQL(
            "INSERT INTO buying_center_person (id, tenant_id, external_id, name, email, phone) "
            "SELECT DISTINCT ON (r.external_id) r.person_id, %(tenant)s, r.external_id, r.name, "
            "coalesce(r.email, ''), coalesce(r.phone, '') FROM pg_temp.{stage} r WHERE NOT r.bad AND NOT EXISTS ("
            "SELECT 1 FROM buying_center_person l WHERE l.tenant_id = %(tenant)s AND l.id = r.person_id) "
            "ORDER BY r.external_id, r.row"
        ).format(stage=_STAGE)

    def _store_contacts(self) -> Iterable[sql.Composable]:
        # Roles are shown with the contact, so its version counts their changes too.
        assign = [_assign(self._contact_pairs())] if self._contact_pairs() else []
        yield sql.SQL(
            "UPDATE buying_center_contact l SET {assign} FROM pg_temp.{stage} r WHERE l.tenant_id = %(tenant)s "
            "AND l.id = r.contact_id AND NOT r.bad AND NOT r.is_new AND (r.contact_differs OR r.roles_differ)"
        ).format(stage=_STAGE, assign=sql.SQL(", ").join([*assign, sql.SQL("updated_at = now()")]))
        yield sql.SQL(
            "INSERT INTO buying_center_contact "
            "(id, tenant_id, person_id, account_id, title, department, reports_to_id, {texts}) "
            "SELECT r.contact_id, %(tenant)s, r.person_id, r.account_id, coalesce(r.title, ''), "
            "coalesce(r.department, ''), r.manager_id, {empty} FROM pg_temp.{stage} r WHERE NOT r.bad AND r.is_new"
        ).format(
            stage=_STAGE,
            texts=sql.SQL(", ").join(sql.Identifier(name) for name in _EMPTY_TEXTS),
            empty=sql.SQL(", ").join([sql.SQL("''")] * len(_EMPTY_TEXTS)),
        )

    def _store_roles(self) -> Iterable[sql.Composable]:
        if "roles" not in self.context.present:
            return
        yield sql.SQL(
            "DELETE FROM buying_center_contactrole x USING pg_temp.{stage} r WHERE x.tenant_id = %(tenant)s "
            "AND x.contact_id = r.contact_id AND NOT r.bad AND r.roles_differ "
            "AND x.role <> ALL (string_to_array(r.roles, ';'))"
        ).format(stage=_STAGE)
        yield sql.SQL(
            "INSERT INTO buying_center_contactrole (tenant_id, contact_id, role, committee) "
            "SELECT %(tenant)s, r.contact_id, w.role, '' FROM pg_temp.{stage} r "
            "CROSS JOIN LATERAL unnest(string_to_array(r.roles, ';')) AS w(role) "
            "WHERE NOT r.bad AND r.roles_differ AND w.role <> '' AND NOT EXISTS ("
            "SELECT 1 FROM buying_center_contactrole x WHERE x.tenant_id = %(tenant)s "
            "AND x.contact_id = r.contact_id AND x.role = w.role)"
        ).format(stage=_STAGE)


_SEPARATOR = "\x1f"


def _place(account_id: Any, external_id: str) -> str:
    return f"{account_id}{_SEPARATOR}{external_id}"


def _id(place: str) -> str:
    return place.partition(_SEPARATOR)[2]


def _way(ring: list[str]) -> str:
    names = [_id(place) for place in ring]
    return " → ".join(names if len(names) <= _MAX_SHOWN else [*names[: _MAX_SHOWN - 1], "…", names[-1]])


def _differs(pairs: list[tuple[str, str]]) -> sql.Composable:
    if not pairs:
        return sql.SQL("false")
    return sql.SQL(" OR ").join(
        sql.SQL("l.{} IS DISTINCT FROM r.{}").format(sql.Identifier(stored), sql.Identifier(staged))
        for stored, staged in pairs
    )


def _assign(pairs: list[tuple[str, str]]) -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("{} = r.{}").format(sql.Identifier(stored), sql.Identifier(staged))
        for stored, staged in pairs
    )
