from buying_center.models.analysis import (
    ContactAction,
    GridColumn,
    GridEntry,
    NeedChain,
    PerceivedRisk,
    RiskKind,
)
from buying_center.models.people import (
    ZONES,
    BuyingRole,
    Contact,
    ContactLevel,
    ContactRole,
    InfluenceLink,
    Person,
    PromoterType,
)
from buying_center.models.selling_center import SellingCenterMember, SellingRole

__all__ = [
    "ZONES",
    "BuyingRole",
    "Contact",
    "ContactAction",
    "ContactLevel",
    "ContactRole",
    "GridColumn",
    "GridEntry",
    "InfluenceLink",
    "NeedChain",
    "PerceivedRisk",
    "Person",
    "PromoterType",
    "RiskKind",
    "SellingCenterMember",
    "SellingRole",
]
