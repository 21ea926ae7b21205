"""Two worlds for a whole module: everything a request does is rolled back, so they are built only once."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from kam.tenancy.catalogue import GLOBAL_TABLES
from kam.tenancy.context import tenant_context
from tests.conftest import client_for
from tests.isolation.routes import Route
from tests.isolation.world import World

BACKEND = "kam.tenancy.backends.MemberBackend"
_VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[A-Za-z0-9_-]{43,}={0,2}"
    r'|nonce="[^"]*"'
)


@dataclass(frozen=True)
class Answer:
    """What came back, and what the database held right then, before it was rolled back."""

    status: int
    text: str
    foreign_state: str

    @property
    def shape(self) -> str:
        """The body without what differs from request to request: ids, nonces, CSRF tokens."""
        return _VARYING.sub("·", self.text)


class Asker:
    """Sends requests to routes as the own tenant's members, and watches the foreign tenant's rows."""

    def __init__(self, own: World, foreign: World) -> None:
        self.own, self.foreign = own, foreign
        self._clients: dict[tuple[str, bool], Any] = {}
        # What every request begins with: whatever one of them writes is rolled back.
        self.before = self.state()

    def client(self, role: str, *, api: bool) -> Any:
        """A signed-in client: a token for the API, a session for pages (integrations have none)."""
        known = self._clients.get((role, api))
        if known is None:
            member = self.own.members.get(role)
            if member is None:
                known = APIClient() if api else Client()
            elif api:
                known = client_for(member)
            else:
                known = Client()
                known.force_login(member.user, backend=BACKEND)
            known.raise_request_exception = False
            self._clients[role, api] = known
        return known

    def ask(
        self, route: Route, method: str, values: dict[str, Any], *, role: str = "admin", **sent: Any
    ) -> Answer:
        client = self.client(role, api=route.is_api)
        if method in ("POST", "PUT", "PATCH", "DELETE") and route.is_api:
            sent = {"data": {}, "format": "json", "HTTP_IF_MATCH": "*", **sent}
        with transaction.atomic():
            written = rows_written()
            response = getattr(client, method.lower())(route.url(values), **sent)
            text = response.getvalue().decode(errors="replace")
            # Most requests write nothing, and PostgreSQL counts what is written: then the state is that of before.
            state = self.before if rows_written() == written else self.state()
            transaction.set_rollback(True)
        client.cookies.pop("messages", None)
        return Answer(response.status_code, text, state)

    def state(self) -> str:
        """A digest of every row of the foreign tenant."""
        with tenant_context(self.foreign.tenant.id), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(_fingerprint_sql(), [self.foreign.tenant.id] * _fingerprint_sql().count("%s"))
            rows = cursor.fetchall()
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return hashlib.sha256(repr(rows).encode()).hexdigest()


def rows_written() -> int:
    """How many rows of tenants' tables this transaction has inserted, updated and deleted so far, undone ones too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables "
            "WHERE NOT relname = ANY(%s)",
            [sorted(GLOBAL_TABLES - {"tenancy_membership"})],
        )
        return int(cursor.fetchone()[0])


_sql: list[str] = []


def _fingerprint_sql() -> str:
    if not _sql:
        tables = [name for name in connection.introspection.table_names() if name not in GLOBAL_TABLES]
        parts = [
            f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "
            f'FROM "{table}" t WHERE tenant_id = %s'
            for table in [*tables, "tenancy_membership"]
        ]
        _sql.append(" UNION ALL ".join(parts) + " ORDER BY 1")
    return _sql[0]


@pytest.fixture(scope="module")
def asker(django_db_setup: None, django_db_blocker: Any) -> Iterator[Asker]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Asker(World("own", "ownmark"), World("foreign", "zzforeign"))
        transaction.set_rollback(True)


Ask = Callable[..., Answer]
