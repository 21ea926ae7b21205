"""A computed record of an account for page tests, with the shapes that the recomputation stores."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Account
from kam.tenancy.context import current_tenant_id
from metrics.models import AccountMetrics

REFERENCE = datetime.date(2025, 6, 30)


def computed(account: Account, **values: Any) -> AccountMetrics:
    """The worked example of LOOK: sales 2,846 (2,497), margin 535, cost to serve 172, contribution 363."""
    standard: dict[str, Any] = {
        "reference_date": REFERENCE,
        "computed_at": timezone.now(),
        "recomputation": uuid.uuid4(),
        "engine_version": "1.0",
        "net_sales_12m": Decimal(2846),
        "net_sales_prior_12m": Decimal(2497),
        "net_sales_36m": Decimal(7000),
        "cogs_12m": Decimal(2311),
        "gross_margin_12m": Decimal(535),
        "cost_to_serve_12m": Decimal(172),
        "contribution_12m": Decimal(363),
        "contribution_prior_12m": Decimal(358),
        "contribution_ratio": 363 / 2846,
        "margin_known_part": Decimal(535),
        "margin_known_share": 1.0,
        "first_sale": datetime.date(2021, 3, 1),
        "last_sale": datetime.date(2025, 6, 20),
        "months_of_sales": 40,
        "sold_12m": True,
        "clv": Decimal("894.1703"),
        "clv_method": "retention",
        "clv_multiplier": 2.463279,
        "clv_inputs": {
            "annual_margin": 363.0,
            "retention": 0.85,
            "discount_rate": 0.1,
            "growth": 0.0,
            "horizon_years": 5,
            "acquisition_cost": 0.0,
            "timing": "retained_end",
            "note": "",
        },
        "clv_yearly": {
            "margin": [363.0] * 5,
            "retained": [0.85, 0.7225, 0.614125, 0.52200625, 0.4437053125],
            "present_value": [280.5, 216.75, 167.4886, 129.4231, 100.0085],
        },
        "upv_annual": Decimal(686),
        "upv": Decimal("1689.8094"),
        "upv_expected_annual": Decimal(235),
        "upv_up_sell": Decimal(580),
        "upv_cross_sell": Decimal(56),
        "upv_co_creation": Decimal(50),
        "upv_entered": Decimal(686),
        "upv_exceeds_clv": True,
        "potential_contribution": Decimal(598),
        "potential_basis": "entered",
        "loyalty_class": "friend",
        "loyalty_x": 1.33,
        "tenure_months": 51,
        "active_share": 1.0,
        "loyalty_evidence": {"quarters": 12, "active": 12, "sales": [700.0] * 12},
        "dubinsky_ingram_class": "desirable",
        "volume_class": "A",
        "sales_rank": 3,
        "growth_split": {
            "previous": 2497.0,
            "current": 2846.0,
            "change": 349.0,
            "organic": 148.0,
            "up_sell": 121.0,
            "cross_sell": 164.0,
            "co_creation": 38.0,
            "loss": -122.0,
        },
    }
    return AccountMetrics.objects.create(
        tenant_id=current_tenant_id(), account=account, **(standard | values)
    )
