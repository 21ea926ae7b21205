"""Supplier positioning across accounts: how weighty we are to each, against what it spends with us (K9)."""

from dataclasses import dataclass
from typing import Any

from buying_center.bank.alignment import POSITION_ADVICE
from buying_center.models import WEIGHT_FACTORS, SupplierPositioning
from buying_center.network.positioning import CLASSES, SPEND_CUT, WEIGHT_CUT, Position
from buying_center.selectors.standing import position_of_account
from kam.tenancy.context import current_tenant_id
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio

CUTS = {"x": SPEND_CUT, "y": WEIGHT_CUT}
NOT_JUDGED, SPEND_UNKNOWN = "not_judged", "spend_unknown"
_COLUMNS = ("account_id", "external_id", "name", "is_key_account", "net_sales_12m", "share_of_wallet")


@dataclass(frozen=True)
class Placed:
    """One account of the picture. `net_sales` 12 months, base currency."""

    account: str
    external_id: str | None
    name: str
    is_key: bool
    net_sales: float
    position: Position

    @property
    def missing(self) -> str:
        """Why it has no place: `not_judged` or `spend_unknown`; "" where it has one."""
        if self.position.weight is None:
            return NOT_JUDGED
        return SPEND_UNKNOWN if self.position.spend is None else ""


def positions(chosen: PortfolioFilter | None = None) -> list[Placed]:
    """Every computed account of a filter with its position, the largest by sales first; two queries."""
    sheets = {
        str(sheet.account_id): sheet
        for sheet in SupplierPositioning.objects.filter(tenant_id=current_tenant_id()).only(
            "account_id", "tenant_id", "relative_spend", *WEIGHT_FACTORS
        )
    }
    nothing = SupplierPositioning()
    found = [
        Placed(
            account=row["account_id"],
            external_id=row["external_id"],
            name=row["name"],
            is_key=bool(row["is_key_account"]),
            net_sales=float(row["net_sales_12m"] or 0),
            position=position_of_account(
                sheets.get(row["account_id"], nothing), share=row["share_of_wallet"]
            ),
        )
        for row in read_portfolio(chosen, _COLUMNS).to_pylist()
    ]
    return sorted(found, key=lambda one: (-one.net_sales, one.name))


def positioning_points(chosen: PortfolioFilter | None = None) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The points of `portfolio/matrix/?kind=positioning`, and how many have none by reason."""
    points, unplaced = [], dict.fromkeys((NOT_JUDGED, SPEND_UNKNOWN), 0)
    for one in positions(chosen):
        place = one.position.position
        if place is None:
            unplaced[one.missing] += 1
            continue
        points.append(
            {
                "account": one.account,
                "external_id": one.external_id,
                "name": one.name,
                "x": one.position.spend,
                "y": one.position.weight,
                "size": one.net_sales,
                "class": place,
                "advice": POSITION_ADVICE[place],
                "key": one.is_key,
                "hollow": one.position.basis == "judged",
                "basis": one.position.basis,
            }
        )
    return points, {reason: count for reason, count in unplaced.items() if count}


def by_class(placed: list[Placed]) -> dict[str, list[Placed]]:
    """The placed accounts by class, in the order of the four fields."""
    return {name: [one for one in placed if one.position.position == name] for name in CLASSES}
