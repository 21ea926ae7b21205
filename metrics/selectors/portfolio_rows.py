"""The published figures of all (or a filtered part of) the accounts as columns: one COPY for a whole page."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from kam.tenancy.context import current_tenant_id
from metrics.selectors.copying import TEXT, copy_out

MONEY = pa.decimal128(38, 4)


@dataclass(frozen=True)
class PortfolioFilter:
    """Which accounts a portfolio view speaks about; "" or None = no restriction.

    `countries`, `industries`, `owners`: any of several, as the page's filters choose ("" and None = not known).
    `account_ids`: limits to these accounts (a contributor's teams). `key`: True = key accounts only.
    `business_unit`: accounts that bought from it in the trailing 12 months.
    """

    country: str = ""
    industry: str = ""
    owner: uuid.UUID | None = None
    countries: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    owners: tuple[uuid.UUID | None, ...] = ()
    key: bool | None = None
    business_unit: uuid.UUID | None = None
    account_ids: frozenset[uuid.UUID] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the filter lets every account through."""
        return self == PortfolioFilter()

    def without_business_unit(self) -> "PortfolioFilter":
        """The same filter over all business units."""
        return replace(self, business_unit=None)

    def where(self, account: str = "a") -> tuple[str, list[Any]]:
        """Conditions on the account's alias, beginning with AND, and their parameters."""
        parts: list[str] = []
        params: list[Any] = []
        if self.country:
            parts.append(f"AND {account}.country = %s")
            params.append(self.country)
        if self.industry:
            parts.append(f"AND {account}.industry = %s")
            params.append(self.industry)
        if self.owner is not None:
            parts.append(f"AND {account}.owner_id = %s")
            params.append(str(self.owner))
        for column, values in (("country", self.countries), ("industry", self.industries)):
            if values:
                parts.append(f"AND {account}.{column} = ANY(%s)")
                params.append(list(values))
        if self.owners:
            unowned = f"OR {account}.owner_id IS NULL" if None in self.owners else ""
            parts.append(f"AND ({account}.owner_id = ANY(%s::uuid[]) {unowned})")
            params.append([str(owner) for owner in self.owners if owner is not None])
        if self.key is not None:
            parts.append(f"AND {account}.is_key_account = %s")
            params.append(self.key)
        if self.account_ids is not None:
            parts.append(f"AND {account}.id = ANY(%s::uuid[])")
            params.append([str(account_id) for account_id in sorted(self.account_ids)])
        if self.business_unit is not None:
            parts.append(
                f"AND EXISTS (SELECT FROM accounts_cellmonth c"
                f" JOIN accounts_product p ON p.tenant_id = c.tenant_id AND p.id = c.product_id"
                f" JOIN accounts_productline l ON l.tenant_id = p.tenant_id AND l.id = p.product_line_id"
                f" WHERE c.tenant_id = {account}.tenant_id AND c.account_id = {account}.id"
                f" AND l.business_unit_id = %s AND c.lines > 0"
                f" AND c.month > m.reference_date - interval '12 months' AND c.month <= m.reference_date)"
            )
            params.append(str(self.business_unit))
        return " ".join(parts), params


_COLUMNS: dict[str, pa.DataType] = {
    "account_id": TEXT,
    "external_id": TEXT,
    "name": TEXT,
    "country": TEXT,
    "industry": TEXT,
    "owner_id": TEXT,
    "is_key_account": pa.int8(),
    "net_sales_12m": MONEY,
    "net_sales_prior_12m": MONEY,
    "net_sales_36m": MONEY,
    "cogs_12m": MONEY,
    "gross_margin_12m": MONEY,
    "gross_margin_36m": MONEY,
    "cost_to_serve_12m": MONEY,
    "contribution_12m": MONEY,
    "contribution_prior_12m": MONEY,
    "contribution_36m": MONEY,
    "margin_known_part": MONEY,
    "margin_estimated": pa.int8(),
    "contribution_ratio": pa.float64(),
    "clv": MONEY,
    "clv_multiplier": pa.float64(),
    "upv": MONEY,
    "upv_annual": MONEY,
    "upv_expected_annual": MONEY,
    "upv_entered": MONEY,
    "upv_estimated": MONEY,
    "potential_contribution": MONEY,
    "potential_gap": MONEY,
    "potential_basis": TEXT,
    "loyalty_class": TEXT,
    "loyalty_reason": TEXT,
    "loyalty_x": pa.float64(),
    "tenure_months": pa.float64(),
    "active_share": pa.float64(),
    "dubinsky_ingram_class": TEXT,
    "dubinsky_ingram_reason": TEXT,
    "volume_class": TEXT,
    "sales_rank": pa.float64(),
    "sold_12m": pa.int8(),
    "traded_36m": pa.int8(),
    "last_sale": pa.date32(),
    "share_of_wallet": pa.float64(),
}
_SOURCE = {
    "external_id": "coalesce(a.external_id, a.id::text)",
    "name": "a.name",
    "country": "a.country",
    "industry": "a.industry",
    "owner_id": "a.owner_id",
    "is_key_account": "a.is_key_account::int",
    "sold_12m": "m.sold_12m::int",
    "traded_36m": "m.traded_36m::int",
    "margin_estimated": "m.margin_estimated::int",
}


def read_portfolio(chosen: PortfolioFilter | None = None, names: tuple[str, ...] | None = None) -> pa.Table:
    """The published rows of the accounts of a filter, in the order of account ids; one query.

    `names`: which columns (all by default). Money is exact (decimal, 4 places), null = not known.
    """
    where, params = (chosen or PortfolioFilter()).where()
    tenant = str(current_tenant_id())
    return _read(
        names or tuple(_COLUMNS),
        "metrics_accountmetrics m",
        f"AND m.tenant_id = %s {where}",
        [tenant, *params],
    )


def read_staged() -> pa.Table:
    """`read_portfolio` of the rows that the open transaction is about to publish; one query."""
    return _read(tuple(_COLUMNS), "staged_metrics m", "", [])


def _read(wanted: tuple[str, ...], source: str, where: str, params: list[Any]) -> pa.Table:
    return copy_out(
        f"SELECT {', '.join(_SOURCE.get(name, 'm.' + name) for name in wanted)} "
        f"FROM {source} JOIN accounts_account a ON a.id = m.account_id "
        f"WHERE a.tenant_id = %s {where} ORDER BY m.account_id",
        [str(current_tenant_id()), *params],
        {name: _COLUMNS[name] for name in wanted},
    )
