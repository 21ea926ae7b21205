"""Rollup = ledger, whatever happens to lines, rates and default margins (K1, ARCHITECTURE §5)."""

import uuid
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import (
    AccountMonth,
    CellMonth,
    CostEntry,
    ExchangeRate,
    Product,
    ProductLine,
    SalesLine,
)
from accounts.services import rollups
from accounts.services.ledger import (
    cost_entries_store,
    cost_entry_delete,
    cost_entry_update,
    sales_line_delete,
    sales_line_update,
    sales_lines_store,
)
from accounts.services.rollups import (
    MissingRateError,
    rollups_rebuild,
    rollups_refresh_currency,
    rollups_refresh_product_line,
    rollups_refresh_products,
)
from kam.tenancy.context import current_tenant_id, tenant_context
from kam.tenancy.models import Tenant
from tests.factories import (
    AccountFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
    SegmentFactory,
)

ZERO = Decimal(0)
DAYS = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 31), date(2025, 2, 28), date(2025, 7, 15)]
MONTHS = sorted({day.replace(day=1) for day in DAYS})
money = st.decimals(min_value=-10_000, max_value=10_000, places=4)
ratios = st.none() | st.sampled_from([0.0, 0.35, 0.123456789, 1.0, -0.5])


def expected() -> tuple[dict[Any, dict[str, Any]], dict[Any, dict[str, Any]]]:
    """The rollups by the obvious way: every line in Python, exact."""
    rates = {(r.currency, r.month): r.rate for r in ExchangeRate.objects.all()}
    margins = {
        p.id: p.product_line.default_gross_margin for p in Product.objects.select_related("product_line")
    }
    blank = {
        "net_sales": ZERO,
        "cogs": ZERO,
        "cogs_estimated": ZERO,
        "unknown_sales": ZERO,
        "lines": 0,
        "unknown_lines": 0,
    }
    months: dict[Any, dict[str, Any]] = defaultdict(lambda: {**blank, "cost_to_serve": ZERO})
    cells: dict[Any, dict[str, Any]] = defaultdict(lambda: {**blank})
    days: dict[Any, Decimal] = defaultdict(lambda: ZERO)
    with localcontext() as context:
        context.prec = 60
        for line in SalesLine.objects.all():
            month = line.date.replace(day=1)
            rate = Decimal(1) if line.currency == "USD" else rates[line.currency, month]
            net, margin = line.net_sales * rate, margins[line.product_id]
            estimated = line.cogs is None and margin is not None
            cogs = line.cogs * rate if line.cogs is not None else None
            if estimated:
                # PostgreSQL rounds halves away from zero.
                cogs = (net * (1 - Decimal(repr(margin)))).quantize(Decimal("1e-12"), ROUND_HALF_UP)
            days[line.account_id, line.date] += net
            for row in (
                months[line.account_id, month],
                cells[line.account_id, month, line.product_id, line.segment_id],
            ):
                row["net_sales"] += net
                row["lines"] += 1
                if cogs is None:
                    row["unknown_sales"] += net
                    row["unknown_lines"] += 1
                else:
                    row["cogs"] += cogs
                    row["cogs_estimated"] += cogs if estimated else ZERO
        for entry in CostEntry.objects.all():
            month = entry.date.replace(day=1)
            rate = Decimal(1) if entry.currency == "USD" else rates[entry.currency, month]
            months[entry.account_id, month]["cost_to_serve"] += entry.amount * rate
    for key, row in months.items():
        own = {day: net for (account, day), net in days.items() if (account, day.replace(day=1)) == key}
        row["positive_days"] = sum(net > 0 for net in own.values())
        row["first_sale"], row["last_sale"] = (min(own), max(own)) if own else (None, None)
    return dict(months), dict(cells)


def stored() -> tuple[dict[Any, dict[str, Any]], dict[Any, dict[str, Any]]]:
    names = ["net_sales", "cogs", "cogs_estimated", "unknown_sales", "lines", "unknown_lines"]
    more = [*names, "cost_to_serve", "positive_days", "first_sale", "last_sale"]
    months = {(m.account_id, m.month): {n: getattr(m, n) for n in more} for m in AccountMonth.objects.all()}
    cells = {
        (c.account_id, c.month, c.product_id, c.segment_id): {n: getattr(c, n) for n in names}
        for c in CellMonth.objects.all()
    }
    return months, cells


class LedgerMachine(RuleBasedStateMachine):
    """Random life of a small ledger."""

    tenant: Tenant

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.entered = tenant_context(self.tenant.id)
        self.entered.__enter__()
        self.count = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.entered.__exit__(None, None, None)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def ground(self) -> None:
        self.accounts = [AccountFactory(currency=c) for c in ("USD", "EUR", "")]
        self.lines = [ProductLineFactory(default_gross_margin=m) for m in (None, 0.35)]
        self.products = [ProductFactory(product_line=line) for line in self.lines]
        self.segments = {a.id: SegmentFactory(account=a) for a in self.accounts[:2]}
        for month in MONTHS:
            ExchangeRate.objects.create(
                tenant_id=current_tenant_id(), currency="EUR", month=month, rate=Decimal("1.08765432")
            )

    @rule(data=st.data(), size=st.integers(1, 4))
    def sell(self, data: st.DataObject, size: int) -> None:
        rows = []
        for _ in range(size):
            account = data.draw(st.sampled_from(self.accounts))
            segment = self.segments.get(account.id) if data.draw(st.booleans()) else None
            again = self.count and data.draw(st.booleans())
            number = data.draw(st.integers(1, self.count)) if again else self.count + 1
            self.count = max(self.count, number)
            rows.append(
                {
                    "external_id": f"L{number}",
                    "account": account.id,
                    "product": data.draw(st.sampled_from(self.products)).id,
                    "segment": segment.id if segment else None,
                    "date": data.draw(st.sampled_from(DAYS)),
                    "net_sales": data.draw(money),
                    "cogs": data.draw(st.none() | money),
                    "currency": data.draw(st.sampled_from([None, "USD", "EUR"])),
                }
            )
        unique = list({row["external_id"]: row for row in rows}.values())
        outcome = sales_lines_store(rows=unique)
        assert outcome.stored, outcome.problems

    @rule(account=st.integers(0, 2), day=st.sampled_from(DAYS), amount=money)
    def serve(self, account: int, day: date, amount: Decimal) -> None:
        row = {"account": self.accounts[account].id, "date": day, "category": "service", "amount": amount}
        assert cost_entries_store(rows=[row]).stored

    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from([None, *SalesLine.objects.order_by("external_id")]))
        if line is not None:
            account = data.draw(st.sampled_from(self.accounts))
            sales_line_update(
                line=line,
                changes={
                    "net_sales": data.draw(money),
                    "date": data.draw(st.sampled_from(DAYS)),
                    "account": account.id,
                    "segment": None,
                },
            )

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from([None, *SalesLine.objects.order_by("external_id")]))
        if line is not None:
            sales_line_delete(line=line)

    @rule(month=st.sampled_from(MONTHS), rate=st.decimals("0.00000001", 100, places=8))
    def rate(self, month: date, rate: Decimal) -> None:
        ExchangeRate.objects.filter(currency="EUR", month=month).update(rate=rate)
        rollups_refresh_currency(currency="EUR", months=[month])

    @rule(line=st.integers(0, 1), margin=ratios)
    def margin(self, line: int, margin: float | None) -> None:
        ProductLine.objects.filter(pk=self.lines[line].pk).update(default_gross_margin=margin)
        rollups_refresh_product_line(product_line_id=self.lines[line].pk)

    @rule(product=st.integers(0, 1), line=st.integers(0, 1))
    def move_product(self, product: int, line: int) -> None:
        Product.objects.filter(pk=self.products[product].pk).update(product_line=self.lines[line])
        rollups_refresh_products(product_ids=[self.products[product].pk])

    @rule()
    def rebuild(self) -> None:
        rollups_rebuild()

    @invariant()
    def rollup_is_ledger(self) -> None:
        assert stored() == expected()


@pytest.mark.parametrize("rebuild_from", [3_000, 0])
def test_rollup_equals_ledger_after_any_history(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, rebuild_from: int
) -> None:
    """With refreshes of touched keys, and with every refresh as a rebuild."""
    monkeypatch.setattr(rollups, "_REBUILD_MINIMUM", rebuild_from)
    if not rebuild_from:
        monkeypatch.setattr(rollups, "_REBUILD_SHARE", 0.0)

    class Machine(LedgerMachine):
        pass

    Machine.tenant = tenant
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20 if rebuild_from else 6,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_missing_rate_is_named_instead_of_summed_as_nothing(in_tenant: uuid.UUID) -> None:
    SalesLineFactory(currency="EUR", date=date(2025, 6, 15))
    with pytest.raises(MissingRateError, match="EUR in 2025-06"):
        rollups_rebuild()


def test_deleting_the_last_line_of_a_month_leaves_no_row(in_tenant: uuid.UUID) -> None:
    line = SalesLineFactory()
    rollups_rebuild()
    sales_line_delete(line=line)
    assert not AccountMonth.objects.exists()
    assert not CellMonth.objects.exists()


def test_a_cost_entry_is_corrected_and_removed_with_its_month(in_tenant: uuid.UUID) -> None:
    account = AccountFactory()
    cost_entries_store(
        rows=[
            {
                "external_id": "C",
                "account": account.id,
                "date": "2025-01-05",
                "category": "delivery",
                "amount": "5",
            }
        ]
    )
    entry = cost_entry_update(entry=CostEntry.objects.get(), changes={"amount": "7.5", "date": "2025-02-05"})
    assert (entry.amount, entry.external_id) == (Decimal("7.5000"), "C")
    assert list(AccountMonth.objects.values_list("month", "cost_to_serve")) == [
        (date(2025, 2, 1), Decimal("7.5"))
    ]
    cost_entry_delete(entry=entry)
    assert not AccountMonth.objects.exists()


def test_rollups_of_another_tenant_are_left_alone(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_context(other_tenant.id):
        SalesLineFactory()
        rollups_rebuild()
    with tenant_context(tenant.id):
        rollups_rebuild()
        assert not AccountMonth.objects.exists()
    with tenant_context(other_tenant.id):
        assert AccountMonth.objects.count() == 1
