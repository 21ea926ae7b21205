"""The pure graph module, on graphs worked by hand (K13)."""

import datetime
import itertools

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buying_center.network import Centre, Line, Ours, Someone, Tie, analyse, loss_of
from buying_center.network.figures import betweenness, figures, influence_shares
from buying_center.network.gaps import ORDER
from buying_center.network.paths import strongest_paths
from tests.buying_center.centres import TODAY, centre


def codes(built: Centre) -> list[str]:
    return [gap.code for gap in analyse(built).gaps]


class TestInfluence:
    def test_whoever_influences_has_the_greater_share(self) -> None:
        """Bo listens 3 to Anna and 5 to himself: bo = ½, anna = ½ + 0.85 · ⅜ · ½, then divided by the sum."""
        found = figures(centre({"anna": {}, "bo": {}}, "anna>bo 3"))
        bo, anna = 0.5, 0.5 + 0.85 * 3 / 8 * 0.5
        assert found["bo"].influence == pytest.approx(bo / (anna + bo))
        assert found["anna"].influence == pytest.approx(anna / (anna + bo))

    def test_a_weak_line_to_the_mighty_moves_little(self) -> None:
        """One line of 1 to a decider of power 9: 1/10 + 0.85 · 1/6 · 9/10 = 0.2275 against 0.9, so 20 %."""
        found = figures(centre({"clerk": {"power": 1}, "boss": {"power": 9}}, "clerk>boss 1"))
        assert found["clerk"].influence == pytest.approx(0.2275 / 1.1275)

    def test_without_lines_influence_is_the_share_of_power(self) -> None:
        found = figures(centre({"anna": {"power": 6}, "bo": {"power": 2}}))
        assert found["anna"].influence == pytest.approx(0.75, abs=1e-5)

    def test_a_power_nobody_judged_counts_like_the_average_not_like_nothing(self) -> None:
        found = figures(centre({"anna": {"power": 6}, "bo": {"power": 2}, "cy": {}}))
        assert found["cy"].influence == pytest.approx(4 / 12, abs=1e-5)

    def test_degrees_count_people_and_add_strengths_over_topics(self) -> None:
        built = centre(
            {"anna": {}, "bo": {}, "cy": {}}, "anna>bo 3 price, anna>bo 2 quality, anna>cy 1, boxanna 5"
        )
        anna = figures(built)["anna"]
        assert (anna.reach, anna.weight, anna.listens_to) == (2, 6, 0)

    def test_shares_add_up_and_leavers_have_none(self) -> None:
        built = centre({"anna": {}, "bo": {"left_on": TODAY}, "cy": {}}, "anna>bo 5, bo>cy 5")
        found = figures(built)
        assert set(found) == {"anna", "cy"}
        assert sum(figure.influence for figure in found.values()) == pytest.approx(1)
        assert found["anna"].reach == 0

    def test_between_is_the_share_of_the_shortest_ways_to_the_deciders(self) -> None:
        """Two shortest ways lead to dee (over bo, over cy), one to eve (over bo): bo 0.75, cy 0.25, anna 1."""
        built = centre(
            {"anna": {}, "bo": {}, "cy": {}, "dee": {"roles": "decider"}, "eve": {"roles": "decider"}},
            "anna>bo 1, anna>cy 1, bo>dee 1, cy>dee 1, bo>eve 1",
            "nora>anna 3",
        )
        between = {who: figure.between for who, figure in figures(built).items()}
        assert between == {"anna": 1.0, "bo": 0.75, "cy": 0.25, "dee": 0.0, "eve": 0.0}

    def test_between_is_not_known_where_no_way_leads_to_a_decider(self) -> None:
        built = centre({"anna": {}, "dee": {"roles": "decider"}}, "dee>anna 5", "nora>anna 5")
        assert figures(built)["anna"].between is None


class TestPaths:
    def test_a_path_is_as_strong_as_its_weakest_step(self) -> None:
        """Short over bo: min(5, 2) = 2. Long over cy and dan: min(5, 4, 3) = 3, the stronger one."""
        built = centre(
            {"bo": {}, "cy": {}, "dan": {}, "dee": {"roles": "decider"}},
            "bo>dee 2 price, cy>dan 4, dan>dee 3 service",
            "nora>bo 5, nora>cy 5",
        )
        path = strongest_paths(built)["dee"]
        assert path.people == ["nora", "cy", "dan", "dee"]
        assert (path.strength, path.weakest.topic, path.is_access) == (3, "service", True)

    def test_of_equally_strong_paths_the_shorter_is_taken(self) -> None:
        built = centre(
            {"bo": {}, "cy": {}, "dee": {"roles": "decider"}},
            "bo>cy 4, cy>dee 4, bo>dee 4",
            "nora>bo 4",
        )
        assert strongest_paths(built)["dee"].people == ["nora", "bo", "dee"]

    def test_whoever_is_against_us_carries_nothing_further_but_may_be_the_end(self) -> None:
        built = centre(
            {"ada": {"attitude": -2}, "dee": {"roles": "decider", "attitude": -1}, "bo": {}},
            "ada>dee 5, bo>dee 2",
            "nora>ada 5, nora>bo 5",
        )
        assert strongest_paths(built)["dee"].people == ["nora", "bo", "dee"]

    def test_leavers_conflicts_and_reporting_lines_are_no_way(self) -> None:
        built = centre(
            {
                "bo": {"left_on": TODAY},
                "cy": {"reports_to": "dee"},
                "dee": {"roles": "decider"},
            },
            "bo>dee 5, cyxdee 5",
            "nora>bo 5, nora>cy 5",
        )
        assert strongest_paths(built) == {}

    def test_the_picture_of_the_look_book(self) -> None:
        """Noor 5 Matteo 4 Oddmar 3 Ragna: strength 3 (LOOK, people map)."""
        built = centre(
            {"matteo": {}, "oddmar": {}, "ragna": {"roles": "decider"}, "amsel": {"attitude": -2}},
            "matteo>oddmar 4 service record, oddmar>ragna 3 fleet budget, amsel>ragna 4 price",
            "noor>matteo 5, noor>amsel 1",
            ours=("noor",),
        )
        path = strongest_paths(built)["ragna"]
        assert [step.strength for step in path.steps] == [5, 4, 3]


class TestGaps:
    def test_an_empty_centre_has_no_gaps_yet(self) -> None:
        assert codes(centre({})) == []

    def test_a_sound_centre_has_none(self) -> None:
        built = centre(
            {
                "dee": {"roles": "decider", "covered_by": "nora"},
                "fay": {"roles": "facilitator", "covered_by": "nora"},
                "uli": {"roles": "user", "covered_by": "otto"},
            },
            "fay>dee 4",
            "nora>fay 5, nora>dee 3, otto>uli 3",
            ours=("nora", "otto"),
        )
        assert codes(built) == []

    def test_nobody_decides_and_nobody_helps(self) -> None:
        built = centre({"anna": {"covered_by": "nora"}, "bo": {}}, "", "nora>anna 4, nora>bo 4")
        assert codes(built) == ["no_decider", "no_facilitator", "single_thread_ours"]

    def test_a_decider_without_cover_and_without_a_way(self) -> None:
        built = centre({"dee": {"roles": "decider"}, "fay": {"roles": "facilitator"}}, "", "nora>fay 5")
        assert codes(built) == ["decider_uncovered", "no_access", "single_thread_theirs"]

    def test_a_way_below_three_is_thin(self) -> None:
        built = centre(
            {"dee": {"roles": "decider", "covered_by": "nora"}, "fay": {"roles": "facilitator"}},
            "fay>dee 2",
            "nora>fay 5, otto>dee 1",
            ours=("nora", "otto"),
        )
        assert codes(built) == ["weak_access", "single_thread_theirs"]

    def test_an_opponent_outweighs_the_best_facilitator(self) -> None:
        people = {
            "dee": {"roles": "decider", "covered_by": "nora", "power": 8},
            "fay": {"roles": "facilitator", "power": 5, "covered_by": "nora"},
            "opp": {"roles": "influencer", "is_opponent": True, "power": 7, "covered_by": "otto"},
        }
        ties, ours = "nora>fay 4, nora>dee 4, otto>fay 3", ("nora", "otto")
        found = analyse(centre(people, "opp>dee 4, fay>dee 2", ties, ours))
        assert [gap.code for gap in found.gaps] == ["opponent_outweighs"]
        assert (found.gaps[0].people, found.gaps[0].against) == (("opp",), "fay")
        assert found.balance.opponents == ("opp",) and found.balance.against > found.balance.for_us
        # With the weights the other way round the facilitator is the stronger one.
        people["fay"]["power"], people["opp"]["power"] = 7, 5
        assert codes(centre(people, "opp>dee 2, fay>dee 4", ties, ours)) == []

    def test_a_good_buddy_is_no_facilitator(self) -> None:
        built = centre(
            {
                "dee": {"roles": "decider", "covered_by": "nora"},
                "fay": {"roles": "facilitator", "promoter_type": "good_buddy"},
            },
            "",
            "nora>dee 3, otto>fay 3",
            ours=("nora", "otto"),
        )
        assert codes(built) == ["no_facilitator", "good_buddy"]

    def test_a_leaver_matters_until_the_hole_is_filled(self) -> None:
        left = TODAY - datetime.timedelta(days=30)
        people = {
            "dee": {"roles": "decider", "left_on": left},
            "fay": {"roles": "facilitator", "reports_to": "dee", "covered_by": "nora"},
            "uli": {"roles": "user"},
        }
        found = analyse(centre(people, "", "nora>fay 5, otto>uli 5", ("nora", "otto"))).gaps
        assert [gap.code for gap in found] == ["no_decider", "leaver_mattered"]
        assert found[1].roles == ("decider",)
        people["eve"] = {"roles": "decider", "covered_by": "nora"}
        people["fay"]["reports_to"] = "eve"
        assert codes(centre(people, "fay>eve 4", "nora>fay 5, otto>uli 5", ("nora", "otto"))) == []

    def test_placeholders_departments_on_one_thread_and_overdue_judgements(self) -> None:
        base = {"covered_by": "nora"}
        built = centre(
            {
                "dee": {"roles": "decider", **base},
                "fay": {"roles": "facilitator", "department": "Rental", **base},
                "kim": {"department": "Rental"},
                "lou": {"department": "Rental", "is_placeholder": True},
                "max": {"next_assessment": TODAY - datetime.timedelta(days=1), "power": 9},
            },
            "fay>dee 4",
            "nora>fay 5, nora>dee 4, otto>dee 3",
            ours=("nora", "otto"),
        )
        found = {gap.code: gap for gap in analyse(built).gaps}
        assert list(found) == [
            "single_thread_department",
            "strong_uncovered",
            "unknown_person",
            "assessment_overdue",
        ]
        assert (found["single_thread_department"].place, found["unknown_person"].people) == (
            "Rental",
            ("lou",),
        )

    def test_every_gap_has_its_place_in_the_order(self) -> None:
        from buying_center.findings import _SAY

        assert set(ORDER) == set(_SAY)


class TestLoss:
    BUILT = centre(
        {
            "dee": {"roles": "decider", "reports_to": None},
            "fay": {"roles": "facilitator", "reports_to": "dee"},
            "gil": {"roles": "influencer", "reports_to": "fay"},
        },
        "fay>dee 4, gil>dee 2",
        "nora>fay 5, otto>gil 3",
        ours=("nora", "otto"),
    )

    def test_one_of_theirs_leaves(self) -> None:
        loss = loss_of(self.BUILT, "fay")
        assert [(weak.decider, weak.before, weak.after) for weak in loss.weakened] == [("dee", 4, 2)]
        assert (loss.unreached, loss.unled, loss.roles) == ((), ("gil",), ("facilitator",))

    def test_one_of_ours_leaves(self) -> None:
        loss = loss_of(self.BUILT, "nora")
        assert loss.strangers == ("fay",) and loss.strong_left == 1 and loss.roles == ()
        assert loss.weakened[0].after == 2

    def test_the_only_way_breaks(self) -> None:
        built = centre({"dee": {"roles": "decider"}, "fay": {}}, "fay>dee 3", "nora>fay 4")
        assert loss_of(built, "fay").unreached == ("dee",)

    def test_whoever_nothing_hangs_on_is_no_loss(self) -> None:
        built = centre({"dee": {"roles": "decider"}, "uli": {}}, "", "nora>dee 4")
        assert loss_of(built, "uli").is_harmless


@st.composite
def centres(draw: st.DrawFn) -> Centre:
    size = draw(st.integers(2, 7))
    names = [f"p{number}" for number in range(size)]
    pairs = [pair for pair in itertools.product(names, names) if pair[0] != pair[1]]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=16, unique=True))
    lines = tuple(Line(a, b, draw(st.integers(1, 5))) for a, b in chosen)
    ties = tuple(
        Tie("us", name, draw(st.integers(1, 5)))
        for name in draw(st.lists(st.sampled_from(names), unique=True))
    )
    people = tuple(
        Someone(
            name,
            name,
            roles=frozenset({"decider"}) if draw(st.booleans()) else frozenset(),
            attitude=draw(st.sampled_from([None, -2, 0, 2])),
            power=draw(st.none() | st.integers(0, 10)),
        )
        for name in names
    )
    return Centre(TODAY, people, lines, (Ours("us", "Us"),), ties)


class TestInvariants:
    @settings(deadline=None)
    @given(centres())
    def test_influence_is_the_librarys_pagerank(self, built: Centre) -> None:
        """One's own mind as a node that everybody listens to, and that hands its rank back by power."""
        weights = {(line.source, line.target): line.strength for line in built.influence}
        graph = nx.DiGraph()
        graph.add_nodes_from(built.here)
        graph.add_weighted_edges_from(
            (target, source, weight) for (source, target), weight in weights.items()
        )
        graph.add_weighted_edges_from((who, "own mind", 5) for who in built.here)
        known = [someone.power for someone in built.here.values() if someone.power is not None]
        usual = sum(known) / len(known) if sum(known) else 1
        start = {
            who: usual if someone.power is None or not sum(known) else someone.power
            for who, someone in built.here.items()
        }
        rank = nx.pagerank(graph, alpha=0.85, personalization=start, tol=1e-12, max_iter=1000)
        whole = 1 - rank["own mind"]
        for who, share in influence_shares(built, weights).items():
            assert share == pytest.approx(rank[who] / whole, abs=1e-7)

    @settings(deadline=None)
    @given(centres())
    def test_betweenness_is_what_the_library_says(self, built: Centre) -> None:
        weights = {(line.source, line.target): line.strength for line in built.influence}
        graph = nx.DiGraph([("start", tie.theirs) for tie in built.ties] + list(weights))
        graph.add_nodes_from([*built.here, "start"])
        reached = [
            someone.id for someone in built.with_role("decider") if nx.has_path(graph, "start", someone.id)
        ]
        mine = betweenness(built, weights)
        if not reached:
            assert mine is None
            return
        theirs = nx.betweenness_centrality_subset(graph, ["start"], reached)
        for who in built.here:
            assert mine[who] == pytest.approx(theirs[who] / len(reached))

    @settings(deadline=None)
    @given(centres())
    def test_no_path_is_stronger_than_the_one_found(self, built: Centre) -> None:
        """Against every simple path, one by one."""
        found = strongest_paths(built)
        graph = nx.DiGraph()
        graph.add_weighted_edges_from(("start", tie.theirs, tie.strength) for tie in built.ties)
        graph.add_weighted_edges_from(
            (line.source, line.target, line.strength)
            for line in built.influence
            if not built.here[line.source].is_hostile
        )
        graph.add_nodes_from([*built.here, "start"])
        for decider in built.with_role("decider"):
            ways = list(nx.all_simple_edge_paths(graph, "start", decider.id))
            best = max((min(graph.edges[edge]["weight"] for edge in way) for way in ways), default=None)
            assert (found[decider.id].strength if decider.id in found else None) == best

    @settings(deadline=None)
    @given(centres())
    def test_a_loss_never_makes_a_way_stronger(self, built: Centre) -> None:
        for who in [*built.here, "us"]:
            loss = loss_of(built, who)
            assert all(weak.after < weak.before for weak in loss.weakened)
