"""The people map's own rules, run in Node: places, zones, undo, replay, drawing as a file (K13, K14)."""

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.common.test_format_js import node

MODULES = Path(__file__).resolve().parents[2] / "static" / "kam" / "js" / "people"
NOBODY = {
    "title": None,
    "department": None,
    "roles": [],
    "is_placeholder": False,
    "left_on": None,
    "reports_to": None,
    "attitude": None,
    "power": None,
    "strength": None,
    "is_opponent": False,
    "covered_by": None,
    "x": None,
    "y": None,
    "is_parked": False,
    "zones": [],
    "version": 2,
}


def person(key: str, **facts: Any) -> dict[str, Any]:
    return {**NOBODY, "id": key, "name": key.title(), **facts}


def centre(*people: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "today": "2026-03-01",
        "nodes": list(people),
        "links": [],
        "ours": [],
        "ties": [],
        "paths": [],
        "gaps": [],
        **more,
    }


def run(module: str, script: str, argument: Any = None) -> Any:
    """What `script` answers; it sees the module as `m`, the model's as `model`, and the argument as `given`."""
    code = (
        f"import * as m from {json.dumps((MODULES / module).as_uri())};"
        f"import * as model from {json.dumps((MODULES / 'map-model.js').as_uri())};"
        "const given = JSON.parse(process.argv[1]);"
        f"console.log(JSON.stringify((() => {{ {script} }})()));"
    )
    done = subprocess.run(
        [node(), "--input-type=module", "-e", code, json.dumps(argument)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestPlaces:
    TIDY = "return Object.fromEntries(m.tidy(given));"

    def test_a_manager_stands_above_the_middle_of_the_reports(self) -> None:
        places = run(
            "map-layout.js",
            self.TIDY,
            [person("boss"), person("ann", reports_to="boss", power=5), person("bob", reports_to="boss")],
        )
        assert places["ann"] == {"x": 108, "y": 226}
        assert places["bob"] == {"x": 312, "y": 226}
        assert places["boss"] == {"x": 210, "y": 70}

    def test_no_two_cards_of_a_large_chart_lie_on_each_other(self) -> None:
        people = [person("p0")] + [
            person(f"p{n}", reports_to=f"p{(n - 1) // 4}" if n % 7 else None) for n in range(1, 400)
        ]
        places = list(run("map-layout.js", self.TIDY, people).values())
        assert len(places) == 400
        taken: dict[tuple[int, int], list[dict[str, float]]] = {}
        for place in places:
            for near in taken.setdefault((0, round(place["y"])), []):
                assert abs(near["x"] - place["x"]) >= 184
            taken[0, round(place["y"])].append(place)

    def test_a_large_chart_is_a_sheet_and_no_ribbon_and_managers_stand_above_their_people(self) -> None:
        people = [person("p0")] + [person(f"p{n}", reports_to=f"p{(n - 1) // 8}") for n in range(1, 400)]
        places = run("map-layout.js", self.TIDY, people)
        wide, high = (
            max(place[axis] for place in places.values()) - min(place[axis] for place in places.values())
            for axis in ("x", "y")
        )
        # Four hundred cells of 204 × 156 are 4,700 × 2,700 at best; with one row for each level, 30,000 wide.
        assert 1 < wide / high < 4 and wide < 8_000
        assert all(places[f"p{n}"]["y"] > places[f"p{(n - 1) // 8}"]["y"] for n in range(1, 400))
        spots = {(place["x"], place["y"]) for place in places.values()}
        assert len(spots) == 400

    def test_a_circle_of_managers_is_laid_out_all_the_same(self) -> None:
        places = run(
            "map-layout.js", self.TIDY, [person("ann", reports_to="bob"), person("bob", reports_to="ann")]
        )
        assert set(places) == {"ann", "bob"}

    def test_a_newcomer_gets_a_free_place_under_their_manager_and_nobody_else_moves(self) -> None:
        script = """
          const place = (id) => {
            const one = given.find((node) => node.id === id);
            return one.x === null ? null : { x: one.x, y: one.y };
          };
          return Object.fromEntries(m.placeMissing(given, place));
        """
        people = [
            person("boss", x=500, y=100),
            person("ann", reports_to="boss", x=500, y=256),
            person("new", reports_to="boss"),
        ]
        assert run("map-layout.js", script, people) == {"new": {"x": 704, "y": 256}}

    def test_arrow_keys_find_who_lies_straight_ahead_before_who_lies_aside(self) -> None:
        script = """
          const keys = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"];
          return keys.map((key) => m.neighbour({ x: 0, y: 0 }, key, given));
        """
        others = [
            {"id": "aside", "x": 150, "y": 180},
            {"id": "ahead", "x": 300, "y": 0},
            {"id": "below", "x": 20, "y": 400},
        ]
        assert run("map-layout.js", script, others) == ["ahead", None, "below", None]


class TestZones:
    def test_neighbours_share_a_frame_that_nobody_else_stands_in(self) -> None:
        script = "return m.framesOf(given.inside, given.outside, 10);"
        a, b, far = {"x": 0, "y": 0}, {"x": 204, "y": 0}, {"x": 2000, "y": 0}
        one = run("map-zones.js", script, {"inside": [a, b, far], "outside": []})
        assert [(box["left"], box["right"]) for box in one] == [(-102, 306), (1898, 2102)]
        between = run("map-zones.js", script, {"inside": [a, {"x": 408, "y": 0}], "outside": [b]})
        assert [(box["left"], box["right"]) for box in between] == [(-102, 102), (306, 510)]


class TestUndo:
    SETUP = "const map = new model.MapModel(given.data); const ref = (id) => id;"

    def test_an_act_turned_round_gives_back_what_was_there(self) -> None:
        script = (
            self.SETUP
            + """
          const act = { label: "re-hung", steps: [
            { type: "fields", id: "ann", before: { reports_to: null }, after: { reports_to: "bob" } },
            { type: "places", items: [{ id: "ann", before: { x: null, y: null }, after: { x: 5, y: 6 } }] } ] };
          for (const step of act.steps) m.apply(map, step, ref);
          const now = { ...map.people.get("ann") };
          const back = m.invert(act);
          const may = back.steps.every((step) => m.applies(map, step, ref));
          for (const step of back.steps) m.apply(map, step, ref);
          const then = map.people.get("ann");
          return [now.reports_to, now.x, may, back.steps.map((step) => step.type), then.reports_to, then.x];
        """
        )
        data = centre(person("ann"), person("bob"))
        assert run("map-ops.js", script, {"data": data}) == [
            "bob",
            5,
            True,
            ["places", "fields"],
            None,
            None,
        ]

    def test_what_somebody_else_changed_since_is_not_taken_back(self) -> None:
        script = (
            self.SETUP
            + """
          const step = { type: "fields", id: "ann", before: { power: 5 }, after: { power: 7 } };
          m.apply(map, step, ref);
          map.people.get("ann").power = 9;
          return m.invert({ label: "", steps: [step] }).steps.every((one) => m.applies(map, one, ref));
        """
        )
        assert run("map-ops.js", script, {"data": centre(person("ann", power=5))}) is False

    def test_taking_back_an_arrival_takes_their_lines_and_frees_their_reports(self) -> None:
        script = (
            self.SETUP
            + """
          const back = m.invert({ label: "added", steps: [{ type: "add", ref: "boss", values: { name: "Boss" } }] });
          m.apply(map, back.steps[0], ref);
          return [back.steps[0].type, [...map.people.keys()], [...map.links.keys()], map.people.get("ann").reports_to];
        """
        )
        links = [{"id": "l", "from": "boss", "to": "ann", "kind": "influence", "strength": 3, "topic": None}]
        data = centre(person("boss"), person("ann", reports_to="boss"), links=links)
        assert run("map-ops.js", script, {"data": data}) == ["remove", ["ann"], [], None]

    def test_an_edit_in_the_panel_can_be_taken_back_field_by_field(self) -> None:
        script = "return m.difference(given[0], given[1], ['power', 'roles', 'title']);"
        before, after = person("ann", power=3, roles=["user", "buyer"]), person("ann", power=8, title="Chief")
        after["roles"] = ["buyer", "user"]
        assert run("map-ops.js", script, [before, after]) == {
            "type": "fields",
            "id": "ann",
            "before": {"power": 3, "title": None},
            "after": {"power": 8, "title": "Chief"},
        }
        assert run("map-ops.js", script, [before, before]) is None

    def test_a_new_act_ends_what_could_be_done_again(self) -> None:
        script = """
          const stack = new m.ActStack(); const act = (label) => ({ label, steps: [1] });
          stack.push(act("one")); stack.push(act("two"));
          const out = [stack.undo().label, stack.redo().label, stack.undo().label];
          stack.push(act("three"));
          return [...out, stack.canRedo, stack.undo().label, stack.undo().label, stack.undo()];
        """
        assert run("map-ops.js", script) == ["two", "two", "two", False, "three", "one", None]


class TestThePeople:
    def test_nobody_can_report_to_whoever_stands_below_them(self) -> None:
        script = """
          const map = new model.MapModel(given);
          return [map.isAbove("a", "c"), map.isAbove("c", "a"), map.isAbove("a", "a")];
        """
        data = centre(person("a"), person("b", reports_to="a"), person("c", reports_to="b"))
        assert run("map-model.js", script, data) == [True, False, True]

    def test_only_the_strong_whom_nobody_covers_are_exposed(self) -> None:
        script = """
          const map = new model.MapModel(given);
          return map.shown.filter((node) => map.isExposed(node)).map((node) => node.id);
        """
        ours = [{"id": "us", "name": "Nora", "role": "KAM", "is_lead": True}]
        data = centre(
            person("strong", power=7),
            person("covered", power=9, covered_by="us"),
            person("weak", power=6),
            person("gone", power=9, left_on="2026-02-01"),
            person("missing", power=9, is_placeholder=True),
            ours=ours,
        )
        assert run("map-model.js", script, data) == ["strong"]

    def test_several_places_of_one_of_ours_are_one_pill_that_keeps_all_ties(self) -> None:
        script = """
          const map = new model.MapModel(given);
          const cover = map.coverOf(map.people.get("ann")).name;
          return [[...map.ours.values()].map((one) => one.roles), map.ties.map((tie) => tie.ours), cover];
        """
        ours = [
            {"id": "1", "name": "Nora", "role": "KAM", "is_lead": True},
            {"id": "2", "name": "Nora", "role": "Sponsor", "is_lead": False},
        ]
        ties = [{"ours": "2", "contact": "ann", "strength": 4}]
        data = centre(person("ann", covered_by="2"), ours=ours, ties=ties)
        assert run("map-model.js", script, data) == [[["KAM", "Sponsor"]], ["1"], "Nora"]

    def test_a_card_is_said_in_words(self) -> None:
        script = """
          const map = new model.MapModel(given);
          return [...map.people.values()].map((node) => m.describe(node, map, new Map([["decider", "Decider"]])));
        """
        data = centre(
            person("ragna", title="Finance chief", roles=["decider"], attitude=-1, power=8, strength=0),
            person("gap", is_placeholder=True),
            person("gone", left_on="2026-02-14", attitude=0),
        )
        assert run("map-words.js", script, data) == [
            "Ragna, Finance chief. Decider. attitude \u22121, against us. power 8 of 10. relationship 0 of 5. "
            "nobody covers them.",
            "Gap. not known by name yet. no role known.",
            "Gone. left 14 Feb 2026. no role known. attitude 0, neither for nor against. power not judged. "
            "relationship not judged.",
        ]

    def test_initials_come_from_the_first_and_the_last_name(self) -> None:
        names = ["Ragna Tveitdal", "Ole", "Anne-Marie de la Cour", "Øystein Åsen", "3M", ""]
        assert run("map-model.js", "return given.map(m.initials);", names) == [
            "RT",
            "O",
            "AC",
            "ØÅ",
            "?",
            "?",
        ]

    def test_filters_add_up_across_sections_and_widen_within_one(self) -> None:
        script = """
          const chosen = { role: new Set(["decider", "none"]), attitude: new Set(["against"]) };
          return given.filter((node) => m.matches(node, chosen)).map((node) => node.id);
        """
        people = [
            person("a", roles=["decider"], attitude=-1),
            person("b", roles=[], attitude=-2),
            person("c", roles=["user"], attitude=-1),
            person("d", roles=["decider"], attitude=1),
        ]
        assert run("map-filters.js", script, people) == ["a", "b"]


class TestLines:
    def test_reporting_lines_of_a_large_chart_go_down_across_and_down_and_others_straight(self) -> None:
        script = (
            "return given.map(([kind, from, to]) => m.cornersOf(kind, from, to).map(({ x, y }) => [x, y]));"
        )
        boss, report = {"x": 100, "y": 50}, {"x": 300, "y": 206}
        assert run(
            "map-lines.js", script, [["rep", boss, report], ["inf", boss, report], ["rep", report, boss]]
        ) == [
            [[100, 100], [100, 121], [300, 121], [300, 156]],
            [[100, 50], [300, 206]],
            [[300, 206], [100, 50]],
        ]

    def test_whoever_is_looked_at_shows_their_lines_and_near_by_everybody_does(self) -> None:
        script = """
          globalThis.document = { createElement: () => ({ setAttribute() {}, append() {} }) };
          const lines = new m.Lines();
          lines.set(given, new Map());
          return [[false, null], [false, "c"], [true, null]].map(([all, hot]) => {
            Object.assign(lines, { all, hot });
            return lines.shown.map((edge) => edge.id);
          });
        """
        edges = [
            {"id": "boss", "kind": "rep", "source": "a", "target": "b"},
            {"id": "says", "kind": "inf", "source": "c", "target": "b"},
            {"id": "other", "kind": "con", "source": "a", "target": "b"},
        ]
        assert run("map-lines.js", script, edges) == [["boss"], ["boss", "says"], ["boss", "says", "other"]]


class TestReplay:
    def test_marks_lie_by_time_and_never_on_each_other(self) -> None:
        places = run("map-replay.js", "return m.spread(given, 1000, 0.1);", [0, 500, 501, 1000])
        assert places == sorted(places) and places[0] == 0 and places[-1] < 1
        assert all(after - before > 0.08 for before, after in pairwise(places))

    @pytest.mark.parametrize(("at", "mark"), [(0.0, 0), (0.24, 0), (0.3, 1), (0.74, 1), (0.9, 2), (1.0, 2)])
    def test_a_press_on_the_track_finds_the_nearest_mark_or_today(self, at: float, mark: int) -> None:
        assert run("map-replay.js", "return m.nearest([0, 0.5], given);", at) == mark

    def test_changes_are_counted_and_the_first_ones_said(self) -> None:
        changes = [{"words": f"change {n}"} for n in range(3)]
        script = "return [m.changeWords(given), m.changeWords(given.slice(0, 1))];"
        assert run("map-replay.js", script, changes) == [
            "3 changes: change 0; change 1; 1 more",
            "1 change: change 0",
        ]


class TestTheDrawing:
    def test_names_are_text_in_the_file_and_never_markup(self) -> None:
        script = """
          const map = new model.MapModel(given);
          const line = { kind: "inf", path: "M0 0L1 1", label: '"><image href=x>', middle: { x: 0, y: 0 }, width: 2 };
          const words = { title: "A & B <script>", subtitle: "it's", roleWords: new Map() };
          const nodes = [{ id: "x", x: 0, y: 0 }];
          return m.svgOf({ ...words, model: map, c: {}, frames: [], laneTop: 200, nodes, edges: [line] });
        """
        data = centre(person("x", name="</text><script>alert(1)</script>\u0007"))
        drawing = run("map-svg.js", script, data)
        assert "<script" not in drawing and "<image" not in drawing and "\u0007" not in drawing
        assert "&#60;/text&#62;" in drawing
        root = ElementTree.fromstring(drawing.encode())
        assert root.find("{http://www.w3.org/2000/svg}title").text == "A & B <script>"
