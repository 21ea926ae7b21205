"""The demo's selling centres: nine key accounts, each staffed differently, some of them not well (K10).

Keys in `who` are the demo's members; names with a space are employees without a login.
"""

from dataclasses import dataclass

# A company of this size lets nobody carry more than three; Callum Wray does.
ACCOUNT_LIMIT = 3


@dataclass(frozen=True)
class NewKeyAccount:
    """An account that became a key account lately, months ago."""

    account: str
    months: int
    tier: str
    ladder: str


@dataclass(frozen=True)
class DemoPlace:
    """Somebody's place; `days`: their last day from today on, `since` days ago the first one."""

    account: str
    who: str
    role: str
    title: str = ""
    function: str = ""
    level: str = ""
    lines: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    is_lead: bool = False
    days: int | None = None
    since: int | None = None
    reason: str = ""


NEW_KEY_ACCOUNTS = (
    NewKeyAccount("Skagerrak Wind", 4, "vendor", "basic"),
    NewKeyAccount("Portside Terminals", 7, "preferred_provider", "cooperative"),
    NewKeyAccount("Rhein Pharma Pack", 5, "preferred_provider", "basic"),
)

# What is entered about those who were there already.
KNOWN = {
    "nora": ("Key account director", "Sales", "senior"),
    "ines": ("Key account director", "Sales", "senior"),
    "callum": ("Key account manager", "Sales", "senior"),
    "executive": ("Head of key accounts", "Executive management", "executive"),
    "bo": ("Logistics manager, Nordics", "Supply chain", "middle"),
}

EMPLOYEES = {
    "Tor Egil Brekke": ("Head of hygienic drives", "tor.egil.brekke@demo.example"),
    "Marte Sundvik": ("Regional manager, Trøndelag", "marte.sundvik@demo.example"),
    "Lise Krogh": ("Order desk lead", "lise.krogh@demo.example"),
    "Jonas Pfeiffer": ("Washdown specialist", ""),
    "Sigrid Falkenberg": ("Chief operating officer", "sigrid.falkenberg@demo.example"),
    "Elin Strand": ("Product manager, battery lines", "elin.strand@demo.example"),
    "Pekka Rautio": ("Regional manager, Finland", "pekka.rautio@demo.example"),
    "Duarte Lemos": ("Validation expert", ""),
    "Greta Ohlsson": ("Product manager, sterile handling", "greta.ohlsson@demo.example"),
}
# Who no longer works here, days ago.
LEFT = {"Pekka Rautio": 25}

PLACES = (
    # A full team around a partner.
    DemoPlace("Fjordmeieriet", "admin", "sponsor", "Managing director", "Executive management", "executive"),
    DemoPlace(
        "Fjordmeieriet",
        "Tor Egil Brekke",
        "subject_matter_leader",
        function="Product management",
        level="senior",
        lines=("Servo drives", "Gear units", "Flow meters"),
    ),
    DemoPlace(
        "Fjordmeieriet",
        "Marte Sundvik",
        "geographic_leader",
        function="Sales",
        level="middle",
        segments=("Trondheim plant",),
        regions=("Central Norway",),
    ),
    DemoPlace("Fjordmeieriet", "Lise Krogh", "administrative_leader", function="Order desk", level="middle"),
    DemoPlace(
        "Fjordmeieriet",
        "Jonas Pfeiffer",
        "contributor",
        function="Service delivery",
        level="operational",
        since=40,
        days=19,
        reason="Concern: cleaning times on the new filling line in Bergen",
    ),
    # Sponsored from the top, and one leader of whom nobody knows what she leads.
    DemoPlace(
        "Halvorsen Mobility",
        "Sigrid Falkenberg",
        "sponsor",
        function="Executive management",
        level="executive",
    ),
    DemoPlace(
        "Halvorsen Mobility",
        "Elin Strand",
        "subject_matter_leader",
        function="Product management",
        level="middle",
    ),
    # One of ours for many of theirs; the expert has been and gone.
    DemoPlace(
        "Sandoval Pharma", "admin", "sponsor", "Managing director", "Executive management", "executive"
    ),
    DemoPlace(
        "Sandoval Pharma",
        "Greta Ohlsson",
        "subject_matter_leader",
        function="Product management",
        level="middle",
        lines=("Vision systems",),
        segments=("Sterile",),
    ),
    DemoPlace(
        "Sandoval Pharma",
        "Duarte Lemos",
        "contributor",
        function="Service delivery",
        level="operational",
        since=190,
        days=-45,
        reason="Opportunity: validation of the sterile line in Cork",
    ),
    # The regional manager has left, and his place is still his.
    DemoPlace(
        "Orion Paper Group",
        "Sigrid Falkenberg",
        "sponsor",
        function="Executive management",
        level="executive",
    ),
    DemoPlace(
        "Orion Paper Group",
        "Pekka Rautio",
        "geographic_leader",
        function="Sales",
        level="middle",
        segments=("Lahti",),
    ),
    # New key accounts, not staffed yet: one has nobody but its manager.
    DemoPlace("Skagerrak Wind", "callum", "kam", is_lead=True),
    DemoPlace("Portside Terminals", "callum", "kam", is_lead=True),
    DemoPlace("Portside Terminals", "executive", "executive"),
    DemoPlace("Rhein Pharma Pack", "ines", "kam", is_lead=True),
    DemoPlace("Rhein Pharma Pack", "executive", "executive"),
    DemoPlace(
        "Rhein Pharma Pack",
        "Greta Ohlsson",
        "subject_matter_leader",
        function="Product management",
        level="middle",
        lines=("Vision systems",),
    ),
)
