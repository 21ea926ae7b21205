"""Sixty invented customers, each with a story that the figures will tell.

`size` is yearly net sales in EUR at the start; `story` names a curve in `demo/ledger.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Customer:
    name: str
    industry: str
    country: str
    region: str
    currency: str
    size: float
    story: str
    owner: str = ""
    key: bool = False
    tier: str = ""
    ladder: str = ""
    parent: str = ""
    category_spend: float | None = None
    acquisition_cost: float | None = None
    segments: tuple[tuple[str, str, str], ...] = ()  # name, kind, parent name


CUSTOMERS: tuple[Customer, ...] = (
    Customer(
        "Fjordmeieriet",
        "Food and beverage",
        "NO",
        "Bergen",
        "NOK",
        1_650_000,
        "star",
        "nora",
        True,
        "partner",
        "integrated",
        category_spend=4_800_000,
        segments=(
            ("Nordic dairies", "region", ""),
            ("Bergen plant", "site", "Nordic dairies"),
            ("Trondheim plant", "site", "Nordic dairies"),
            ("Export cheese", "business_unit", ""),
        ),
    ),
    Customer(
        "Halvorsen Mobility",
        "Automotive",
        "SE",
        "Gothenburg",
        "SEK",
        2_400_000,
        "steady",
        "nora",
        True,
        "business_consultant",
        "interdependent",
        category_spend=9_000_000,
        segments=(
            ("Battery", "business_unit", ""),
            ("Drivetrain", "business_unit", ""),
            ("Gothenburg", "site", "Drivetrain"),
            ("Skövde", "site", "Drivetrain"),
            ("Poland", "region", ""),
        ),
    ),
    Customer(
        "Brandt Logistik",
        "Logistics",
        "DE",
        "Hamburg",
        "EUR",
        1_900_000,
        "vulture",
        "ines",
        True,
        "preferred_provider",
        "cooperative",
        category_spend=3_300_000,
        segments=(
            ("Hubs north", "region", ""),
            ("Hubs south", "region", ""),
            ("Hamburg", "site", "Hubs north"),
            ("Bremen", "site", "Hubs north"),
            ("Munich", "site", "Hubs south"),
        ),
    ),
    Customer(
        "Sandoval Pharma",
        "Pharmaceuticals",
        "ES",
        "Barcelona",
        "EUR",
        1_150_000,
        "growing",
        "ines",
        True,
        "preferred_provider",
        "cooperative",
        category_spend=6_200_000,
        segments=(
            ("Sterile", "business_unit", ""),
            ("Packaging", "business_unit", ""),
            ("Barcelona", "site", "Sterile"),
            ("Cork", "site", "Sterile"),
        ),
    ),
    Customer(
        "Kestrel Beverages",
        "Food and beverage",
        "GB",
        "Leeds",
        "GBP",
        980_000,
        "steady",
        "callum",
        True,
        "preferred_provider",
        "basic",
        category_spend=2_900_000,
        segments=(
            ("Bottling", "business_unit", ""),
            ("Brewing", "business_unit", ""),
            ("Leeds", "site", "Bottling"),
            ("Dublin", "site", "Bottling"),
        ),
    ),
    Customer(
        "Orion Paper Group",
        "Packaging",
        "FI",
        "Tampere",
        "EUR",
        1_350_000,
        "declining",
        "callum",
        True,
        "business_consultant",
        "cooperative",
        category_spend=2_700_000,
        segments=(
            ("Board", "business_unit", ""),
            ("Tissue", "business_unit", ""),
            ("Lahti", "site", "Board"),
        ),
    ),
    Customer("Delacroix Embouteillage", "Food and beverage", "FR", "Lyon", "EUR", 720_000, "steady", "ines"),
    Customer("Vanhoutte Chocolat", "Food and beverage", "BE", "Ghent", "EUR", 410_000, "growing", "ines"),
    Customer("Polanska Dairy", "Food and beverage", "PL", "Poznań", "EUR", 260_000, "vulture", "ines"),
    Customer("Isbre Seafood", "Food and beverage", "NO", "Ålesund", "NOK", 380_000, "butterfly", "nora"),
    Customer("Møller Bryggeri", "Food and beverage", "DK", "Aarhus", "EUR", 210_000, "steady", "callum"),
    Customer("Greenfield Snacks", "Food and beverage", "GB", "Bristol", "GBP", 150_000, "new", "callum"),
    Customer("Alpenmilch Verbund", "Food and beverage", "AT", "Salzburg", "EUR", 190_000, "lapsed", "ines"),
    Customer("Costa Conserve", "Food and beverage", "IT", "Parma", "EUR", 120_000, "stranger", "ines"),
    Customer("Rybak Fish", "Food and beverage", "PL", "Gdynia", "EUR", 64_000, "stranger", "ines"),
    Customer("Sola Mineral Water", "Food and beverage", "NO", "Stavanger", "NOK", 88_000, "steady", "nora"),
    Customer("Tessin Motoren", "Automotive", "DE", "Stuttgart", "EUR", 1_050_000, "vulture", "ines"),
    Customer("Nordkap Trucks", "Automotive", "SE", "Luleå", "SEK", 640_000, "steady", "nora"),
    Customer("Falcon Seating", "Automotive", "GB", "Coventry", "GBP", 330_000, "declining", "callum"),
    Customer("Bohemia Castings", "Automotive", "CZ", "Brno", "EUR", 280_000, "vulture", "ines"),
    Customer("Aurora E-Mobility", "Automotive", "NO", "Drammen", "NOK", 240_000, "star", "nora"),
    Customer("Lombardi Freni", "Automotive", "IT", "Bergamo", "EUR", 175_000, "butterfly", "ines"),
    Customer("Dacia Forge", "Automotive", "RO", "Pitești", "EUR", 96_000, "stranger", "ines"),
    Customer("Vektor Robotics", "Automotive", "DE", "Dresden", "EUR", 420_000, "growing", "ines"),
    Customer("Weaver Composites", "Automotive", "US", "Detroit", "USD", 310_000, "butterfly", "callum"),
    Customer("Halden Biotech", "Pharmaceuticals", "NO", "Oslo", "NOK", 290_000, "growing", "nora"),
    Customer("Rhein Pharma Pack", "Pharmaceuticals", "DE", "Mannheim", "EUR", 510_000, "steady", "ines"),
    Customer("Medica Lund", "Pharmaceuticals", "SE", "Lund", "SEK", 360_000, "steady", "nora"),
    Customer("Clyde Vaccines", "Pharmaceuticals", "GB", "Glasgow", "GBP", 225_000, "butterfly", "callum"),
    Customer("Iberia Sterile", "Pharmaceuticals", "ES", "Valencia", "EUR", 130_000, "new", "ines"),
    Customer("Novak Labs", "Pharmaceuticals", "SI", "Ljubljana", "EUR", 72_000, "stranger", "ines"),
    Customer("Baltic Antibodies", "Pharmaceuticals", "LT", "Kaunas", "EUR", 58_000, "stranger", "callum"),
    Customer("Kartonage Weiss", "Packaging", "DE", "Kassel", "EUR", 470_000, "vulture", "ines"),
    Customer("Emballage Nord", "Packaging", "FR", "Lille", "EUR", 340_000, "steady", "ines"),
    Customer("Blue Label Print", "Packaging", "NL", "Eindhoven", "EUR", 230_000, "butterfly", "callum"),
    Customer("Svensk Folie", "Packaging", "SE", "Malmö", "SEK", 185_000, "declining", "nora"),
    Customer("Cartiera Aosta", "Packaging", "IT", "Aosta", "EUR", 140_000, "lapsed", "ines"),
    Customer("Harbour Cans", "Packaging", "GB", "Hull", "GBP", 165_000, "vulture", "callum"),
    Customer(
        "Orion Tissue Poland",
        "Packaging",
        "PL",
        "Łódź",
        "EUR",
        110_000,
        "growing",
        "callum",
        parent="Orion Paper Group",
    ),
    Customer(
        "Fennica Board",
        "Packaging",
        "FI",
        "Oulu",
        "EUR",
        84_000,
        "stranger",
        "callum",
        parent="Orion Paper Group",
    ),
    Customer(
        "Brandt Air Cargo",
        "Logistics",
        "DE",
        "Leipzig",
        "EUR",
        250_000,
        "vulture",
        "ines",
        parent="Brandt Logistik",
    ),
    Customer("Portside Terminals", "Logistics", "NL", "Rotterdam", "EUR", 560_000, "steady", "callum"),
    Customer("Nordic Parcel", "Logistics", "DK", "Odense", "EUR", 320_000, "growing", "callum"),
    Customer("Transalp Freight", "Logistics", "CH", "Basel", "EUR", 205_000, "butterfly", "ines"),
    Customer("Midland Cold Chain", "Logistics", "GB", "Derby", "GBP", 145_000, "stranger", "callum"),
    Customer("Havn Depot", "Logistics", "NO", "Larvik", "NOK", 92_000, "lapsed", "nora"),
    Customer("Visegrad Rail", "Logistics", "HU", "Győr", "EUR", 118_000, "stranger", "ines"),
    Customer("Skagerrak Wind", "Energy", "DK", "Esbjerg", "EUR", 690_000, "growing", "callum"),
    Customer("Elva Hydro", "Energy", "NO", "Odda", "NOK", 430_000, "steady", "nora"),
    Customer("Lysaker Nett", "Energy", "NO", "Lysaker", "NOK", 270_000, "butterfly", "nora"),
    Customer("Ruhr Fernwärme", "Energy", "DE", "Essen", "EUR", 380_000, "vulture", "ines"),
    Customer("Solaris Iberica", "Energy", "ES", "Seville", "EUR", 155_000, "new", "ines"),
    Customer("Caledon Tidal", "Energy", "GB", "Inverness", "GBP", 101_000, "stranger", "callum"),
    Customer("Baltic Heat", "Energy", "EE", "Tallinn", "EUR", 76_000, "lapsed", "callum"),
    Customer("Jura Stoneworks", "Building materials", "FR", "Besançon", "EUR", 98_000, "stranger", "ines"),
    Customer("Nordbygg Elements", "Building materials", "NO", "Hamar", "NOK", 215_000, "steady", "nora"),
    Customer("Terracotta Veneta", "Building materials", "IT", "Treviso", "EUR", 67_000, "butterfly", "ines"),
    Customer("Quarry & Sons", "Building materials", "GB", "Sheffield", "GBP", 124_000, "vulture", "callum"),
    Customer(
        "Glasvik Insulation", "Building materials", "SE", "Örebro", "SEK", 89_000, "unknown_margin", "nora"
    ),
    Customer("Danube Cement", "Building materials", "AT", "Linz", "EUR", 52_000, "never_bought", "ines"),
)

PEOPLE = {
    "admin": ("Astrid Holm", "admin"),
    "executive": ("Henrik Aasen", "executive"),
    "nora": ("Nora Haverkamp", "kam"),
    "ines": ("Ines Castellan", "kam"),
    "callum": ("Callum Wray", "kam"),
    "bo": ("Bo Lindqvist", "contributor"),
}

# Low today and worth the patience; and high today with nothing left to win (K34's two other corners).
PROMISING = (
    "Polanska Dairy",
    "Midland Cold Chain",
    "Jura Stoneworks",
    "Caledon Tidal",
    "Bohemia Castings",
    "Harbour Cans",
)
SATURATED = ("Svensk Folie", "Nordbygg Elements", "Lysaker Nett", "Lombardi Freni", "Emballage Nord")

COMPETITORS = ("Kestra", "Omnidrive", "Lumen Controls", "Sensotek", "Dravitz")
