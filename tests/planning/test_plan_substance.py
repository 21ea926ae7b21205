"""Completeness rewards substance: empty phrases count nothing, and adding words never lowers the count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.selectors.plan_compare import text_pieces
from planning.selectors.plan_gaps import own_gaps
from planning.selectors.plan_substance import substance


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "tbd",
        "TBD.",
        "n/a",
        "N.A.",
        "To be defined",
        "to be done, to be discussed, to be confirmed",
        "see above",
        "as usual",
        "none",
        "xxx xxxx",
        "...",
        "- - -",
        "more of the same; business as usual",
        "we will improve things and leverage synergies",
        "lorem ipsum dolor sit amet",
    ],
)
def test_an_empty_phrase_counts_nothing(text: str) -> None:
    assert substance(text) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Halve line stops in Oslo", 4),
        ("Halve halve HALVE", 1),
        ("120,000 a year", 3),  # 120, 000 and year: figures count like words
        ("Ölpumpen für Bergen", 3),
    ],
)
def test_words_that_say_something_count_once(text: str, words: int) -> None:
    assert substance(text) == words


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_never_says_less_when_it_stands_apart(one: str, other: str) -> None:
    assert substance(f"{one}\n¶\n{other}") >= max(substance(one), substance(other))


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_comparison_holds_both_texts_whole(old: str, new: str) -> None:
    pieces = text_pieces(old, new)
    assert bool(pieces) == (old != new)
    if pieces:
        assert "".join(piece.text for piece in pieces if piece.op != "added") == old
        assert "".join(piece.text for piece in pieces if piece.op != "removed") == new


def test_a_section_that_was_only_filled_scores_like_an_empty_one() -> None:
    assert own_gaps("summary", "to be defined " * 40, []) == own_gaps("summary", "", []) == (0.0, ["text"])
