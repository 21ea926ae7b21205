"""The invented strategies of four demo customers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Factor:
    title: str
    kind: str
    horizon: str
    owner: str
    owner_title: str
    evidence: str


@dataclass(frozen=True)
class Story:
    """`answers`: code, text, source, confidence. `unknown`: code, who finds out, in how many days (0 = no date).

    `reviewed_days`: how long ago each factor was reviewed."""

    factors: tuple[Factor, ...]
    reviewed_days: tuple[int, ...]
    objectives: tuple[dict[str, Any], ...]
    answers: tuple[tuple[str, str, str, str], ...]
    unknown: tuple[tuple[str, str, int], ...]
    from_ledger: tuple[str, ...] = ()


STORIES: dict[str, Story] = {
    "Fjordmeieriet": Story(
        factors=(
            Factor(
                "Halve unplanned stops of the filling lines by the end of next year",
                "factor",
                "medium",
                "Ida Berg",
                "Operations director",
                "Board presentation in spring; she names it in every steering meeting",
            ),
            Factor(
                "Bring export cheese to a fifth of sales",
                "initiative",
                "long",
                "Jon Aasen",
                "Chief executive",
                "Annual report, strategy chapter",
            ),
            Factor(
                "Cut energy per litre by 30 %",
                "factor",
                "long",
                "Marit Lunde",
                "Head of sustainability",
                "Public climate target, audited",
            ),
        ),
        reviewed_days=(21, 21, 118),
        objectives=(
            {
                "title": "Renew the frame agreement without a tender",
                "type": "retain",
                "horizon": "short",
                "measure": "Net sales per year under the agreement",
                "target_amount": "1700000",
                "days": 110,
                "serves": (0,),
            },
            {
                "title": "Condition monitoring on all Bergen lines",
                "type": "grow",
                "growth_source": "cross_sell",
                "growth_move": "expand",
                "horizon": "medium",
                "measure": "New net sales per year",
                "target_amount": "320000",
                "days": 300,
                "serves": (0, 2),
            },
            {
                "title": "A joint energy cockpit with their dairy engineers",
                "type": "grow",
                "growth_source": "co_creation",
                "growth_move": "extend",
                "horizon": "long",
                "measure": "Pilot plant live, then net sales per year",
                "target_amount": "450000",
                "days": 640,
                "serves": (2,),
            },
        ),
        answers=(
            (
                "ENV-1",
                "Norwegian milk quotas may be loosened; the EU packaging rules reach them through export.",
                "Trade association briefing",
                "medium",
            ),
            ("ENV-2", "Aseptic filling at lower temperature; predictive maintenance.", "Ida Berg", "high"),
            ("ENV-3", "Oat drinks take shelf space from milk.", "Retail panel", "medium"),
            ("MKT-1", "About 1.4 billion litres a year in the Nordics.", "Industry statistics", "high"),
            ("MKT-2", "Flat in volume, up in protein and in export cheese.", "Annual report", "high"),
            ("MKT-3", "Four grocery chains, and importers for cheese.", "Annual report", "high"),
            ("MKT-4", "Freshness on the day, no empty shelf.", "Store visits with Jon’s team", "medium"),
            ("CMP-1", "Cost leadership in milk, premium in cheese.", "Jon Aasen", "high"),
            ("CMP-3", "Second in the market; margins thin but steady.", "Accounts of the last year", "high"),
            ("CMP-4", "Nordmelk, Kystost, and the chains’ own labels.", "Retail panel", "high"),
            ("CMP-8", "Price in milk; novelty in yoghurt.", "Own observation", "low"),
            (
                "ABS-4",
                "Spare parts monthly; lines every eight to ten years.",
                "Ida Berg",
                "high",
            ),
            ("ABS-5", "Operations proposes, the chief executive decides above 5M NOK.", "Ida Berg", "medium"),
            (
                "ABS-8",
                "Our engineer was on site within four hours, twice.",
                "Review with procurement",
                "high",
            ),
            (
                "ABS-9",
                "Preferred for sensors, one of two for drives.",
                "Procurement’s supplier list",
                "medium",
            ),
            ("REL-1", "The line builder, and the energy supplier.", "Ida Berg", "medium"),
            ("REL-3", "Few suppliers, open books, shared targets.", "Supplier day", "high"),
            ("REL-4", "Two: a global automation house and a local integrator.", "Site walk", "medium"),
            (
                "SIX-3",
                "Short: agreement renewed. Medium: first for maintenance. Long: energy.",
                "",
                "medium",
            ),
            ("HAB-1", "Trade press weekly; association meeting twice a year.", "", "high"),
            ("HAB-2", "Read the annual report with Ida in March.", "", "high"),
        ),
        unknown=(("CMP-5", "nora", 18), ("REL-6", "bo", -6), ("ABS-3", "nora", 40)),
        from_ledger=("ABS-6", "ABS-7", "REL-5", "SIX-1"),
    ),
    "Halvorsen Mobility": Story(
        factors=(
            Factor(
                "Start battery assembly in Poland on time",
                "initiative",
                "medium",
                "Astrid Halvorsen",
                "Chief operating officer",
                "Press release; the site manager’s plan",
            ),
            Factor(
                "Bring changeover of the drivetrain lines below 20 minutes",
                "factor",
                "short",
                "Per Nyström",
                "Plant manager, Skövde",
                "Line board in the plant",
            ),
        ),
        reviewed_days=(40, 140),
        objectives=(
            {
                "title": "Keep Gothenburg when the drives contract ends",
                "type": "retain",
                "horizon": "short",
                "measure": "Net sales per year in Gothenburg",
                "target_amount": "900000",
                "days": -12,
                "serves": (1,),
            },
            {
                "title": "Safety controls for the Polish site",
                "type": "grow",
                "growth_source": "up_sell",
                "growth_move": "expand",
                "horizon": "medium",
                "measure": "New net sales per year in Poland",
                "target_amount": "600000",
                "days": 380,
                "serves": (0,),
            },
        ),
        answers=(
            ("ENV-1", "Subsidies for battery plants end in two years.", "Ministry paper", "medium"),
            ("MKT-1", "600,000 vehicles a year in the segment.", "Industry association", "high"),
            ("CMP-1", "Second source for three makers; quality before price.", "Astrid Halvorsen", "high"),
            ("CMP-4", "Two suppliers from Germany, one from Korea.", "Trade fair", "medium"),
            ("ABS-4", "Yearly in autumn; site projects any time.", "Procurement", "high"),
            ("ABS-8", "Approved by their safety department first.", "Per Nyström", "medium"),
        ),
        unknown=(("ABS-5", "nora", 25), ("REL-2", "", 0)),
        from_ledger=("ABS-6", "ABS-7"),
    ),
    "Brandt Logistik": Story(
        factors=(
            Factor(
                "Handle the Christmas peak without temporary staff",
                "factor",
                "short",
                "Jens Brandt",
                "Managing director",
                "Said at the yearly meeting",
            ),
        ),
        reviewed_days=(200,),
        objectives=(
            {
                "title": "Deliver twice a week instead of daily",
                "type": "retain",
                "horizon": "short",
                "measure": "Cost to serve per year saved",
                "target_amount": "90000",
                "days": 75,
                "serves": (0,),
            },
        ),
        answers=(
            ("MKT-2", "Parcels grow, freight shrinks.", "Trade press", "medium"),
            ("CMP-8", "Price, nearly alone.", "Tender of last year", "high"),
        ),
        unknown=(("CMP-1", "ines", -20), ("ABS-2", "ines", 14), ("REL-4", "", 0)),
    ),
    "Sandoval Pharma": Story(
        factors=(
            Factor(
                "Pass the sterile inspection in Cork at the first attempt",
                "factor",
                "short",
                "Lucía Sandoval",
                "Head of quality",
                "Inspection announced by the authority",
            ),
            Factor(
                "Serialise every package by next summer",
                "initiative",
                "medium",
                "Rafael Ortiz",
                "Packaging director",
                "Project plan shown to us",
            ),
            Factor(
                "Double the output of pens without a new hall",
                "factor",
                "long",
                "Elena Vidal",
                "Chief executive",
                "Investor day",
            ),
        ),
        reviewed_days=(15, 15, 15),
        objectives=(
            {
                "title": "Serialisation controls on the packaging lines",
                "type": "grow",
                "growth_source": "cross_sell",
                "growth_move": "enhance",
                "horizon": "medium",
                "measure": "New net sales per year",
                "target_amount": "380000",
                "days": 240,
                "serves": (1,),
            },
        ),
        answers=(
            ("ENV-1", "Serialisation becomes mandatory in two more markets.", "Regulator", "high"),
            ("ENV-2", "Isolators instead of clean rooms.", "Lucía Sandoval", "medium"),
            ("MKT-3", "Hospitals through wholesalers; two governments.", "Annual report", "high"),
            ("CMP-1", "Niche injectables, fast approvals.", "Investor day", "high"),
            ("CMP-3", "Sales up a fifth; little debt.", "Annual report", "high"),
            ("ABS-9", "On trial: one of three for the packaging lines.", "Rafael Ortiz", "medium"),
        ),
        unknown=(("ABS-5", "ines", 30), ("REL-4", "ines", 30)),
        from_ledger=("ABS-6", "ABS-7", "SIX-1"),
    ),
}
