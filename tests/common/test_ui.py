"""The tags of kam_ui: what a page writes for known, negative, unknown and hostile values."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from kam.common import assets, drawing, gallery
from kam.common.meanings import CLASSES, GROWTH, MEANINGS, SHAPES
from kam.common.ui import marks


def render(source: str, address: str = "/accounts/", **context: object) -> str:
    request = RequestFactory().get(address)
    page = Template("{% load kam_ui %}" + source)
    return page.render(Context({"request": request, **context}))


def test_money_is_marked_when_negative_and_worded_when_unknown() -> None:
    assert render('{% money v "USD" %}', v=Decimal("-86700")) == '<span class="k-num k-neg">−$86.7k</span>'
    assert render('{% money v "USD" %}', v=Decimal("0")) == '<span class="k-num">$0</span>'
    assert render('{% money v "USD" %}', v=None) == '<span class="k-unknown">not known</span>'


def test_a_change_has_a_sign_in_every_kind() -> None:
    assert "+29.8\u00a0%" in render("{% change 0.298 %}")
    assert "−$372k" in render('{% change -372000 "money" "USD" %}')
    assert "+36" in render('{% change 36000 "thousands" %}')
    assert "−2.8\u00a0points" in render('{% change -0.028 "points" %}')


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_says_its_word_beside_its_shape(kind: str) -> None:
    for value, known in CLASSES[kind].items():
        badge = render("{% class_badge kind value %}", kind=kind, value=value)
        assert known.word in badge
        if known.meaning:
            assert f"k-badge-{known.meaning}" in badge
            assert "<svg" in badge


def test_an_unknown_class_is_said_and_not_guessed() -> None:
    assert "Not known" in render('{% class_badge "loyalty" v %}', v=None)
    assert "not known" in render('{% class_mark "loyalty" v %}', v=None)


def test_meanings_have_shapes_and_growth_types_have_patterns() -> None:
    assert set(SHAPES) == set(MEANINGS)
    assert len({kind.pattern for kind in GROWTH.values()}) == len(GROWTH)


def test_hostile_names_stay_text() -> None:
    name = '<script>alert("x")</script>'
    for source in (
        "{% badge name %}",
        "{% explained name '/x/' name %}",
        "{% notice name name action=name url='/x/' %}",
        "{% empty_state name name %}",
        "{% avatar name %}",
        "{% kpi name name compare=name %}",
        "{% chart 'bars' '/x/' name %}",
        "{% explanation name formula=name %}",
    ):
        assert "<script>alert" not in render(source, name=name), source


def test_an_icon_that_tabler_does_not_have_is_an_error_at_once() -> None:
    with pytest.raises(ImproperlyConfigured, match="no-such-icon"):
        marks.icon("no-such-icon")


def test_icons_are_silent_unless_they_stand_alone() -> None:
    assert 'aria-hidden="true"' in marks.icon("star")
    assert 'role="img" aria-label="Follow"' in marks.icon("star", label="Follow")


def test_an_explained_figure_works_without_scripts_and_names_itself() -> None:
    html = render('{% explained "$36.24M" "/explain/net-sales/" "net sales" %}')
    assert 'href="/explain/net-sales/"' in html
    assert "$36.24M" in html
    assert "net sales, explain" in html


def test_filters_keep_the_rest_of_the_address() -> None:
    options = [{"value": "NO", "label": "Norway"}, {"value": "SE", "label": "Sweden"}]
    source = '{% filter_chip "Country" "country" options %}'
    assert "All 2" in render(source, options=options)
    html = render(source, "/accounts/?country=NO&q=bike&page=3", options=options)
    assert "k-chip-on" in html
    assert "Norway" in html
    assert 'value="NO" checked' in html
    assert 'href="?q=bike"' in html
    assert "2 of 2" in render(source, "/?country=NO&country=SE", options=options)


def test_a_toggle_switches_on_and_off_in_the_address() -> None:
    source = '{% toggle_chip "Key accounts only" "key" %}'
    assert 'href="?q=a&amp;key=true"' in render(source, "/?q=a&page=2")
    assert 'href="?q=a"' in render(source, "/?q=a&key=true")


@pytest.mark.parametrize(
    ("address", "link", "state"),
    [
        ("/?q=a", "?q=a&amp;ordering=-net_sales", ""),
        ("/?ordering=-net_sales", "?ordering=net_sales", 'aria-sort="descending"'),
        ("/?ordering=net_sales&page=4", "?ordering=-net_sales", 'aria-sort="ascending"'),
    ],
)
def test_a_column_head_sorts_both_ways_and_says_which(address: str, link: str, state: str) -> None:
    html = render('{% sort_th "Net sales" "net_sales" %}', address)
    assert f'href="{link}"' in html
    assert state in html
    assert ("aria-sort" in html) == bool(state)


def test_the_pager_counts_and_keeps_filters() -> None:
    html = render('{% pager page "account" %}', "/?q=a&page=2", page=Paginator(range(120), 50).page(2))
    assert "51" in html
    assert "100" in html
    assert "120" in html
    assert 'href="?q=a&amp;page=1"' in html
    assert 'href="?q=a&amp;page=3"' in html
    assert render('{% pager page "account" %}', page=Paginator([], 50).page(1)).strip() == ""


def test_the_reference_date_says_fresh_stale_and_never() -> None:
    now = timezone.now()
    fresh = render(
        "{% asof d computed_at=at recompute_url='/r/' %}", d=date(2013, 11, 30), at=now - timedelta(minutes=4)
    )
    assert "30 Nov 2013" in fresh
    assert "4\u00a0min ago" in fresh
    assert 'action="/r/"' in fresh
    assert "12 newer" in render("{% asof d computed_at=at stale=12 %}", d=date(2013, 11, 30), at=now)
    never = render("{% asof d %}", d=None)
    assert "Not computed yet" in never
    assert "<form" not in never


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=900), "15\u00a0minutes"),
        (timedelta(seconds=60), "1\u00a0minute"),
        (None, "a while"),
    ],
)
def test_spans_are_in_minutes(passed: timedelta | None, words: str) -> None:
    assert render("{{ v|minutes }}", v=passed) == words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Noor Haverkamp", "NH"),
        ("Anna", "AN"),
        ("kasper.lind@example.org", "KL"),
        ("", "?"),
        ("Åsa von Berg", "ÅB"),
    ],
)
def test_initials(name: str, expected: str) -> None:
    assert marks.initials(name) == expected


def test_sentence_case_keeps_abbreviations() -> None:
    assert marks.sentence("Add Security Key") == "Add security key"
    assert marks.sentence("Scan the QR Code") == "Scan the QR code"


def test_the_shell_shows_only_doors_that_open() -> None:
    source = (
        "{% shell_nav as doors %}{% for d in doors %}{{ d.label }}{% if d.current %}*{% endif %} {% endfor %}"
    )
    assert render(source, "/accounts/1/", nav={"accounts": True, "imports": False}) == "Home Accounts* "
    assert render(source, "/", nav={}) == "Home* "


def test_a_field_names_its_errors_for_its_widget() -> None:
    from django import forms

    class Rate(forms.Form):
        rate = forms.DecimalField(label="Discount Rate", help_text="A share such as 0.10.")
        note = forms.CharField(required=False)

    form = Rate({"rate": "ten"})
    form.is_valid()
    html = render("{% field form.rate %}{% field form.note %}", form=form)
    assert "Discount rate" in html
    assert "Enter a number." in html
    assert 'aria-invalid="true"' in html
    described = html.split('aria-describedby="')[1].split('"')[0].split()
    assert described
    assert all(f'id="{target}"' in html for target in described)
    assert "optional" in html


# ---- drawings --------------------------------------------------------------------------------------------


def test_a_sparkline_needs_two_points_and_shows_zero() -> None:
    assert drawing.sparkline([]) is None
    assert drawing.sparkline([None, 3.0]) is None
    spark = drawing.sparkline([2.0, 1.0, -1.0])
    assert spark is not None
    assert spark.last_negative
    assert 4 < spark.zero < 36
    assert spark.last_y == 36
    flat = drawing.sparkline([0.0, 0.0])
    assert flat is not None
    assert not flat.any_negative


def test_shares_fill_the_bar_and_small_ones_stay_visible() -> None:
    laid = drawing.segments([1, 999, 0])
    assert laid[0].width >= 1
    assert laid[2].width == 0
    assert sum(part.width for part in laid) == pytest.approx(100, abs=0.01)
    assert laid[1].x == pytest.approx(laid[0].width, abs=0.01)
    assert [part.width for part in drawing.segments([0, 0])] == [0, 0]


def test_the_ring_leaves_the_unknown_unfilled() -> None:
    arcs = drawing.ring([(50, 80), (30, None), (20, 0)])
    assert [arc.meaning for arc in arcs] == ["keep", "none", "cut"]
    assert [bool(arc.fill) for arc in arcs] == [True, False, False]
    assert drawing.ring([]) == []
    whole = drawing.ring([(1, 100)])
    assert len(whole) == 1
    assert whole[0].fill


def test_coverage_shows_at_least_one_tick() -> None:
    assert render('{% ticks 1 635 "coverage" %}').count("k-tick-on") == 1
    assert render('{% ticks 0 635 "coverage" %}').count("k-tick-on") == 0
    assert render('{% ticks 0 0 "coverage" %}').count("k-tick-off") == 30


# ---- the whole ------------------------------------------------------------------------------------------


def test_the_gallery_shows_every_part_without_inline_code() -> None:
    user = SimpleNamespace(is_authenticated=False, locale="en_GB")
    from django.template.loader import render_to_string

    request = RequestFactory().get("/components/")
    context = {**gallery.gallery_context(), "user": user, "nav": {}}
    context["computed_at"] = datetime(2013, 12, 1, tzinfo=timezone.get_current_timezone())
    context["charts"] = ()
    html = render_to_string("components/gallery.html", context, request=request)
    assert "k-kpis" in html
    for forbidden in (' style="', " onclick=", "javascript:", "<script>"):
        assert forbidden not in html


def test_vendored_files_have_no_dangling_source_maps_and_no_remote_addresses() -> None:
    files = assets.vendor_dir() / "files"
    for destination in assets.VENDOR_FILES.values():
        path = files / destination
        assert path.is_file(), destination
        if path.suffix in {".css", ".js"}:
            assert "sourceMappingURL=" not in path.read_text(encoding="utf-8")[-300:]
        if path.suffix == ".css":
            assert "@import" not in path.read_text(encoding="utf-8")
