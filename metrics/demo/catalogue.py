"""What the invented supplier sells: industrial automation in four business units.

Prices are list prices in EUR; `margin` is the ordinary gross margin (ratio) of the line.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A product line of the demo supplier. `cogs_known=False`: the early ledger has no cost of goods for it."""

    unit: str
    name: str
    margin: float
    products: tuple[tuple[str, float], ...]
    cogs_known: bool = True
    default_margin: float | None = None


LINES: tuple[Line, ...] = (
    Line(
        "Drives",
        "Servo drives",
        0.34,
        (("Servo drive S2", 1450.0), ("Servo drive S4", 2380.0), ("Servo drive S8", 4120.0)),
    ),
    Line("Drives", "Gear units", 0.27, (("Planetary gear P60", 640.0), ("Bevel gear B90", 980.0))),
    Line(
        "Drives",
        "Frequency converters",
        0.22,
        (("Converter F15", 820.0), ("Converter F45", 1690.0), ("Converter F90", 3350.0)),
    ),
    Line("Drives", "Cabinets", 0.12, (("Control cabinet C1", 5400.0), ("Control cabinet C2", 9800.0))),
    Line(
        "Sensing",
        "Position sensors",
        0.46,
        (("Encoder E10", 210.0), ("Encoder E25", 390.0), ("Linear scale L5", 760.0)),
    ),
    Line("Sensing", "Vision systems", 0.41, (("Camera V3", 2900.0), ("Smart camera V7", 5200.0))),
    Line("Sensing", "Flow meters", 0.38, (("Flow meter M20", 870.0), ("Hygienic meter H40", 1840.0))),
    Line("Sensing", "Safety scanners", 0.44, (("Scanner SX", 1980.0), ("Light curtain LC", 1120.0))),
    Line("Software", "Line control", 0.72, (("Line control, per line", 7800.0), ("Recipe module", 2400.0))),
    Line("Software", "Asset monitoring", 0.68, (("Monitoring, per site", 9600.0), ("Energy module", 3100.0))),
    Line(
        "Services",
        "Spare parts",
        0.52,
        (("Bearing kit", 190.0), ("Seal kit", 120.0), ("Fan set", 85.0), ("Brake module", 410.0)),
    ),
    Line(
        "Services",
        "Maintenance contracts",
        0.36,
        (("Contract, basic", 3600.0), ("Contract, full", 8900.0)),
        cogs_known=False,
        default_margin=0.36,
    ),
    Line("Services", "Training", 0.40, (("Operator course", 1500.0), ("Service course", 2200.0))),
    Line(
        "Services",
        "Retrofit projects",
        0.16,
        (("Retrofit, small", 18000.0), ("Retrofit, large", 64000.0)),
    ),
)

# Built together with one customer each (K5 co-creation): product, line, account.
CO_CREATED = (
    ("Hygienic servo S4-H", "Servo drives", "Fjordmeieriet", 2960.0),
    ("Battery cell scanner", "Vision systems", "Halvorsen Mobility", 7400.0),
)

# Ideas that have no product yet (K6): idea, account, potential per year, probability.
IDEAS = (
    ("Water reuse skid", "Fjordmeieriet", 260_000, 0.35),
    ("Cleanroom vision cell", "Sandoval Pharma", 310_000, 0.30),
    ("Depot energy twin", "Brandt Logistik", 180_000, 0.25),
    ("Predictive filling line", "Kestrel Beverages", 240_000, 0.40),
)
