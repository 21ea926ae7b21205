"""Row `people`: the map of a buying centre of 1,000 people and 3,000 lines, and what is computed of it (K13).

The figures run over the same graph as the floor, networkx's own PageRank, which is handed a finished graph; ours
includes reading the centre into matrices, reach, weight and betweenness.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
from django.urls import reverse

from buying_center.network import analyse
from buying_center.network.figures import DAMPING, figures
from buying_center.network.model import Centre
from buying_center.selectors.centre import centre_rows
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.services import member_add, tenant_create
from tests.bench.data import _copy, _ids
from tests.bench.database import settle
from tests.bench.measure import Report, say
from tests.bench.pages import EMPTY, browser, interleaved, made_anew

PEOPLE, LINES, REPORTS = 1_000, 3_000, 8
ROUNDS = 21
_TEXTS = (
    "title",
    "department",
    "level",
    "promoter_type",
    "competitor",
    "personal_goals",
    "assessment",
    "note",
    "zone_power_reason",
    "zone_threat_reason",
    "zone_receptive_reason",
)
ROLES = ("decider", "facilitator", "influencer", "buyer", "user", "advisor", "gatekeeper")


class BigCentre:
    """A tenant with one account: a tree of eight reports each, lines between any two, one of ours who covers a few."""

    tenant: Tenant
    member: Membership
    account: str

    def __init__(self, slug: str, *, people: int = PEOPLE, lines: int = LINES) -> None:
        rng = np.random.default_rng(23)
        self.tenant = tenant_create(name="Centre", slug=slug, base_currency="USD")
        self.member = member_add(tenant=self.tenant, email=f"a@{slug}.example", role="admin", name="Ada")
        key = str(self.tenant.id)
        self.account, ours, *others = _ids(rng, 2 + 2 * people)
        persons, contacts = others[:people], others[people:]
        texts = ("tier", "managed_as", "managed_as_evidence", "ladder_ours", "ladder_customer", "volume_unit")
        _copy(
            "accounts_account",
            {
                "id": [self.account],
                "tenant_id": [key],
                "name": ["Large customer"],
                **{name: [""] for name in (*texts, "industry", "country", "region", "currency")},
            },
        )
        _copy(
            "buying_center_sellingcentermember",
            {
                "id": [ours],
                "tenant_id": [key],
                "account_id": [self.account],
                "member_id": [str(self.member.id)],
                "role": ["kam"],
                **{name: [""] for name in ("title", "function", "level", "reason")},
            },
        )
        _copy(
            "buying_center_person",
            {
                "id": persons,
                "tenant_id": [key] * people,
                "name": [f"Person {number:04}" for number in range(people)],
                "email": [""] * people,
                "phone": [""] * people,
            },
        )
        power = rng.integers(0, 11, people)
        _copy(
            "buying_center_contact",
            {
                "id": contacts,
                "tenant_id": [key] * people,
                "person_id": persons,
                "account_id": [self.account] * people,
                "reports_to_id": [contacts[(n - 1) // REPORTS] if n else None for n in range(people)],
                "attitude": (rng.integers(-2, 3, people)).tolist(),
                "power": power.tolist(),
                "receptiveness": rng.integers(0, 11, people).tolist(),
                "strength": [n % 6 if n % 20 == 0 else None for n in range(people)],
                "covered_by_id": [ours if n % 20 == 0 else None for n in range(people)],
                **{name: [""] * people for name in _TEXTS},
                "department": [f"Department {n % 40}" for n in range(people)],
            },
        )
        _copy(
            "buying_center_contactrole",
            {
                "tenant_id": [key] * people,
                "contact_id": contacts,
                "role": ["decider" if n < 5 else ROLES[1 + n % 6] for n in range(people)],
                "committee": [""] * people,
            },
        )
        pairs: set[tuple[int, int]] = set()
        while len(pairs) < lines:
            source, target = (int(end) for end in rng.integers(0, people, 2))
            if source != target:
                pairs.add((source, target))
        drawn = sorted(pairs)
        _copy(
            "buying_center_influencelink",
            {
                "tenant_id": [key] * lines,
                "account_id": [self.account] * lines,
                "source_id": [contacts[source] for source, _ in drawn],
                "target_id": [contacts[target] for _, target in drawn],
                "kind": ["conflict" if n % 12 == 0 else "influence" for n in range(lines)],
                "topic": [f"topic {n % 50}" for n in range(lines)],
                "strength": rng.integers(1, 6, lines).tolist(),
                "note": [""] * lines,
            },
        )


def measure(report: Report, databases: Any) -> None:
    """The map's data against an empty view, and the figures against the library's bare PageRank."""
    name = databases.make("people")
    big = BigCentre("people")
    settle()
    say(f"people map of {PEOPLE:,} people and {LINES:,} lines")
    path = reverse("api:people-map", args=[big.account])
    beside = reverse("api:people-map-findings", args=[big.account])
    visitor = browser(big)
    times = interleaved(visitor, [EMPTY, path, beside], rounds=ROUNDS)
    for what, address, bar in (("the map's data", path, 6.0), ("what is computed beside it", beside, None)):
        report.add(
            "people",
            f"{what}, {PEOPLE:,} people and {LINES:,} lines, against an empty view",
            times[address] / times[EMPTY],
            bar=bar,
            detail=f"{1000 * times[address]:.1f} ms / {1000 * times[EMPTY]:.1f} ms",
        )
    with made_anew():
        anew = interleaved(visitor, [EMPTY, path], rounds=ROUNDS)
    report.add(
        "people",
        f"the map's data made anew, {PEOPLE:,} people and {LINES:,} lines, against an empty view",
        anew[path] / anew[EMPTY],
        detail=f"{1000 * anew[path]:.1f} ms / {1000 * anew[EMPTY]:.1f} ms",
    )
    empty = visitor.queries(EMPTY)
    report.add(
        "people", "queries of the map's data beyond the empty view's", visitor.queries(path) - empty,
        unit="queries", bar=12, aim=6,
    )  # fmt: skip
    with tenant_context(big.tenant.id):
        centre = centre_rows(big.account).centre  # type: ignore[arg-type]
    against_networkx(report, centre)
    databases.drop(name)


def against_networkx(report: Report, centre: Centre) -> None:
    """Figures, and the whole analysis, of one centre against networkx's PageRank of the same graph, in turns."""
    graph = nx.DiGraph()
    graph.add_nodes_from(centre.here)
    for line in centre.influence:
        graph.add_edge(line.target, line.source, weight=line.strength)
    power = {who: float(someone.power or 0) for who, someone in centre.here.items()}
    work: dict[str, Callable[[], Any]] = {
        "floor": lambda: nx.pagerank(graph, alpha=DAMPING, personalization=power, weight="weight"),
        "figures": lambda: figures(centre),
        "everything computed": lambda: analyse(centre),
    }
    found: dict[str, list[float]] = {what: [] for what in work}
    for number in range(ROUNDS + 3):
        for what, run in work.items():
            started = time.perf_counter()
            run()
            if number >= 3:
                found[what].append(time.perf_counter() - started)
    medians = {what: statistics.median(times) for what, times in found.items()}
    for what, bar in (("figures", 3.0), ("everything computed", None)):
        report.add(
            "people",
            f"{what} of {PEOPLE:,} people and {LINES:,} lines against the library's bare PageRank",
            medians[what] / medians["floor"],
            bar=bar,
            detail=f"{1000 * medians[what]:.1f} ms / {1000 * medians['floor']:.1f} ms",
        )
