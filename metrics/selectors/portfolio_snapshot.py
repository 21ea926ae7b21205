"""The published portfolio as the page reads it: one row for everybody, or the same figures for a filter."""

import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from kam.common.prepared import Prepared
from kam.tenancy.context import current_tenant_id
from metrics.models import PortfolioSnapshot
from metrics.selectors.freshness import Published
from metrics.selectors.pareto import portfolio_pareto
from metrics.selectors.portfolio_page import page_figures
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio
from metrics.selectors.portfolio_totals import pareto_of, portfolio_totals, whale_of
from metrics.selectors.trends import rolling_year

_CURVES = ("pareto", "whale", "line_ratios")
_SNAPSHOT = Prepared(
    lambda tenant: PortfolioSnapshot.objects.filter(tenant_id=tenant, current=True).defer(*_CURVES),
    tenant=uuid.UUID,
)


@dataclass
class Portfolio:
    """The figures of one view of the portfolio; each part is read once, when it is asked for.

    `chosen` empty: from the snapshot. Otherwise from the published rows of the filtered accounts: one query
    for the rows, one each for the trend and the product lines.
    """

    figures: Published
    chosen: PortfolioFilter

    @cached_property
    def snapshot(self) -> PortfolioSnapshot | None:
        """The current snapshot without its curves; None before the first computation."""
        found: PortfolioSnapshot | None = _SNAPSHOT.first(tenant=current_tenant_id())
        return found

    @property
    def computed(self) -> bool:
        return self.snapshot is not None

    @property
    def months(self) -> int:
        return self.figures.settings.pareto_months

    @property
    def currency(self) -> str:
        return self.figures.currency

    @property
    def cuts(self) -> dict[str, Any]:
        """{present, potential, loyalty_x, hurdle, method} of the whole portfolio, whatever the filter."""
        return self.figures.cuts

    @cached_property
    def table(self) -> pa.Table:
        """The rows of this view (`read_portfolio`)."""
        return read_portfolio(self.chosen)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Shape: `portfolio_totals`."""
        if self.chosen.is_empty and self.snapshot is not None:
            return self.snapshot.summary
        return portfolio_totals(self.table)

    @cached_property
    def trend(self) -> dict[str, Any]:
        """Shape: `rolling_year`."""
        if self.chosen.is_empty and self.snapshot is not None:
            return self.snapshot.trend
        return rolling_year(self.figures.date, self.chosen)

    @cached_property
    def page(self) -> dict[str, Any]:
        """Shape: `page_figures`."""
        if self.chosen.is_empty and self.snapshot is not None and self.snapshot.page:
            return self.snapshot.page
        return page_figures(
            self.table,
            pareto=self.pareto,
            months=self.months,
            reference=self.figures.date,
            chosen=self.chosen,
        )

    @cached_property
    def pareto(self) -> dict[str, Any]:
        """Concentration of net sales over the tenant's window, with its curve. Shape: `pareto_of`."""
        if self.chosen.is_empty and self.snapshot is not None:
            return self.snapshot.pareto
        if self.months != 36:
            return portfolio_pareto(
                "net_sales", months=self.months, reference=self.figures.date, chosen=self.chosen
            )
        return pareto_of(self.table, "net_sales_36m", ranked=self.table["traded_36m"].to_numpy() != 0)

    @cached_property
    def whale(self) -> dict[str, Any]:
        """The whale curve of contribution. Shape: `whale_of`."""
        if self.chosen.is_empty and self.snapshot is not None:
            return self.snapshot.whale
        return whale_of(self.table)
