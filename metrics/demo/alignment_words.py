"""How three invented accounts fit us: function pairs, layers, positioning and what their people answered."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DemoPair:
    """A pair of functions; `code` names one of the bank's (BANK D6), else both functions are given."""

    code: str
    status: str
    owner: str = ""
    issue: str = ""
    opportunity: str = ""
    boundary: str = ""
    ours: int | None = None
    theirs: int | None = None
    functions: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class DemoAnswer:
    """What somebody answered so many days ago; `ladder_ours` is what we thought then."""

    who: str
    days_ago: int
    ladder: str
    recommends: int | None
    satisfied: int | None
    comment: str = ""
    ladder_ours: str = ""


@dataclass(frozen=True)
class DemoAlignment:
    """One account. `waiting`: who has been asked and has not answered; people by key of the buying centre."""

    account: str
    owner: str
    pairs: tuple[DemoPair, ...]
    standing: dict[str, Any]
    positioning: dict[str, Any]
    answers: tuple[DemoAnswer, ...]
    waiting: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    ladder_ours: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def _factors(*scores: int | None) -> dict[str, Any]:
    """The six factors of our weight, in the order of BANK G7."""
    names = ("technology", "brands", "savings", "few_competitors", "switching_time", "our_investment")
    return dict(zip(names, scores, strict=True))


FJORDMEIERIET = DemoAlignment(
    account="Fjordmeieriet",
    owner="nora",
    pairs=(
        DemoPair(
            "IFP-6",
            "broken",
            "nora",
            "One invoice in nine comes back: their payables ask for a purchase order number that our order "
            "processing does not carry.",
            "Invoice from the goods receipt, without paper on either side",
            "finance",
            18_000,
            41_000,
        ),
        DemoPair(
            "IFP-5",
            "friction",
            "bo",
            "The forecast comes as a file once a month, two weeks after the line plan has changed.",
            "One rolling forecast that both planners write in",
            "supply_chain",
            64_000,
            92_000,
        ),
        DemoPair("IFP-1", "aligned", "bo"),
        DemoPair("IFP-7", "aligned", "nora"),
        DemoPair("IFP-4", "aligned", "bo"),
        DemoPair(
            "IFP-9",
            "aligned",
            "nora",
            "",
            "Their training hall in Bergen for our commissioning courses",
            "training",
            9_000,
            None,
        ),
        DemoPair(
            "",
            "friction",
            "bo",
            "Both laboratories test the same lot of sensors, one after the other.",
            "One test, one certificate",
            "product_development",
            22_000,
            30_000,
            ("Quality laboratory", "Incoming inspection"),
        ),
    ),
    standing={
        "stated_layer": "transformative",
        "vendor_tier": 1,
        "cross_sell_scope": "Everything that touches filling and cleaning; packaging is still bought elsewhere.",
        "lead_mix": "Four of six leads of the last year came from them.",
    },
    positioning={
        **_factors(8, 5, 8, 7, 8, 6),
        "evidence": "Supplier day in Bergen: named one of four suppliers whose failure stops a line.",
    },
    answers=(
        DemoAnswer("nilsen", 540, "cooperative", 7, 3, "Good people, hard to reach at night.", "integrated"),
        DemoAnswer("brekke", 385, "cooperative", 7, 4, "", "integrated"),
        DemoAnswer(
            "kvisle", 240, "interdependent", 8, 4, "The night calibration changed our mind.", "integrated"
        ),
        DemoAnswer("nilsen", 150, "interdependent", 9, 4, "Seven starts in a row on time.", "integrated"),
        DemoAnswer("dahl", 95, "interdependent", 9, 5, "", "integrated"),
        DemoAnswer(
            "brekke", 12, "cooperative", 8, 4, "The invoices cost my team a day a week.", "integrated"
        ),
    ),
    waiting=("moen",),
    expired=("tveit",),
)
SANDOVAL = DemoAlignment(
    account="Sandoval Pharma",
    owner="ines",
    pairs=(
        DemoPair(
            "IFP-2",
            "broken",
            "ines",
            "Their validated specification and our drawing differ in eleven places; nobody owns the list.",
            "One specification file that both release",
            "product_development",
            12_000,
            85_000,
        ),
        DemoPair(
            "IFP-3",
            "friction",
            "",
            "Returns wait for a quality release on their side for nineteen days.",
        ),
        DemoPair("IFP-7", "aligned", "ines"),
        DemoPair("IFP-8", "aligned", "ines"),
    ),
    standing={
        "stated_layer": "consultative",
        "vendor_tier": 3,
        "cross_sell_scope": "Sterile filling only.",
        "lead_mix": "All leads were ours this year.",
    },
    positioning={
        **_factors(7, 3, 6, 6, None, 4),
        "evidence": "Lucía Molina, March: two of us can do it in Spain.",
    },
    answers=(
        DemoAnswer("reyes", 330, "basic", 6, 3, "Prices are reviewed each quarter.", "interdependent"),
        DemoAnswer("molina", 200, "cooperative", 8, 4, "", "cooperative"),
        DemoAnswer("costa", 25, "basic", 5, 3, "We hardly know anybody but Inés.", "cooperative"),
    ),
    waiting=("bosch",),
)
KESTREL = DemoAlignment(
    account="Kestrel Beverages",
    owner="callum",
    pairs=(
        DemoPair(
            "IFP-1",
            "friction",
            "callum",
            "Pallets arrive without their delivery note number; Leeds counts them twice.",
            "Labels printed from their order",
            "supply_chain",
            6_000,
            14_000,
        ),
        DemoPair("IFP-7", "aligned", "callum"),
    ),
    standing={"stated_layer": "transactional", "vendor_tier": 2},
    positioning={
        **_factors(3, 2, 4, 2, 3, 3),
        "evidence": "Four suppliers on every tender of the last two years.",
    },
    answers=(
        DemoAnswer("osei", 300, "exploratory", 5, 3, "", "basic"),
        DemoAnswer("osei", 40, "basic", 7, 4, "You have become easier to order from.", "basic"),
    ),
    waiting=("pryce",),
)
ALIGNMENTS = (FJORDMEIERIET, SANDOVAL, KESTREL)

# Further accounts that are placed, so that the picture across accounts has something to say.
POSITIONED: dict[str, dict[str, Any]] = {
    "Halvorsen Mobility": {**_factors(8, 6, 6, 8, 9, 7), "evidence": "Sole source for the battery line."},
    "Brandt Logistik": {**_factors(2, 1, 5, 2, 2, 3), "evidence": "Retendered each spring."},
    "Tessin Motoren": {
        **_factors(7, 4, 7, 6, 7, 5),
        "relative_spend": 7,
        "evidence": "Their head of purchasing counts us among three key suppliers.",
    },
    "Portside Terminals": {**_factors(3, 2, 3, 1, 2, 2), "relative_spend": 2},
}
