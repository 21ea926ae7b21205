"""Method `buy_till_you_die` of K3 for a tenant: one fit over all accounts, a forecast for each."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from metrics.engine import ClvParameters, ClvResult, NotConverged, Yearly
from metrics.engine.btyd import (
    PurchaseForecast,
    PurchaseModel,
    Purchases,
    clv_buy_till_you_die,
    fit_purchase_model,
    forecast_purchases,
)


def purchases_of(rows: pa.Table, accounts: int) -> Purchases:
    """The purchase history of every account from the rows of `read_purchases`."""
    position = rows["account"].to_numpy()

    def spread(name: str) -> NDArray[np.float64]:
        values = np.zeros(accounts)
        values[position] = rows[name].to_numpy()
        return values

    bought = np.zeros(accounts, dtype=np.bool_)
    bought[position] = True
    return Purchases(
        frequency=spread("frequency"),
        recency=spread("recency"),
        age=spread("age"),
        mean_value=spread("mean_value"),
        bought=bought,
    )


def fit(rows: pa.Table, accounts: int) -> dict[str, Any]:
    """The fitted model as JSON, or `{"refusal": reason}` where it does not describe this ledger (K3)."""
    try:
        return asdict(fit_purchase_model(purchases_of(rows, accounts)))
    except NotConverged as refused:
        return {"refusal": refused.reason}


@dataclass(frozen=True)
class PurchaseFigures:
    """A fitted model and the purchases of a range of accounts."""

    model: PurchaseModel
    purchases: Purchases
    parameters: ClvParameters

    @cached_property
    def forecast(self) -> PurchaseForecast:
        return forecast_purchases(self.model, self.purchases, self.parameters)

    def value(
        self,
        *,
        margin: NDArray[np.float64],
        contribution_ratio: NDArray[np.float64],
        acquisition: NDArray[np.float64],
        parameters: ClvParameters,
    ) -> ClvResult:
        """CLV of every account (K3), currency; NaN where a margin is not known."""
        return clv_buy_till_you_die(
            self.forecast,
            self.purchases,
            margin=margin,
            contribution_ratio=contribution_ratio,
            acquisition=acquisition,
            parameters=parameters,
            raise_on_divergence=False,
        )

    def yearly(self, retained: Yearly, result: ClvResult, ratio: NDArray[np.float64]) -> Yearly:
        """The yearly table: expected margin of the forecast where it was used, retention's elsewhere."""
        years = retained.margin.shape[1]
        worth = (self.forecast.expected_value * ratio)[:, None]
        modelled = (self.purchases.bought & ~self.parameters.forever)[:, None]
        plain = np.full(retained.margin.shape, np.nan)
        discounted = np.full(retained.margin.shape, np.nan)
        width = min(years, self.forecast.yearly_purchases.shape[1])
        plain[:, :width] = (self.forecast.yearly_purchases * worth)[:, :width]
        discounted[:, :width] = (self.forecast.yearly_discounted * worth)[:, :width]
        return replace(
            retained,
            margin=np.where(modelled, plain, retained.margin),
            retained=np.where(modelled, np.nan, retained.retained),
            retained_margin=np.where(modelled, plain, retained.retained_margin),
            present_value=np.where(modelled, discounted, retained.present_value),
        )

    def inputs(self) -> dict[str, list[Any]]:
        """What the forecast of each account stands on."""
        return {
            "purchases": (self.purchases.frequency + self.purchases.bought).astype(int).tolist(),
            "days_to_last_purchase": self.purchases.recency.astype(int).tolist(),
            "days_known": self.purchases.age.astype(int).tolist(),
            "probability_alive": np.round(self.forecast.alive, 6).tolist(),
            "expected_purchase_value": np.round(self.forecast.expected_value, 4).tolist(),
        }
