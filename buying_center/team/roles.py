"""The eight roles in the order of Le Bon & Herman ch. 1, fig. 1.4, with what each is there for (BANK D1–D3, D5)."""

from dataclasses import dataclass

from buying_center.models import SellingRole


@dataclass(frozen=True)
class RoleWords:
    """What a role is there for. `scope`: what whoever holds it answers for, "" where for the whole account."""

    role: str
    does: str
    scope: str = ""

    @property
    def label(self) -> str:
        return str(SellingRole(self.role).label)


@dataclass(frozen=True)
class Tier:
    """One of the three kinds of roles."""

    key: str
    title: str
    text: str
    roles: tuple[RoleWords, ...]


SENIOR = Tier(
    "senior",
    "Senior management",
    "Build the strategy, stand behind it and carry it out.",
    (
        RoleWords(
            SellingRole.SPONSOR,
            "Keeps executives of both sides in touch, whoever comes and goes; hardly sells.",
        ),
        RoleWords(SellingRole.EXECUTIVE, "Leads the key account program and answers for its success."),
        RoleWords(
            SellingRole.KAM, "Keeps and grows the account, aligns both sides, speaks for the customer here."
        ),
    ),
)
LEADERS = Tier(
    "leaders",
    "Leaders",
    "Know one part of the account, and bring in whoever it needs.",
    (
        RoleWords(
            SellingRole.SUBJECT_MATTER_LEADER,
            "Stands for part of what we offer, and sees that it is used well.",
            "product lines",
        ),
        RoleWords(
            SellingRole.GEOGRAPHIC_LEADER, "Stands for us where the customer works.", "segments or regions"
        ),
        RoleWords(
            SellingRole.SUPPLY_CHAIN_LEADER,
            "Sees that deliveries come as promised, and where chains could be joined.",
        ),
        RoleWords(
            SellingRole.ADMINISTRATIVE_LEADER,
            "Keeps orders and invoices smooth, and looks for paperwork to end.",
        ),
    ),
)
CONTRIBUTORS = Tier(
    "contributors",
    "Contributors",
    "Join for one need, called in by a leader.",
    (
        RoleWords(
            SellingRole.CONTRIBUTOR, "Joins for one opportunity or concern, and leaves when it is settled."
        ),
    ),
)
TIERS = (SENIOR, LEADERS, CONTRIBUTORS)
ROLES = {words.role: words for tier in TIERS for words in tier.roles}
ORDER = {role: number for number, role in enumerate(ROLES)}

# How high a role usually stands; only offered, never set by itself.
USUAL_LEVEL = {
    SellingRole.SPONSOR: "executive",
    SellingRole.EXECUTIVE: "executive",
    SellingRole.KAM: "senior",
    SellingRole.SUBJECT_MATTER_LEADER: "middle",
    SellingRole.GEOGRAPHIC_LEADER: "middle",
    SellingRole.SUPPLY_CHAIN_LEADER: "middle",
    SellingRole.ADMINISTRATIVE_LEADER: "middle",
    SellingRole.CONTRIBUTOR: "operational",
}

# Who joins at all, and for how long (BANK D2).
WHO_JOINS = (
    "How close does this customer want us, now and later? Whoever only wants to buy needs few of us.",
    "How are they organised, and where does our own work fit it badly?",
    "Which growth does the Open Space show, and whose knowledge would open it?",
)
# Choosing leaders (BANK D3): what is needed, what they know, how long they have been there.
CHOOSE_LEADERS = (
    (
        "What the account needs",
        (
            "Does everything hang on deliveries?",
            "Which product or service has to be understood now?",
            "Is the paperwork hard, or are there many orders?",
            "Where are their sites, and how far do those decide for themselves?",
        ),
    ),
    (
        "What they know",
        (
            "Do they master the subject?",
            "What will be needed soon: Open Space, opportunities, known trouble?",
            "How well do they know this customer?",
        ),
    ),
    ("How long", ("Years with us", "Years with this customer")),
)
# What a KAM should be like (BANK D5).
KAM_PROFILE = (
    "negotiates well",
    "reads people",
    "leads",
    "has integrity",
    "is loyal",
    "has drive",
    "understands business",
    "minds details",
    "plans",
    "masters the sales process",
    "moves people without any power over them",
)
