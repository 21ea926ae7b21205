"""The page's own rules of Open Space, run in Node: reading pasted text, undoing, merging, computing ahead (K6)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.common.test_format_js import node

MODULES = Path(__file__).resolve().parents[2] / "static" / "kam" / "js" / "open-space"
READ = """
const read = (f) => { try { return f(); } catch (error) { return { error: error.message }; } };
"""


def run(module: str, script: str, argument: Any = None) -> Any:
    """What `script` prints as JSON; it sees the module as `m` and the argument as `given`."""
    code = (
        f"import * as m from {json.dumps((MODULES / module).as_uri())};"
        f"const given = JSON.parse(process.argv[1]);{READ}"
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


def test_amounts_are_read_with_separators_of_either_style() -> None:
    written = {
        "240000": 240_000,
        "240,000": 240_000,
        "240.000": 240_000,
        "240,000.50": 240_000.5,
        "240.000,50": 240_000.5,
        "1.234.567": 1_234_567,
        "1,234,567.8": 1_234_567.8,
        "1 234,5": 1234.5,
        "1\u00a0234": 1234,
        "1'234.5": 1234.5,
        "12,5": 12.5,
        "0.125": 0.125,
        "12,34,567": 1_234_567,
        "$1.2m": 1_200_000,
        "1.234m": 1_234_000,
        "240k": 240_000,
        "€ 3 500": 3500,
        "USD 900": 900,
        "900 NOK": 900,
        "0": 0,
        "": None,
        "–": None,
        "n/a": None,
        "not known": None,
    }
    assert run("parse.js", "return given.map((t) => m.parseMoney(t));", list(written)) == list(
        written.values()
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc", "is not a number"),
        ("1,2,3.4.5", "is not a number"),
        ("12%", "is a percentage; an amount a year is expected"),
        ("-5", "is below zero; a potential is zero or more"),
        ("=1+1", "is not a number"),
        ("9999999999999999", "is too large"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text: str, said: str) -> None:
    assert run("parse.js", "return read(() => m.parseMoney(given));", text) == {"error": said}


def test_a_block_gives_away_which_sign_marks_its_decimals() -> None:
    script = "const sign = m.decimalSign(given); return [sign, given.map((t) => m.parseMoney(t, sign))];"
    # One German figure with decimals decides how its neighbour 1.234 is read; alone, three digits are thousands.
    assert run("parse.js", script, ["1.234", "12,50", "7"]) == [",", [1234, 12.5, 7]]
    assert run("parse.js", script, ["1.234", "12.50", "7"]) == [".", [1.234, 12.5, 7]]
    assert run("parse.js", script, ["1.234", "1,234"]) == [None, [1234, 1234]]


def test_percentages_and_ratios_mean_the_same() -> None:
    script = "return given.map((t) => read(() => m.parseRatio(t)));"
    texts = ["35 %", "35%", "35", "0.35", "0,35", "12,5 %", "0", "1", "100", "", "140 %", "x"]
    assert run("parse.js", script, texts) == [
        *[0.35] * 5,
        0.125,
        0,
        1,
        1,
        None,
        {"error": "is not between 0 and 100 %"},
        {"error": "is not a percentage"},
    ]


def test_a_copied_block_keeps_quotes_tabs_and_blanks_and_comes_back() -> None:
    copied = '1\t"two\nlines"\t"say ""hi"""\r\n\t\t3\r\n'
    rows = [["1", "two\nlines", 'say "hi"'], ["", "", "3"]]
    assert run("parse.js", "return m.parseTsv(given);", copied) == rows
    assert run("parse.js", "return m.parseTsv(m.toTsv(given));", rows) == rows


def test_what_a_spreadsheet_would_run_as_a_formula_is_copied_as_text() -> None:
    assert run("parse.js", "return m.toTsv([given]);", ["=HYPERLINK(1)", "@x", "Kestra", 12]) == (
        "'=HYPERLINK(1)\t'@x\tKestra\t12"
    )


def test_undo_goes_back_step_by_step_and_a_new_edit_ends_the_redo() -> None:
    script = """
      const stack = new m.UndoStack();
      stack.push("Edit", [{ key: "a", field: "potential", before: null, after: 1 }]);
      const step = (key, before, after) => ({ key, field: "potential", before, after });
      stack.push("Paste", [step("a", 1, 2), step("b", null, 3)]);
      const out = [stack.undo(), stack.undo(), stack.undo(), stack.redo()];
      stack.push("Edit", [{ key: "c", field: "note", before: null, after: "x" }]);
      return [...out, stack.canRedo, stack.canUndo];
    """
    undone, first, nothing, redone, can_redo, can_undo = run("undo.js", script)
    assert undone == {
        "label": "Paste",
        "changes": [
            {"key": "b", "field": "potential", "value": None},
            {"key": "a", "field": "potential", "value": 1},
        ],
    }
    assert first["changes"] == [{"key": "a", "field": "potential", "value": None}]
    assert nothing is None
    assert redone["changes"] == [{"key": "a", "field": "potential", "value": 1}]
    assert (can_redo, can_undo) == (False, True)


def test_only_a_field_that_both_changed_to_different_values_is_a_conflict() -> None:
    script = """
      const base = { a: { potential: 1, note: "old" }, b: { potential: 5 }, c: {} };
      const mine = new Map([["a", { potential: 2, note: "mine" }], ["b", { potential: 6 }]]);
      mine.set("c", { potential: 9 });
      const ines = { changed_by_name: "Ines", changed_at: "t" };
      const theirs = { a: { potential: 1, note: "theirs", ...ines }, b: { potential: 6 }, c: { competitor: "Kestra" } };
      const { keep, conflicts } = m.merge((k) => base[k], mine, (k) => theirs[k]);
      return [[...keep], conflicts];
    """
    keep, conflicts = run("merge.js", script)
    # a.potential was left alone by them, b is the same on both sides, c has their competitor and my potential.
    assert keep == [["a", {"potential": 2}], ["c", {"potential": 9}]]
    assert conflicts == [
        {"key": "a", "field": "note", "mine": "mine", "theirs": "theirs", "who": "Ines", "when": "t"}
    ]


def test_what_is_stored_now_replaces_entries_and_leaves_sales_and_estimates() -> None:
    script = """
      const cell = { segment: "s", product_line: "l", current: "40.5000", basis: "estimated", potential: "90" };
      const base = m.readCells([{ ...cell, probability: 0.25, probability_assumed: true, buyers: 6, csfs: [] }]);
      const stored = { segment: "s", product_line: "l", potential: "120.0000", probability: null, position: "ours" };
      const now = m.withStored(base, [{ ...stored, csfs: ["b", "a"], version: 1 }, { ...stored, segment: null }]);
      const [first, second] = [now.get("s|l"), now.get("|l")];
      return [base.get("s|l").potential, first.potential, first.current, first.estimate.potential, first.position,
              first.csfs, first.version, second.potential, second.current, second.estimate];
    """
    assert run("model.js", script) == [None, 120, 40.5, 90, "ours", ["a", "b"], 1, 120, 0, None]
