"""A list of many objects reads and refuses exactly what DRF's own list does; kept answers keep to their room."""

from typing import Any

import pytest
from rest_framework import serializers

from kam.common.api.fields import Objects
from kam.common.api.kept import Encoded, KeptAnswers
from planning.api.open_space import CellInput

LINE = "0198c0de-0000-7000-8000-000000000000"
GOOD: list[Any] = [
    {"product_line": LINE, "potential": "12.50"},
    {"product_line": LINE, "segment": LINE, "potential": 12, "probability": 0.5},
    {"product_line": LINE, "segment": None, "note": " kept ", "competitor": "", "position": "ours"},
    # What a client sends back as it got it.
    {"product_line": LINE, "gap": "1", "rank": 3, "contract_end": "2026-12-31", "csfs": [LINE]},
    {"product_line": LINE, "potential": "12.50", "csfs": None, "owner": None},
]


def read(field: serializers.ListField, data: Any) -> Any:
    try:
        return field.run_validation(data)
    except serializers.ValidationError as error:
        return error.get_full_details()


def test_good_objects_are_read_alike() -> None:
    ours = read(Objects(child=CellInput()), GOOD)
    assert ours == read(serializers.ListField(child=CellInput()), GOOD)
    assert list(ours[0]) == ["segment", "product_line", "potential"]


@pytest.mark.parametrize(
    "bad",
    [
        {},
        None,
        "text",
        [],
        {"product_line": None},
        {"product_line": "elsewhere"},
        {"product_line": LINE, "pottential": "5"},
        {"product_line": LINE, "potential": "-1"},
        {"product_line": LINE, "potential": True},
        {"product_line": LINE, "potential": [1]},
        {"product_line": LINE, "probability": 2},
        {"product_line": LINE, "position": "leading"},
        {"product_line": LINE, "note": "x" * 4001},
        {"product_line": LINE, "csfs": [LINE, "none"]},
        {"product_line": LINE, "contract_end": "20261231"},
    ],
)
def test_a_fault_is_worded_alike(bad: Any) -> None:
    data = [GOOD[0], bad, GOOD[1]]
    ours = read(Objects(child=CellInput()), data)
    assert ours == read(serializers.ListField(child=CellInput()), data)
    assert 1 in ours


def test_too_many_objects_are_refused() -> None:
    assert read(Objects(child=CellInput(), max_length=2), GOOD)[0]["code"] == "max_length"


def test_kept_answers_make_room_for_those_asked_for_last() -> None:
    kept = KeptAnswers(megabytes=3)
    big = Encoded(b"x" * 2**20)
    for tag in ("a", "b", "c"):
        kept.keep(tag, big)
    assert kept.get("a") == big
    kept.keep("d", big)
    assert kept.get("b") is None
    assert kept.get("a") == kept.get("c") == kept.get("d") == big
    kept.keep("a", Encoded(b"y"))
    assert kept.get("a") == b"y"
    kept.keep("huge", Encoded(b"x" * 4 * 2**20))
    assert kept.get("huge") is None
    assert kept.get("a") == b"y"
