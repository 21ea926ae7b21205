"""Who of ours knows whom in the demo's three centres, what happened in a year, and how executives are kept in touch
with. Keys of theirs are those of `people_words`, of ours those of `customers.PEOPLE` or of `STAFF`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoStaff:
    """Somebody of ours without a login."""

    name: str
    title: str
    email: str


# (ours, theirs, strength, desired, next action, in how many days)
DemoConnection = tuple[str, str, int | None, int | None, str, int | None]
# (days ago, kind, subject, theirs, ours, text)
DemoActivity = tuple[int, str, str, tuple[str, ...], tuple[str, ...], str]
# (ours, theirs, kind, every weeks, next in days; negative = overdue, purpose)
DemoPlan = tuple[str, str, str, int, int, str]


@dataclass(frozen=True)
class DemoLinks:
    """One account. `places`: who of ours → role, level, function; what the account has already stays."""

    account: str
    owner: str
    places: dict[str, tuple[str, str, str]]
    connections: tuple[DemoConnection, ...]
    activities: tuple[DemoActivity, ...]
    plans: tuple[DemoPlan, ...]


STAFF = {
    "marit": DemoStaff("Marit Solheim", "Head of quality", "marit.solheim@fjordline.example"),
}

KESTREL = DemoLinks(
    account="Kestrel Beverages",
    owner="callum",
    places={
        "callum": ("kam", "middle", "Sales"),
        "executive": ("executive", "executive", "Management"),
    },
    connections=(
        ("callum", "osei", 4, 4, "", None),
        ("callum", "pryce", None, 3, "Ask to see the bottling line in Leeds", 10),
        ("executive", "hartley", None, 3, "Ask Abena Osei to introduce us", 12),
    ),
    activities=(
        (
            330,
            "meeting",
            "First visit in Leeds",
            ("osei",),
            ("callum",),
            "Two suppliers let them down. She wants one price list.",
        ),
        (262, "call", "Prices for the second half", ("osei",), ("callum",), ""),
        (188, "email", "Delivery dates of summer", ("osei",), ("callum",), ""),
        (
            121,
            "meeting",
            "Dublin buys the same parts for more",
            ("osei",),
            ("callum",),
            "She would sign one contract for both sites.",
        ),
        (64, "call", "What the board expects of savings", ("osei",), ("callum",), ""),
        (
            31,
            "note",
            "Owen Pryce stopped the line for two hours",
            (),
            ("callum",),
            "Heard from the carrier. He may be open to talk.",
        ),
        (
            6,
            "call",
            "Terms of a contract for both sites",
            ("osei",),
            ("callum",),
            "Graham Hartley signs; she will ask him for half an hour.",
        ),
    ),
    plans=(("executive", "hartley", "engagement", 12, 12, "A first meeting, then four a year"),),
)

SANDOVAL = DemoLinks(
    account="Sandoval Pharma",
    owner="ines",
    places={
        "ines": ("kam", "middle", "Sales"),
        "executive": ("executive", "executive", "Management"),
    },
    connections=(
        ("ines", "molina", 5, 5, "", None),
        ("ines", "keane", 4, 4, "", None),
        ("ines", "reyes", 3, 4, "Bring the cost of a stopped line", 8),
        ("ines", "costa", 3, 3, "", None),
        ("ines", "ferrer", 2, 3, "", None),
        ("executive", "ferrer", None, 4, "Invite her to the plant in Bergen", 20),
        ("executive", "bosch", None, 3, "", None),
    ),
    activities=(
        (341, "meeting", "Sterile lines of next year", ("molina",), ("ines",), ""),
        (
            296,
            "meeting",
            "Validation record in Cork",
            ("keane", "molina"),
            ("ines",),
            "The record convinced both. Cork may double.",
        ),
        (233, "call", "Spare parts for packaging", ("costa",), ("ines",), ""),
        (
            170,
            "meeting",
            "Yearly talk with the chief operating officer",
            ("ferrer", "molina"),
            ("ines",),
            "She asked why we cost more than Steritec. No answer yet on running costs.",
        ),
        (128, "email", "Running costs over five years", ("ferrer",), ("ines",), ""),
        (92, "call", "Terms of payment", ("reyes",), ("ines",), ""),
        (
            48,
            "meeting",
            "Running costs, second round",
            ("ferrer",),
            ("ines",),
            "Friendlier. Wants to hear it from somebody who runs a plant.",
        ),
        (30, "call", "Delivery of packaging drives", ("costa",), ("ines",), ""),
        (21, "call", "Validation of the new drives", ("keane",), ("ines",), ""),
        (
            15,
            "meeting",
            "Tender of spring",
            ("reyes",),
            ("ines",),
            "Xavier Bosch decides with him. He would not say on what.",
        ),
        (
            3,
            "call",
            "Who speaks for us in the tender",
            ("molina",),
            ("ines",),
            "She will, to Montserrat Ferrer.",
        ),
    ),
    plans=(
        ("executive", "ferrer", "engagement", 8, -9, "Make her a counterpart of Henrik"),
        ("ines", "molina", "engagement", 4, 16, "Keep our inner salesperson well fed with facts"),
    ),
)

FJORDMEIERIET = DemoLinks(
    account="Fjordmeieriet",
    owner="nora",
    places={
        "nora": ("kam", "middle", "Sales"),
        "executive": ("executive", "executive", "Management"),
        "bo": ("supply_chain_leader", "middle", "Supply chain"),
        "marit": ("subject_matter_leader", "senior", "Quality"),
    },
    connections=(
        ("executive", "aaslund", 4, 5, "Invite him to the review of the group", 26),
        ("executive", "tveit", 3, 4, "", None),
        ("nora", "kvisle", 5, 5, "", None),
        ("nora", "nilsen", 5, 5, "", None),
        ("nora", "brekke", 4, 4, "", None),
        ("nora", "sole", 3, 3, "", None),
        ("bo", "moen", 4, 4, "", None),
        ("bo", "dahl", 4, 4, "Share the forecast of spring", 6),
        ("bo", "bakke", 3, 3, "", None),
        ("marit", "bakke", 3, 4, "Walk through the cleaning times together", 14),
        ("marit", "nilsen", 3, 3, "", None),
    ),
    activities=(
        (
            350,
            "meeting",
            "Goals of the year",
            ("aaslund", "kvisle"),
            ("executive", "nora"),
            "One plant as the group's model: Bergen.",
        ),
        (301, "meeting", "Bergen as model plant", ("nilsen", "kvisle"), ("nora", "marit"), ""),
        (247, "call", "Stock in Trondheim", ("moen", "dahl"), ("bo",), ""),
        (
            201,
            "meeting",
            "Review between executives",
            ("aaslund", "tveit"),
            ("executive",),
            "On track. Finance wants running costs per litre.",
        ),
        (
            160,
            "meeting",
            "Audit of cleaning",
            ("bakke",),
            ("marit", "bo"),
            "She doubts our times; Kari Nilsen does not.",
        ),
        (118, "call", "Terms of next year", ("brekke",), ("nora",), ""),
        (70, "meeting", "Cleaning times, second audit", ("bakke",), ("marit", "bo"), ""),
        (34, "call", "Running costs per litre", ("tveit",), ("executive",), ""),
        (26, "email", "Price list of winter", ("sole",), ("nora",), ""),
        (20, "call", "What the board will ask", ("aaslund",), ("executive",), ""),
        (11, "call", "Parts for Trondheim", ("moen",), ("bo",), ""),
        (8, "meeting", "Contract for two years", ("brekke",), ("nora",), ""),
        (5, "call", "Forecast of spring", ("dahl",), ("bo",), ""),
        (
            4,
            "meeting",
            "Second line in Bergen",
            ("kvisle", "nilsen"),
            ("nora",),
            "He wants it before summer.",
        ),
        (2, "call", "Uptime of last week", ("nilsen",), ("nora", "marit"), "98.7 %. A record."),
    ),
    plans=(
        ("executive", "aaslund", "executive_review", 26, 40, "Agreed goals, measured twice a year"),
        ("executive", "tveit", "engagement", 8, 22, "Running costs per litre"),
        ("nora", "kvisle", "engagement", 4, 24, ""),
        ("nora", "brekke", "engagement", 6, 34, ""),
        ("marit", "bakke", "engagement", 10, 3, "Win her over on cleaning times"),
    ),
)

LINKS = (KESTREL, SANDOVAL, FJORDMEIERIET)
