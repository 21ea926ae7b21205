"""Three invented buying centres: a bow tie (Kestrel Beverages), one to many (Sandoval Pharma) and a diamond
(Fjordmeieriet). Keys name people within their centre; `cover` names one of ours."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of a centre; `before` are judgements of some months ago, oldest first: (months, values)."""

    key: str
    name: str
    title: str
    department: str
    level: str
    roles: tuple[str, ...] = ()
    boss: str = ""
    cover: str = ""
    judged: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    before: tuple[tuple[int, dict[str, Any]], ...] = ()
    contact_days_ago: int | None = None


@dataclass(frozen=True)
class DemoCentre:
    """One account's buying centre. Lines: (from, to, strength, topic), a strength of 0 is a conflict."""

    account: str
    owner: str
    people: tuple[DemoPerson, ...]
    lines: tuple[tuple[str, str, int, str], ...]
    grid: tuple[
        tuple[str, str, str, str, int | None], ...
    ] = ()  # who, column, text, competitor, its strength
    needs: tuple[tuple[str, str, str, str], ...] = ()  # who, problem, implied, explicit
    risks: tuple[
        tuple[str, str, str, int, int, str], ...
    ] = ()  # who, kind, text, probability, consequence, answer
    actions: tuple[tuple[str, str, str, int], ...] = ()  # who, text, owner, due in days


def _j(
    attitude: int | None, power: int | None, receptiveness: int | None, strength: int | None
) -> dict[str, Any]:
    return {"attitude": attitude, "power": power, "receptiveness": receptiveness, "strength": strength}


KESTREL = DemoCentre(
    account="Kestrel Beverages",
    owner="callum",
    people=(
        DemoPerson(
            "hartley",
            "Graham Hartley",
            "Managing director",
            "Board",
            "executive",
            ("decider",),
            judged=_j(None, 9, None, 0),
        ),
        DemoPerson(
            "osei",
            "Abena Osei",
            "Head of procurement",
            "Procurement",
            "senior",
            ("buyer", "gatekeeper"),
            "hartley",
            "callum",
            _j(1, 6, 5, 4),
            contact_days_ago=6,
            more={"personal_goals": "To show the board savings that hold for more than a year."},
        ),
        DemoPerson(
            "pryce",
            "Owen Pryce",
            "Bottling manager, Leeds",
            "Operations",
            "middle",
            ("user",),
            "hartley",
            judged=_j(0, 4, 7, 1),
        ),
        DemoPerson(
            "engineer",
            "Head of engineering",
            "",
            "Engineering",
            "senior",
            ("influencer",),
            "hartley",
            more={"is_placeholder": True, "note": "Named in the tender as the one who tests the samples."},
        ),
        DemoPerson(
            "finch",
            "Daisy Finch",
            "Category buyer",
            "Procurement",
            "operational",
            ("buyer",),
            "osei",
            judged=_j(1, 3, 6, 2),
        ),
    ),
    lines=(
        ("osei", "hartley", 2, "supply risk"),
        ("finch", "osei", 3, "prices"),
        ("pryce", "osei", 2, "downtime"),
    ),
    grid=(
        ("osei", "preoccupation_tangible", "Two suppliers failed to deliver in spring", "", None),
        ("osei", "expectation_current", "One price list for Leeds and Dublin", "Valmec", 4),
    ),
    needs=(("osei", "Dublin buys the same parts for more", "One contract for both sites", ""),),
    risks=(
        ("osei", "economic", "A single supplier raises prices later", 3, 4, "Prices fixed for three years"),
    ),
    actions=(("hartley", "Ask Abena Osei for a first meeting with Graham Hartley", "callum", 12),),
)

SANDOVAL = DemoCentre(
    account="Sandoval Pharma",
    owner="ines",
    people=(
        DemoPerson(
            "ferrer",
            "Montserrat Ferrer",
            "Chief operating officer",
            "Management",
            "executive",
            ("decider",),
            "",
            "ines",
            _j(0, 9, 4, 2),
            before=((7, {"attitude": -1, "strength": 0}),),
            contact_days_ago=48,
        ),
        DemoPerson(
            "bosch",
            "Xavier Bosch",
            "Finance director",
            "Finance",
            "executive",
            ("decider",),
            "ferrer",
            "",
            _j(-1, 8, 3, 0),
        ),
        DemoPerson(
            "molina",
            "Lucía Molina",
            "Head of sterile production",
            "Sterile",
            "senior",
            ("facilitator", "user"),
            "ferrer",
            "ines",
            _j(2, 6, 8, 5),
            {
                "promoter_type": "inner_salesperson",
                "facilitator_trust": 9,
                "facilitator_reputation": 7,
                "facilitator_interest": 8,
                "personal_goals": "To lead the Cork plant when it doubles.",
            },
            ((9, {"attitude": 1, "strength": 3}), (4, {"attitude": 1, "strength": 4})),
            3,
        ),
        DemoPerson(
            "reyes",
            "Javier Reyes",
            "Strategic buyer",
            "Procurement",
            "middle",
            ("buyer", "gatekeeper"),
            "bosch",
            "ines",
            _j(-1, 6, 4, 3),
            contact_days_ago=15,
        ),
        DemoPerson(
            "keane",
            "Niamh Keane",
            "Validation engineer, Cork",
            "Sterile",
            "operational",
            ("user", "advisor"),
            "molina",
            "ines",
            _j(1, 4, 7, 4),
            contact_days_ago=21,
        ),
        DemoPerson(
            "costa",
            "Pau Costa",
            "Packaging manager",
            "Packaging",
            "middle",
            ("user",),
            "ferrer",
            "ines",
            _j(1, 4, 6, 3),
            contact_days_ago=30,
        ),
        DemoPerson(
            "vidal",
            "Andreu Vidal",
            "Head of engineering",
            "Engineering",
            "senior",
            ("influencer",),
            "ferrer",
            "",
            _j(-2, 7, 2, 1),
            {"is_opponent": True, "competitor": "Steritec"},
        ),
        DemoPerson(
            "roca",
            "Jordi Roca",
            "Former head of engineering",
            "Engineering",
            "senior",
            ("facilitator",),
            "ferrer",
            "ines",
            _j(1, 6, 6, 4),
            {"left_months": 2},
        ),
    ),
    lines=(
        ("molina", "ferrer", 4, "validated lines"),
        ("vidal", "bosch", 4, "price"),
        ("vidal", "ferrer", 3, "standards"),
        ("reyes", "bosch", 3, "terms"),
        ("ferrer", "bosch", 3, "budget"),
        ("keane", "molina", 3, "validation record"),
        ("costa", "reyes", 2, "packaging"),
        ("molina", "vidal", 0, "who owns validation"),
    ),
    grid=(
        ("molina", "preoccupation_tangible", "Re-validation stops a line for nine days", "", None),
        ("molina", "preoccupation_intangible", "Not to be the one whose line fails the audit", "", None),
        ("molina", "consequence_tangible", "Each day of standstill costs €38,000", "", None),
        ("molina", "consequence_intangible", "The board doubts the Cork plan", "", None),
        ("molina", "expectation_current", "Spare parts in Cork within four hours", "Steritec", 3),
        ("molina", "expectation_possible", "Validation papers delivered with the part", "Steritec", 1),
        ("ferrer", "expectation_possible", "One partner for both sterile sites", "Steritec", 4),
        ("bosch", "preoccupation_tangible", "Stock of spare parts ties up €2.1M", "", None),
        ("reyes", "expectation_current", "Prices compared line by line", "Steritec", 4),
    ),
    needs=(
        (
            "molina",
            "Re-validation after each part change",
            "Parts that need no re-validation",
            "Certified parts with papers from July",
        ),
        ("bosch", "Too much spare stock", "Less stock without more standstill", ""),
        ("reyes", "Eleven contracts for one plant", "", ""),
    ),
    risks=(
        (
            "bosch",
            "economic",
            "A dearer supplier for the same part",
            4,
            3,
            "Show the cost of standstill per day",
        ),
        (
            "bosch",
            "corporate",
            "Blamed by auditors for a change of supplier",
            2,
            4,
            "Let two pharma customers speak",
        ),
        ("reyes", "peripheral", "Our own casting supplier fails", 2, 3, "Name the second source"),
        (
            "molina",
            "product",
            "A part without history in sterile use",
            3,
            5,
            "Pilot on line 4 with daily report",
        ),
    ),
    actions=(
        ("bosch", "Bring Henrik Aasen and Xavier Bosch together over the stock figures", "ines", 18),
        ("vidal", "Answer the standards list point by point, with Lucía Molina", "ines", -4),
    ),
)

FJORD = DemoCentre(
    account="Fjordmeieriet",
    owner="nora",
    people=(
        DemoPerson(
            "aaslund",
            "Sindre Aaslund",
            "Group chief executive",
            "Management",
            "executive",
            ("decider",),
            "",
            "executive",
            _j(1, 10, 6, 4),
            before=((8, {"attitude": 0, "strength": 2}),),
            contact_days_ago=20,
        ),
        DemoPerson(
            "tveit",
            "Ragnhild Tveit",
            "Finance chief",
            "Finance",
            "executive",
            ("decider",),
            "aaslund",
            "executive",
            _j(1, 8, 6, 3),
            contact_days_ago=34,
        ),
        DemoPerson(
            "kvisle",
            "Oddmar Kvisle",
            "Operations chief",
            "Operations",
            "executive",
            ("influencer", "decider"),
            "aaslund",
            "nora",
            _j(2, 9, 8, 5),
            {"is_dominant_advisor": True},
            ((10, {"attitude": 1, "strength": 3}),),
            4,
        ),
        DemoPerson(
            "brekke",
            "Liv Brekke",
            "Head of procurement",
            "Procurement",
            "senior",
            ("buyer",),
            "tveit",
            "nora",
            _j(1, 6, 6, 4),
            contact_days_ago=8,
        ),
        DemoPerson(
            "nilsen",
            "Kari Nilsen",
            "Plant manager, Bergen",
            "Operations",
            "middle",
            ("user", "facilitator"),
            "kvisle",
            "nora",
            _j(2, 6, 9, 5),
            {
                "promoter_type": "inner_salesperson",
                "facilitator_trust": 9,
                "facilitator_reputation": 8,
                "facilitator_interest": 7,
                "personal_goals": "Bergen as the group's model plant.",
            },
            contact_days_ago=2,
        ),
        DemoPerson(
            "moen",
            "Tor Moen",
            "Plant manager, Trondheim",
            "Operations",
            "middle",
            ("user",),
            "kvisle",
            "bo",
            _j(1, 5, 7, 4),
            contact_days_ago=11,
        ),
        DemoPerson(
            "dahl",
            "Ingrid Dahl",
            "Supply chain manager",
            "Supply chain",
            "middle",
            ("advisor", "user"),
            "kvisle",
            "bo",
            _j(1, 5, 7, 4),
            contact_days_ago=5,
        ),
        DemoPerson(
            "sole",
            "Even Sole",
            "Category buyer",
            "Procurement",
            "operational",
            ("buyer", "gatekeeper"),
            "brekke",
            "nora",
            _j(0, 3, 5, 3),
            contact_days_ago=26,
        ),
        DemoPerson(
            "bakke",
            "Siri Bakke",
            "Head of quality",
            "Quality",
            "senior",
            ("influencer",),
            "aaslund",
            "bo",
            _j(0, 6, 5, 3),
            {"overdue": True},
            contact_days_ago=70,
        ),
    ),
    lines=(
        ("kvisle", "aaslund", 5, "investments"),
        ("kvisle", "tveit", 4, "running costs"),
        ("nilsen", "kvisle", 5, "uptime"),
        ("moen", "kvisle", 3, "uptime"),
        ("dahl", "brekke", 3, "stock"),
        ("brekke", "tveit", 4, "terms"),
        ("bakke", "aaslund", 3, "audits"),
        ("sole", "brekke", 2, "prices"),
        ("bakke", "nilsen", 0, "cleaning times"),
    ),
    grid=(
        ("kvisle", "preoccupation_tangible", "Cheese line stops twice a week", "", None),
        ("kvisle", "preoccupation_intangible", "Two plants that do not learn from each other", "", None),
        ("kvisle", "consequence_tangible", "Export orders paid with penalties", "", None),
        ("kvisle", "expectation_current", "98 % uptime on the cheese line", "Valmec", 2),
        ("kvisle", "expectation_possible", "A service crew of ours in Bergen", "Valmec", 1),
        ("nilsen", "expectation_current", "Spare parts on the shelf before the season", "Valmec", 2),
        ("brekke", "expectation_current", "Yearly prices agreed by October", "Valmec", 3),
        ("tveit", "consequence_intangible", "Surprises in the quarter’s costs", "", None),
    ),
    needs=(
        (
            "kvisle",
            "Stops on the cheese line",
            "Fault seen before it stops",
            "Sensors on both cheese lines by March",
        ),
        ("nilsen", "Parts missing in season", "Stock agreed before the season", ""),
        ("dahl", "Deliveries at odd hours", "", ""),
    ),
    risks=(
        ("brekke", "product", "New sensors give false alarms", 3, 3, "Six weeks beside the old ones"),
        ("tveit", "economic", "Costs move from parts to service", 2, 4, "One price per running hour"),
    ),
    actions=(
        ("tveit", "Henrik Aasen to show the price per running hour", "nora", 9),
        ("bakke", "Re-assess, and settle cleaning times with Kari Nilsen", "bo", 6),
    ),
)
CENTRES = (KESTREL, SANDOVAL, FJORD)
