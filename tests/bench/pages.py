"""Rows about pages and lists: server time and queries against floors behind the same middleware.

Requests go through the WSGI application in this process, as a signed-in member. Rounds interleave the pages
with their floor, so that a busy machine slows both.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, RequestFactory
from django.urls import reverse

from kam.common.api.kept import KeptAnswers
from kam.tenancy.models import Membership
from kam.tenancy.services import token_create
from tests.bench.data import Supplier
from tests.bench.measure import Report, say

EMPTY = "/bench/empty/"
_ROUNDS = 41
_application = cache(get_wsgi_application)


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks: a browser with a session, or a program with a token."""

    headers: dict[str, str]

    def get(self, path: str) -> float:
        """Seconds until the whole answer is there. Raises when it is not a 200."""
        environ = RequestFactory().get(path, **self.headers).environ
        status: list[str] = []

        def start_response(line: str, headers: Any, exc_info: Any = None) -> Any:
            status.append(line)

        started = time.perf_counter()
        response = _application()(environ, start_response)
        b"".join(response)
        response.close()
        seconds = time.perf_counter() - started
        if not status[0].startswith("200"):
            raise RuntimeError(f"{path} answered {status[0]}")
        return seconds

    def queries(self, path: str) -> int:
        """How many statements one request sends, after a first one that fills caches."""
        self.get(path)
        with _counting() as sent:
            self.get(path)
        return len(sent)


@contextmanager
def _counting() -> Iterator[list[str]]:
    sent: list[str] = []

    def note(execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        sent.append(statement)
        return execute(statement, *rest)

    with connections["default"].execute_wrapper(note):
        yield sent


class HasMember(Protocol):
    """A tenant of a benchmark with its administrator."""

    @property
    def member(self) -> Membership: ...


def browser(supplier: HasMember) -> Visitor:
    """A signed-in administrator."""
    client = Client()
    client.force_login(supplier.member.user, backend="kam.tenancy.backends.MemberBackend")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return Visitor({"HTTP_COOKIE": cookies})


def program(supplier: HasMember) -> Visitor:
    """A program with the administrator's token."""
    _, secret = token_create(member=supplier.member, name="bench")
    return Visitor({"HTTP_AUTHORIZATION": f"Token {secret}"})


def pages_of(supplier: Supplier) -> dict[str, str]:
    """The pages that people open most."""
    middle, largest = supplier.account_ids[supplier.accounts // 2], supplier.account_ids[0]
    return {
        "account list": reverse("metrics:account_list"),
        "portfolio": reverse("metrics:portfolio"),
        "account home, middle-sized account": reverse("metrics:account_detail", args=[middle]),
        "account home, largest account": reverse("metrics:account_detail", args=[largest]),
        "economics of the largest account": reverse("metrics:account_economics", args=[largest]),
    }


def _open(report: Report, row: str, visitor: Visitor, pages: dict[str, str]) -> dict[str, str]:
    """The pages that answer; one that does not is reported and does not take the others with it."""
    answering = {}
    for what, path in pages.items():
        try:
            visitor.get(path)
        except RuntimeError as error:
            report.failed(row, error)
        else:
            answering[what] = path
    return answering


def interleaved(visitor: Visitor, paths: list[str], rounds: int = _ROUNDS) -> dict[str, float]:
    """Median seconds of each path, asked in turns."""
    found: dict[str, list[float]] = {path: [] for path in paths}
    for number in range(rounds + 3):
        for path in paths:
            seconds = visitor.get(path)
            if number >= 3:
                found[path].append(seconds)
    return {path: statistics.median(times) for path, times in found.items()}


@contextmanager
def made_anew() -> Iterator[None]:
    """Meanwhile no answer is kept from one request to the next: what the first reader after a change waits for."""
    kept = KeptAnswers.get
    KeptAnswers.get = lambda self, tag: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        KeptAnswers.get = kept  # type: ignore[method-assign]


def pages_against_empty(report: Report, supplier: Supplier) -> None:
    """Row `pages`."""
    say(f"pages with {supplier.accounts:,} accounts")
    visitor = browser(supplier)
    pages = _open(report, "pages", visitor, pages_of(supplier))
    times = interleaved(visitor, [EMPTY, *pages.values()])
    for what, path in pages.items():
        report.add(
            "pages",
            f"{what} against an empty view",
            times[path] / times[EMPTY],
            bar=6,
            aim=3,
            detail=f"{1000 * times[path]:.1f} ms / {1000 * times[EMPTY]:.1f} ms",
        )


def page_queries(report: Report, suppliers: list[Supplier]) -> None:
    """Row `queries`: beyond the empty view's, and the same for every size of supplier."""
    say("queries of pages")
    found: dict[str, list[int]] = {}
    for supplier in suppliers:
        visitor = browser(supplier)
        empty = visitor.queries(EMPTY)
        for what, path in _open(report, "queries", visitor, pages_of(supplier)).items():
            found.setdefault(what, []).append(visitor.queries(path) - empty)
    sizes = ", ".join(f"{supplier.accounts:,}" for supplier in suppliers)
    for what, counts in found.items():
        report.add(
            "queries",
            f"queries of {what} beyond the empty view's",
            max(counts),
            unit="queries",
            bar=12,
            aim=6,
            detail=f"{', '.join(map(str, counts))} with {sizes} accounts",
        )
        if len(set(counts)) > 1:
            report.add(
                "queries",
                f"{what}: queries that come with more accounts",
                max(counts) - min(counts),
                unit="queries",
                bar=0,
            )


def api_against_by_hand(report: Report, supplier: Supplier) -> None:
    """Row `api`."""
    say("API list")
    ours, by_hand = "/api/v1/accounts/?page_size=100", "/api/v1/bench/accounts/"
    times = interleaved(program(supplier), [ours, by_hand])
    report.add(
        "api",
        "API list of 100 accounts against values() and orjson by hand",
        times[ours] / times[by_hand],
        bar=3,
        aim=1.5,
        detail=f"{1000 * times[ours]:.1f} ms / {1000 * times[by_hand]:.1f} ms",
    )


def neighbours(report: Report, supplier: Supplier, alone: str, shared: str, tenants: int) -> None:
    """Row `tenants`: the same pages of a tenant in a database of its own and among others, in turns."""
    say(f"pages alone and among {tenants} tenants")
    before, homes = connections["default"], {name: _connection_to(name) for name in (alone, shared)}
    visitor: dict[str, Visitor] = {}
    times: dict[tuple[str, str], list[float]] = {}
    pages: dict[str, str] = {}
    try:
        for name, connection in homes.items():
            connections["default"] = connection
            visitor[name] = browser(supplier)
            pages = _open(report, "tenants", visitor[name], pages_of(supplier))
        for number in range(_ROUNDS + 3):
            for path in pages.values():
                for name, connection in homes.items():
                    connections["default"] = connection
                    seconds = visitor[name].get(path)
                    if number >= 3:
                        times.setdefault((path, name), []).append(seconds)
    finally:
        connections["default"] = before
        for connection in homes.values():
            connection.close()
    for what, path in pages.items():
        first, second = (1000 * statistics.median(times[path, name]) for name in (alone, shared))
        report.add(
            "tenants",
            f"{what}, 1 → {tenants} tenants in the tables",
            second / first,
            bar=1.2,
            aim=1.0,
            detail=f"{second:.1f} ms / {first:.1f} ms",
        )


def _connection_to(name: str) -> BaseDatabaseWrapper:
    connection = connections["default"].copy()
    connection.settings_dict["NAME"] = name
    return connection
