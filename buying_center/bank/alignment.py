"""The lists behind the alignment of an account, in our own wording (BANK D6, F12, G1–G3, G5–G7)."""

from typing import Final, NamedTuple

from accounts.models.customers import Ladder, Tier
from buying_center.models.alignment import Boundary, ConnectionLayer


class FunctionPair(NamedTuple):
    """One of our functions and the one it faces (BANK D6)."""

    code: str
    ours: str
    theirs: str


FUNCTION_PAIRS: Final = (
    FunctionPair("IFP-1", "Shipping", "Receiving"),
    FunctionPair("IFP-2", "Specification management", "Specification management"),
    FunctionPair("IFP-3", "Returns handling", "Returns"),
    FunctionPair("IFP-4", "Service delivery", "Service users"),
    FunctionPair("IFP-5", "Order confirmation and production planning", "Production forecasts"),
    FunctionPair("IFP-6", "Order processing and invoicing", "Payables"),
    FunctionPair("IFP-7", "Sales", "Procurement"),
    FunctionPair("IFP-8", "Pre-sales", "Request for proposal"),
    FunctionPair("IFP-9", "Implementation and post-sales support", "User community"),
)

# What can be won at each boundary (BANK F12).
BOUNDARY_HINTS: Final[dict[str, str]] = {
    Boundary.SUPPLY_CHAIN: "less cash and time tied up on both sides",
    Boundary.FINANCE: "payables joined to receivables: fewer errors, faster cash",
    Boundary.PRODUCT_DEVELOPMENT: "a technical problem solved together",
    Boundary.HUMAN_RESOURCES: "whoever has the know-how is found",
    Boundary.TRAINING: "each uses the other’s facilities",
    Boundary.FIELD_SERVICE: "the right resource is found",
    Boundary.MARKETING: "when and with whom to promote",
}

# The stages of the relationship from below (BANK G1).
LADDER_WORDS: Final[dict[str, str]] = {
    Ladder.EXPLORATORY: "No trade yet; signals count. One contact, the account manager.",
    Ladder.BASIC: "Transactions through one contact. One of several suppliers; leaving is easy.",
    Ladder.COOPERATIVE: "Friendly, with more contacts; little is shared, and trust is thin.",
    Ladder.INTERDEPENDENT: "Both accept that they depend on each other: many functions and levels, trust, savings.",
    Ladder.INTEGRATED: "Borders dissolve: sole or lead supplier, planning together for the long term.",
}
RUNGS: Final[tuple[str, ...]] = tuple(LADDER_WORDS)

# The same five stages as one person of the customer would say them, in the order of the ladder.
STATEMENTS: Final[dict[str, str]] = {
    Ladder.EXPLORATORY: "We are getting to know each other and do not buy from them yet.",
    Ladder.BASIC: "They are one of several suppliers. We could change without much effort.",
    Ladder.COOPERATIVE: "We get on well and work together in several places, but each side keeps its plans to itself.",
    Ladder.INTERDEPENDENT: "We rely on each other. Many of our people work with theirs, and share what is sensitive.",
    Ladder.INTEGRATED: "We plan years ahead together, almost like one company.",
}


class TierWords(NamedTuple):
    """What goes with a tier (BANK G2)."""

    do: str
    reach: str
    bring: str
    manager: str


TIERS: Final[dict[str, TierWords]] = {
    Tier.VENDOR: TierWords("Supply", "Lower levels, gatekeepers", "Mainly the product", "Account manager"),
    Tier.PREFERRED_PROVIDER: TierWords(
        "Supply", "Lower and middle levels", "The product and a few services", "Account manager plus"
    ),
    Tier.BUSINESS_CONSULTANT: TierWords(
        "Advise on the customer’s goals",
        "Most or all levels",
        "Products, services, advice beyond products",
        "Key account manager",
    ),
    Tier.PARTNER: TierWords(
        "Advise on the goals of both",
        "Most or all levels",
        "Products, services, advice beyond products",
        "Strategic account manager",
    ),
}


class Perspective(NamedTuple):
    """One line of how value and risk are looked at, tier by tier; a vendor has none (BANK G3)."""

    scope: str
    aspect: str
    preferred_provider: str
    business_consultant: str
    partner: str

    def of(self, tier: str) -> str:
        return str(getattr(self, tier)) if tier in (*TIERS,) and tier != Tier.VENDOR else ""


PERSPECTIVES: Final = (
    Perspective(
        "Value",
        "Focus",
        "today’s wallet share and its forecast",
        "tomorrow’s wallet share, lifetime value",
        "how money moves in the wider value network",
    ),
    Perspective(
        "Value",
        "Identification",
        "quarterly review with procurement",
        "continual consultative probing",
        "continual strategy talks together, across the network",
    ),
    Perspective(
        "Value",
        "Specification",
        "a plan agreed among ourselves",
        "a proposition made for this customer",
        "a business case both sides build and check",
    ),
    Perspective(
        "Value",
        "Realisation",
        "handed to operations",
        "delivery watched over, adding value",
        "resources and work steered on both sides",
    ),
    Perspective(
        "Risk",
        "Focus",
        "today’s wallet share",
        "the relationship, seen through its lifetime value",
        "forces in the network that could hurt business",
    ),
    Perspective(
        "Risk",
        "Assessment",
        "hearsay about competitors moving in",
        "full study of the trends that shape buying",
        "joint, open search for weak points",
    ),
    Perspective(
        "Risk",
        "Reduction",
        "longer contracts, better prices, executive contact",
        "integration that makes leaving dear; contact at the top",
        "countermeasures governed together",
    ),
)

# What each layer looks like (BANK G5).
LAYER_WORDS: Final[dict[str, str]] = {
    ConnectionLayer.TRANSACTIONAL: "Buyers and users know us; tier 3; leads are pushed, and talks are about price.",
    ConnectionLayer.CONSULTATIVE: "Influencers or facilitators too; tier 2; up- and cross-selling, push and pull.",
    ConnectionLayer.TRANSFORMATIVE: "Every role trusts us; tier 1; leads are pulled, and talks are about value.",
}

# What makes a supplier weighty, as it is asked (BANK G7); keys are those of the model.
WEIGHT_WORDS: Final[dict[str, str]] = {
    "technology": "Technology nobody else has",
    "brands": "Brands the customer uses",
    "savings": "Savings we bring",
    "few_competitors": "Few competing suppliers",
    "switching_time": "Long time needed to switch",
    "our_investment": "Our investment in this market",
}

# What each position asks of us (BANK G6).
POSITION_ADVICE: Final[dict[str, str]] = {
    "strategic_security": "No price fight: offer long-term guarantees.",
    "strategic_partner": "Spend time here: the closest relationships grow here.",
    "tactical_easy": "Take effort out: e-commerce, sole supply, or manage ourselves.",
    "tactical_profit": "Classic bargaining: expect discount demands, guard cost to serve.",
}
