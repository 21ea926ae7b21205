"""The invented plans of three demo customers. Days count from today; amounts are EUR a year."""

from dataclasses import dataclass, field
from typing import Any

Rows = dict[str, tuple[dict[str, Any], ...]]


@dataclass(frozen=True)
class PlanStory:
    """`state` is how far the plan comes; `following` is written into the draft that continues it.

    In rows `days` becomes the row's date, `owner` a person of the demo, `serves` the number of an objective.
    """

    state: str
    texts: dict[str, str]
    rows: Rows
    comments: tuple[tuple[str, str, str], ...] = ()
    following: dict[str, str] = field(default_factory=dict)
    targets: tuple[float, float] = (1.08, 1.09)


FJORD = PlanStory(
    state="approved",
    texts={
        "summary": "Fjordmeieriet decides about the export cheese line within the year. We enter that decision with "
        "220 line hours won by night calibration, confirmed by their operations director. The plan: renew the frame "
        "agreement without a tender, bring condition monitoring to every Bergen line, and pilot an energy cockpit "
        "together. We ask for **one service engineer in Trondheim** and the sponsor’s time twice a year.",
        "profile": "Dairy cooperative with two plants and a growing export business. It earns with freshness in milk "
        "and with margin in cheese; energy and unplanned stops decide the year. Two grocery chains renegotiate "
        "prices each January, so plant cost is the only lever the operations director holds.",
        "buying_centre": "Operations proposes and the chief executive decides above NOK 5M. Finance has a veto on "
        "service contracts that nobody of ours has ever spoken with.",
        "pest": "A fifth of sales from export cheese by 2030, climate targets that are audited every year, and no "
        "third plant: growth has to come out of the lines they have.",
        "success_factors": "Unplanned stops are the one factor where we already have proof. Energy per litre is where "
        "nobody has a credible supplier yet.",
        "reflection": "Three insights change what we do: the chains push cost into the plants; maintenance staff "
        "retire faster than they are replaced; the line builder, not the drives maker, is our real "
        "rival for the export line.",
        "objectives": "Renewal comes first because it carries two thirds of sales. Training was left out on purpose: "
        "their own school is good.",
        "open_space": "Asset monitoring in Bergen first: the budget is there, the proof is there, and no rival has "
        "staff within four hours. Then safety scanners in Trondheim, where an inspection is due in autumn.",
        "value": "We give Ragnhild Sæther lines that start at six. Night calibration won 220 line hours a year in "
        "Bergen and Trondheim, about €310,000, confirmed by her plant controller. Condition "
        "monitoring does the same for the "
        "stops that come without warning, and the energy report shows what each line wastes.",
        "opportunities": "The Bergen monitoring contract decides the year; the rest is smaller than its error bar.",
        "actions": "**Secure the base.** Renew the frame agreement on value, with the line log on the table.\n\n"
        "**Widen in Bergen.** Monitoring line by line, each with its own saving.\n\n"
        "**Build together.** One pilot line for the energy cockpit, with their dairy engineers.",
        "targets": "Frame agreement renewed at today’s volume, six Bergen lines on monitoring by autumn, no price cut.",
        "reviewers": "Every quarter with operations, once a year with both chief executives.",
    },
    rows={
        "swot": (
            {
                "quadrant": "strength",
                "text": "220 line hours a year won by night calibration",
                "evidence": "Line log, checked by the plant controller",
            },
            {
                "quadrant": "strength",
                "text": "Engineer on site within four hours, twice last year",
                "evidence": "Review with procurement",
            },
            {
                "quadrant": "weakness",
                "text": "Nobody of ours knows the finance director",
                "evidence": "People map",
            },
            {"quadrant": "weakness", "text": "No engineer based in Trondheim", "evidence": "Roster"},
            {
                "quadrant": "opportunity",
                "text": "The export cheese line is decided within the year",
                "evidence": "Odd Lien, plant Bergen",
            },
            {"quadrant": "opportunity", "text": "Audited energy target without a supplier behind it"},
            {
                "quadrant": "threat",
                "text": "The line builder bundles drives and monitoring",
                "evidence": "Offer seen in procurement",
            },
            {"quadrant": "threat", "text": "A chain cancels the milk contract and the plant loses a shift"},
        ),
        "pest": (
            {"quadrant": "political", "text": "Milk quotas may be loosened", "evidence": "Trade association"},
            {
                "quadrant": "economic",
                "text": "Power price swings decide the cheese margin",
                "evidence": "Annual report",
            },
            {
                "quadrant": "social",
                "text": "Oat drinks take shelf space from milk",
                "evidence": "Retail panel",
            },
            {
                "quadrant": "technological",
                "text": "Aseptic filling at lower temperature",
                "evidence": "Ida Berg",
            },
        ),
        "initiatives": (
            {
                "text": "Aseptic filling at lower temperature",
                "solution": "Hygienic servo S4-H with recipe module",
                "status": "validated",
                "validated_with": "Ida Berg, operations",
                "days": -30,
            },
            {"text": "Energy per litre down by 30 %", "solution": "Joint energy cockpit on one pilot line"},
        ),
        "actions": (
            {
                "text": "Bring the line log of both plants to the renewal talks",
                "owner": "nora",
                "days": 21,
                "serves": 0,
            },
            {
                "text": "Equip the first two Bergen lines with monitoring",
                "owner": "callum",
                "days": 60,
                "serves": 1,
            },
            {
                "text": "Agree on one pilot line for the energy cockpit",
                "owner": "nora",
                "days": 110,
                "serves": 2,
            },
            {"text": "Hire a service engineer for Trondheim", "owner": "executive", "days": 90},
            {
                "text": "Bring the calibration log into the customer’s own report",
                "owner": "callum",
                "days": -20,
                "status": "done",
                "serves": 0,
            },
        ),
        "next_steps": (
            {
                "text": "Ask Odd Lien who decides about the export line",
                "owner": "nora",
                "counterpart": "Odd Lien",
                "days": 7,
            },
            {
                "text": "Show the energy report to finance",
                "owner": "nora",
                "counterpart": "Finance director, by name",
                "days": -5,
            },
        ),
        "meetings": (
            {
                "title": "Renewal talk with operations",
                "days": 24,
                "attendees": "Nora Haverkamp; Ragnhild Sæther, Odd Lien",
                "goal": "Agree that the renewal is judged by stops and start times, not by list price.",
                "questions": [
                    "What would one stop in the Christmas week cost you?",
                    "Which of your targets would you lose if both plants ran at 92 %?",
                    "Who would have to say yes besides you?",
                ],
                "to_learn": "How finance weighs availability against price.",
            },
            {
                "title": "Plant walk in Trondheim",
                "days": -45,
                "attendees": "Callum Wray; shift leaders",
                "goal": "Find the three stops that cost most.",
                "questions": ["Which alarm do you no longer look at?"],
                "to_learn": "Why Trondheim starts later than Bergen.",
                "outcome": "Two of three stops come from one gear unit; the night shift resets it by hand.",
                "next_steps": "Quote for the gear unit, and monitoring on that line first.",
            },
        ),
        "progress_meetings": (
            {
                "title": "Half-year with both chief executives",
                "days": 95,
                "attendees": "Jon Aasen, chief executive; our sponsor; Nora Haverkamp",
                "goal": "Look at hours won, energy, and what the next year needs.",
            },
        ),
        "risks": (
            {
                "text": "The line builder bundles drives into the export line",
                "likelihood": 3,
                "impact": 5,
                "owner": "nora",
                "answer": "Be specified by operations before the tender is written",
            },
            {
                "text": "Odd Lien retires next spring",
                "likelihood": 4,
                "impact": 3,
                "owner": "callum",
                "answer": "Meet his deputy at the plant walk",
            },
        ),
        "resources": (
            {
                "text": "Service engineer based in Trondheim",
                "kind": "people",
                "days_needed": 180,
                "amount": 92_000,
                "provider": "Head of service",
                "status": "asked",
            },
            {
                "text": "Sponsor’s time, two visits a year",
                "kind": "people",
                "days_needed": 4,
                "provider": "Managing director",
                "status": "promised",
            },
        ),
        "reviewers": (
            {
                "name": "Henrik Aasen",
                "function": "Key account executive",
                "side": "ours",
                "looks_at": "Targets, risks",
            },
            {
                "name": "Ragnhild Sæther",
                "function": "Operations director",
                "side": "customer",
                "looks_at": "Hours won, next steps",
            },
        ),
    },
    comments=(
        (
            "executive",
            "targets",
            "The target assumes no price cut. What happens to it at minus three per cent?",
        ),
        ("callum", "resources", "Trondheim needs somebody with dairy experience, not just drives."),
    ),
    following={
        "summary": "First thoughts for the year after: the export cheese line becomes the centre of the plan. If we "
        "are specified there, service follows by itself; if not, we defend Bergen.",
        "open_space": "Export cheese first, then retrofit in Trondheim.",
    },
)

HALVORSEN = PlanStory(
    state="in_review",
    targets=(1.0, 1.04),
    texts={
        "summary": "Halvorsen moves battery assembly to Poland and buys by one drawing standard. We keep Gothenburg by "
        "proving changeover times and enter Poland with safety controls that their own department has approved.",
        "profile": "Second source for three car makers: drivetrains in Sweden, batteries soon in Poland. Quality "
        "decides who may offer, price decides among those.",
        "pest": "Become the European battery assembler of at least two makers before subsidies end in two years.",
        "value": "One drawing standard for all three plants saves their engineers weeks per project, and changeover "
        "below twenty minutes in Skövde keeps the third shift.",
        "actions": "Defend Gothenburg with figures; be in Poland before the equipment list is closed.",
        "targets": "Gothenburg held at today’s volume; first Polish order in the second half.",
        "reviewers": "Quarterly with plant management.",
    },
    rows={
        "swot": (
            {
                "quadrant": "strength",
                "text": "Safety scanners approved by their own department",
                "evidence": "Approval list",
            },
            {"quadrant": "weakness", "text": "No people of ours in Poland", "evidence": "Roster"},
            {"quadrant": "opportunity", "text": "Equipment list for Poland is open until spring"},
            {"quadrant": "threat", "text": "Drives contract in Gothenburg ends", "evidence": "Contract"},
        ),
        "pest": (
            {
                "quadrant": "political",
                "text": "Subsidies for battery plants end in two years",
                "evidence": "Ministry paper",
            },
            {"quadrant": "economic", "text": "Car makers renegotiate every January"},
        ),
        "actions": (
            {
                "text": "Measure changeover in Skövde with their team",
                "owner": "nora",
                "days": 14,
                "serves": 0,
            },
            {
                "text": "Visit the Polish site with the safety department",
                "owner": "bo",
                "days": 35,
                "serves": 1,
            },
            {
                "text": "Offer for the Gothenburg drives before the contract ends",
                "owner": "nora",
                "days": -4,
                "status": "doing",
                "serves": 0,
            },
        ),
        "next_steps": (
            {
                "text": "Get the equipment list for Poland",
                "owner": "bo",
                "counterpart": "Astrid Halvorsen",
                "days": 10,
            },
        ),
        "meetings": (
            {
                "title": "Safety day in Poland",
                "days": 35,
                "attendees": "Bo Lindqvist; safety department",
                "goal": "Have our scanners on the equipment list.",
                "questions": [
                    "Which approval takes you longest?",
                    "What may the site decide without Gothenburg?",
                ],
                "to_learn": "Who signs the list.",
            },
        ),
        "risks": (
            {
                "text": "Gothenburg is tendered after all",
                "likelihood": 3,
                "impact": 4,
                "owner": "nora",
                "answer": "Offer early, with measured changeover times",
            },
        ),
        "resources": (
            {
                "text": "Application engineer for Poland",
                "kind": "people",
                "days_needed": 60,
                "provider": "Sales Poland",
            },
        ),
        "reviewers": ({"name": "Per Nyström", "function": "Plant manager, Skövde", "side": "customer"},),
    },
    comments=(("executive", "resources", "Sixty days from whom? Sales Poland has one engineer."),),
)

SANDOVAL = PlanStory(
    state="active",
    texts={
        "summary": "The sterile inspection in Cork sets the calendar. Whoever helps Lucía Sandoval to pass at the "
        "first attempt is in every later project. We go for serialisation next, with vision systems from Barcelona.",
        "profile": "Contract manufacturer for sterile injectables and packaging; earns with capacity that is approved, "
        "loses with every day a line waits for a signature.",
        "value": "Documentation that the inspector accepts without a question: our validated line control saves their "
        "quality team about six weeks per line.",
        "actions": "First the inspection, then serialisation, line by line.",
        "targets": "Cork validated by summer; two packaging lines serialised by winter.",
    },
    rows={
        "swot": (
            {"quadrant": "strength", "text": "Validated line control is in use in Barcelona",
             "evidence": "Validation file"},
            {"quadrant": "threat", "text": "A vision specialist offers the whole serialisation", "evidence": "Tender"},
        ),
        "actions": (
            {"text": "Hand over the validation file for Cork", "owner": "ines", "days": -12, "status": "done",
             "serves": 0},
            {"text": "Measure reading rates on one packaging line", "owner": "ines", "days": -3, "serves": 1},
            {"text": "Agree who signs for serialisation", "owner": "ines", "days": 28},
        ),
        "risks": (
            {"text": "The inspection is moved forward", "likelihood": 2, "impact": 5, "owner": "ines",
             "answer": "Finish the file a month early"},
        ),
        "reviewers": ({"name": "Lucía Sandoval", "function": "Head of quality", "side": "customer"},),
    },
)  # fmt: skip

PLANS: dict[str, PlanStory] = {
    "Fjordmeieriet": FJORD,
    "Halvorsen Mobility": HALVORSEN,
    "Sandoval Pharma": SANDOVAL,
}
