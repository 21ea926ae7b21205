"""Promise 4: pooled connections stay clean, whatever happens in a request."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import Account
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.middleware import TenantMiddleware
from kam.tenancy.models import Membership
from kam.tenancy.services import member_add, tenant_create
from tests.factories import AccountFactory

# A hundred connections at once: such tests take turns, or they starve one another.
pytestmark = pytest.mark.xdist_group("threads")

REQUESTS = 10_000
THREADS = 16
OUTCOMES = ("ok", "ok", "refused", "crash", "broken transaction", "nested", "nested crash")


class CrashError(Exception):
    """Injected."""


def _names() -> set[str]:
    """What raw SQL sees now: no scope, only the database's own lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM accounts_account")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.slow
def test_ten_thousand_requests_of_two_tenants_over_sixteen_threads(committed_db: None) -> None:
    members: list[Membership] = []
    expected: dict[Any, set[str]] = {}
    for slug in ("red", "blue"):
        tenant = tenant_create(name=slug, slug=slug)
        members.append(member_add(tenant=tenant, email=f"a@{slug}.example", role="admin"))
        with tenant_context(tenant.id):
            expected[tenant.id] = {AccountFactory(name=f"{slug} {number}").name for number in range(3)}
    others = {members[0].id: members[1], members[1].id: members[0]}
    stale: list[str] = []
    seen = threading.Lock()

    def view_of(member: Membership, outcome: str) -> Any:
        def view(request: Any) -> HttpResponse:
            if _names() != expected[member.tenant_id]:
                with seen:
                    stale.append(f"inside: {outcome}")
            if outcome.startswith("nested"):
                other = others[member.id]
                try:
                    with tenant_context(other.tenant_id):
                        if _names() != expected[other.tenant_id]:
                            with seen:
                                stale.append(f"nested: {outcome}")
                        if outcome == "nested crash":
                            raise CrashError
                except CrashError:
                    pass
                if _names() != expected[member.tenant_id]:
                    with seen:
                        stale.append(f"after nesting: {outcome}")
            if outcome == "crash":
                raise CrashError
            if outcome == "broken transaction":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1 / 0")
            return HttpResponse(status=403 if outcome == "refused" else 200)

        return view

    def serve(number: int) -> None:
        rng = random.Random(number)
        member = members[number % 2]
        outcome = rng.choice(OUTCOMES)
        middleware = TenantMiddleware(view_of(member, outcome))
        middleware._principal = lambda request: Principal(member=member)  # type: ignore[method-assign]
        try:
            middleware(RequestFactory().get("/accounts/"))
        except CrashError:
            pass
        except Exception as error:
            if outcome != "broken transaction":
                with seen:
                    stale.append(f"{outcome}: {error!r}")
        if number % 3 == 0:
            # The same connection, asked by nobody.
            with transaction.atomic():
                left = _names()
            if left:
                with seen:
                    stale.append(f"without a tenant after {outcome}: {left}")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(serve, range(REQUESTS)))
        # Each thread has a connection of its own, which must not outlive it.
        list(pool.map(lambda _number: connections.close_all(), range(THREADS * 4)))
    assert stale == []
    assert _names() == set()


def test_without_a_tenant_nothing_is_seen_and_nothing_written(committed_db: None) -> None:
    tenant = tenant_create(name="red", slug="red")
    with tenant_context(tenant.id):
        account = AccountFactory()
    assert _names() == set()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET name = 'x'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM accounts_account")
        assert cursor.rowcount == 0
    with tenant_context(tenant.id):
        assert Account.objects.get(pk=account.pk).name == account.name
