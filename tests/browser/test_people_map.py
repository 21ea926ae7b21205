"""The people map in a real browser: built with the mouse, built with the keyboard, re-hung, replayed, shown well."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account
from buying_center.models import Contact, ContactRole, InfluenceLink
from kam.tenancy.context import tenant_context
from tests.browser.conftest import Open, assert_shown_well
from tests.buying_center.history import happened
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    SellingCenterMemberFactory,
)

EIGHT = {
    "Sindre Aaslund": None,
    "Ragna Tveitdal": "Sindre Aaslund",
    "Oddmar Kvisle": "Sindre Aaslund",
    "Lovisa Brandell": "Ragna Tveitdal",
    "Jorunn Sletten": "Oddmar Kvisle",
    "Matteo Lanzer": "Oddmar Kvisle",
    "Kaja Myhre": "Matteo Lanzer",
    "Fleet finance controller": "Ragna Tveitdal",
}


@pytest.fixture
def account(tenant, members) -> Account:
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"])
        SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        return account


@pytest.fixture
def three(tenant, members, account) -> dict[str, Contact]:
    """Ragna decides; Matteo, covered, reports to her and influences her; Amsel is against us."""
    with tenant_context(tenant.id):
        nora = account.selling_center.get()
        ragna = ContactFactory(
            account=account, name="Ragna Tveitdal", title="Finance chief", power=8, attitude=-1
        )
        matteo = ContactFactory(
            account=account,
            name="Matteo Lanzer",
            title="Head of rental fleet",
            power=5,
            attitude=2,
            strength=5,
            receptiveness=8,
            covered_by=nora,
            reports_to=ragna,
        )
        amsel = ContactFactory(
            account=account, name="Dietrich Amsel", power=7, attitude=-2, is_opponent=True, reports_to=ragna
        )
        ContactFactory(account=account, person__name="Head of engineering", person__is_placeholder=True)
        ContactRoleFactory(contact=ragna, role="decider")
        ContactRoleFactory(contact=matteo, role="facilitator")
        InfluenceLinkFactory(source=matteo, target=ragna, topic="service record", strength=4)
        InfluenceLinkFactory(source=amsel, target=matteo, topic="who owns rental", kind="conflict")
        return {"ragna": ragna, "matteo": matteo, "amsel": amsel}


def open_map(open_as: Open, member: Any, account: Account, **options: Any) -> Page:
    page = open_as(member, f"/accounts/{account.pk}/people/map/", **options)
    page.locator("#pm-map[data-complete]").wait_for()
    return page


def card(page: Page, name: str) -> Any:
    return page.locator(".pm-over .pm-card", has_text=name)


def middle(page: Page, name: str) -> tuple[float, float]:
    box = card(page, name).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def fit(page: Page) -> None:
    """Show everybody, and wait until they are drawn there."""
    page.locator("#pm-fit").click()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def saved(page: Page) -> None:
    expect(page.locator("#pm-state")).to_have_text("Saved")


def managers(tenant: Any) -> dict[str, str | None]:
    with tenant_context(tenant.id):
        rows = Contact.objects.select_related("person", "reports_to__person")
        return {row.name: row.reports_to.name if row.reports_to else None for row in rows}


def test_a_map_of_eight_people_grows_from_nothing_with_the_mouse(
    open_as: Open, account, tenant, members
) -> None:
    page = open_map(open_as, members["kam"], account)
    dialog = page.locator("#pm-dialog[open]")
    for number, name in enumerate(EIGHT):
        page.locator("#pm-add-first" if number == 0 else "#pm-add").click()
        if number == 0:
            dialog.get_by_role("button", name="Add person").click()
            expect(dialog.get_by_role("alert")).to_contain_text("enter a name")
        dialog.get_by_label("Name", exact=True).fill(name)
        if name == "Fleet finance controller":
            dialog.get_by_label("Name not known yet").check()
        if name == "Ragna Tveitdal":
            dialog.get_by_label("Decider").check()
        dialog.get_by_role("button", name="Add person").click()
        card(page, name).wait_for()
        # The new card is chosen, and brought into view, when the server has answered.
        expect(page.locator("#announcer")).to_contain_text(f"{name}. ")
        saved(page)
    # Everybody stood beside each other; dropping a card on another hangs it there. That the sentence above has
    # grown by a line meanwhile moves the map, and not what the pointer takes.
    page.evaluate("document.getElementById('pm-finding').style.paddingBottom = '41px'")
    fit(page)
    for name, boss in EIGHT.items():
        if boss:
            fit(page)
            drag(page, middle(page, name), middle(page, boss))
            expect(page.locator("#announcer")).to_contain_text(f"{name} reports to {boss} now.")
            saved(page)
    assert managers(tenant) == EIGHT

    # A line, drawn from the handle of one card to another.
    fit(page)
    page.mouse.move(*middle(page, "Matteo Lanzer"))
    handle = page.locator(".pm-handle")
    handle.wait_for()
    grip = handle.bounding_box()
    drag(page, (grip["x"] + 12, grip["y"] + 12), middle(page, "Ragna Tveitdal"))
    dialog.get_by_label("On what").fill("service record")
    dialog.get_by_label("How strongly").select_option("4")
    dialog.get_by_label("Note").fill("Since the winter")
    dialog.get_by_role("button", name="Draw line").click()
    dialog.wait_for(state="hidden")
    with tenant_context(tenant.id):
        line = InfluenceLink.objects.select_related("source__person", "target__person").get()
        assert (line.source.name, line.target.name, line.topic, line.strength, line.note) == (
            "Matteo Lanzer",
            "Ragna Tveitdal",
            "service record",
            4,
            "Since the winter",
        )
        assert ContactRole.objects.get().contact_id == line.target_id

    # Into the parking lot, back by undo; arranged, and back to where everybody lay.
    page.locator("#pm-parking").scroll_into_view_if_needed()
    spot = page.locator("#pm-parking").bounding_box()
    drag(page, middle(page, "Kaja Myhre"), (spot["x"] + 200, spot["y"] + 20))
    page.locator("#pm-parking").get_by_role("button", name="Kaja Myhre").wait_for()
    page.locator("#pm-undo").click()
    card(page, "Kaja Myhre").wait_for()
    saved(page)
    with tenant_context(tenant.id):
        assert not Contact.objects.filter(is_parked=True).exists()
        before = {row.name: (row.map_x, row.map_y) for row in Contact.objects.select_related("person")}
    page.locator("#pm-arrange").click()
    expect(page.locator("#announcer")).to_contain_text("arranged")
    saved(page)
    with tenant_context(tenant.id):
        after = {row.name: (row.map_x, row.map_y) for row in Contact.objects.select_related("person")}
    assert after != before
    assert after["Sindre Aaslund"][1] < after["Ragna Tveitdal"][1] < after["Lovisa Brandell"][1]
    page.locator("#pm-undo").click()
    saved(page)
    with tenant_context(tenant.id):
        assert before == {
            row.name: (row.map_x, row.map_y) for row in Contact.objects.select_related("person")
        }
    # The finding follows what was drawn.
    expect(page.locator("#pm-finding")).to_contain_text("Nobody covers Ragna Tveitdal, who decides")


def test_the_same_map_grows_with_the_keyboard_alone(open_as: Open, account, tenant, members) -> None:
    page = open_map(open_as, members["kam"], account)
    keys = page.keyboard
    host = page.locator("#pm-map")
    dialog = page.locator("#pm-dialog[open]")
    page.locator("#pm-add").focus()
    keys.press("Tab")
    expect(host).to_be_focused()
    for name, boss in EIGHT.items():
        keys.press("n")
        dialog.wait_for()
        expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
        keys.type(name)
        if boss:
            dialog.get_by_label("Reports to").focus()
            keys.type(boss)
        keys.press("Enter")
        dialog.wait_for(state="hidden")
        expect(page.locator("#announcer")).to_contain_text(name)
        expect(host).to_be_focused()
    saved(page)
    assert managers(tenant) == EIGHT

    # The selection moves over the chart, and says where it is.
    keys.press("Home")
    expect(page.locator("#announcer")).to_contain_text("Sindre Aaslund")
    keys.press("ArrowDown")
    expect(page.locator("#announcer")).to_contain_text("reports to Sindre Aaslund")
    # A line, from whoever is chosen.
    keys.press("Home")
    keys.press("l")
    dialog.wait_for()
    keys.type("Ragna")
    dialog.get_by_label("On what").focus()
    keys.type("budget")
    keys.press("Enter")
    dialog.wait_for(state="hidden")
    with tenant_context(tenant.id):
        assert InfluenceLink.objects.get().topic == "budget"
    # Moved with m and arrows, re-hung with h, parked with p, taken back with Ctrl Z.
    keys.press("Home")
    with tenant_context(tenant.id):
        x, y = Contact.objects.values_list("map_x", "map_y").get(person__name="Sindre Aaslund")
    keys.press("m")
    keys.press("ArrowRight")
    keys.press("Shift+ArrowUp")
    keys.press("Enter")
    saved(page)
    expect(page.locator("#announcer")).to_contain_text("Sindre Aaslund moved.")
    with tenant_context(tenant.id):
        assert Contact.objects.values_list("map_x", "map_y").get(person__name="Sindre Aaslund") == (
            x + 22,
            y - 110,
        )
    keys.press("End")
    chosen = page.locator(".pm-card.is-selected b").first.inner_text()
    keys.press("h")
    dialog.wait_for()
    keys.type("Sindre")
    keys.press("Enter")
    dialog.wait_for(state="hidden")
    saved(page)
    assert managers(tenant)[chosen] == "Sindre Aaslund"
    keys.press("Control+z")
    saved(page)
    expect(page.locator("#announcer")).to_contain_text("Undone")
    assert managers(tenant) == EIGHT
    keys.press("p")
    page.locator("#pm-parking").get_by_role("button", name=chosen).wait_for()
    keys.press("Control+z")
    card(page, chosen).wait_for()
    # Enter opens beside the map; closing gives the focus back; the list of keys is one key away.
    keys.press("Home")
    keys.press("Enter")
    expect(page.locator("#pm-side [data-chosen] h2")).to_be_focused()
    page.locator("#pm-side").get_by_role("button", name="Edit, or help me choose").press("Enter")
    panel = page.locator("#contact-panel[open]")
    panel.get_by_text("Help me choose the power").press("Enter")
    panel.get_by_label("They can sign for sums").press("Space")
    panel.get_by_label("When they object").press("Space")
    panel.get_by_role("button", name="Save").press("Enter")
    panel.wait_for(state="hidden")
    expect(card(page, "Sindre Aaslund").locator(".pm-power b")).to_have_text("7")
    expect(host).to_be_focused()
    keys.press("Control+z")
    expect(card(page, "Sindre Aaslund").locator(".pm-power b")).to_have_text("?")
    keys.press("?")
    page.locator("#pm-help[open]").wait_for()
    keys.press("Escape")
    keys.press("Escape")
    keys.press("Escape")
    expect(host).not_to_be_focused()


def test_a_manager_is_re_hung_and_a_circle_is_refused_in_words(
    open_as: Open, account, three, tenant, members
) -> None:
    page = open_map(open_as, members["kam"], account)
    drag(page, middle(page, "Ragna Tveitdal"), middle(page, "Matteo Lanzer"))
    expect(page.locator("#announcer")).to_contain_text("Nobody can stand above themselves.")
    drag(page, middle(page, "Dietrich Amsel"), middle(page, "Matteo Lanzer"))
    saved(page)
    assert managers(tenant)["Dietrich Amsel"] == "Matteo Lanzer"
    page.locator("#pm-undo").click()
    expect(page.locator("#announcer")).to_contain_text("Undone: re-hung Dietrich Amsel.")
    saved(page)
    assert managers(tenant)["Dietrich Amsel"] == "Ragna Tveitdal"
    page.locator("#pm-redo").click()
    expect(page.locator("#announcer")).to_contain_text("Done again")
    saved(page)
    assert managers(tenant)["Dietrich Amsel"] == "Matteo Lanzer"


def test_a_line_is_changed_taken_away_and_brought_back(
    open_as: Open, account, three, tenant, members
) -> None:
    page = open_map(open_as, members["kam"], account)
    page.mouse.click(*middle(page, "Matteo Lanzer"))
    side = page.locator("#pm-side")
    side.get_by_role(
        "button", name="Matteo Lanzer influences Ragna Tveitdal on service record, 4 of 5"
    ).click()
    side.get_by_role("button", name="Change").click()
    dialog = page.locator("#pm-dialog[open]")
    dialog.get_by_label("How strongly").select_option("2")
    dialog.get_by_role("button", name="Save line").click()
    saved(page)
    expect(side).to_contain_text("Weakest step: Matteo Lanzer to Ragna Tveitdal, 2 of 5.")
    side.get_by_role("button", name="Take away").click()
    expect(side).to_contain_text("Nobody covers Ragna Tveitdal")
    saved(page)
    with tenant_context(tenant.id):
        assert [line.kind for line in InfluenceLink.objects.all()] == ["conflict"]
    page.locator("#pm-undo").click()
    saved(page)
    page.locator("#pm-undo").click()
    saved(page)
    with tenant_context(tenant.id):
        line = InfluenceLink.objects.get(kind="influence")
        assert (line.topic, line.strength) == ("service record", 4)


def test_the_history_is_replayed_and_the_past_cannot_be_changed(
    open_as: Open, account, three, tenant, members
) -> None:
    with tenant_context(tenant.id):
        for contact in Contact.objects.filter(account=account):
            happened("Contact", "2025-02-03", pgh_obj_id=contact.pk)
            happened("Person", "2025-02-03", pgh_obj_id=contact.person_id)
        for role in ContactRole.objects.all():
            happened("ContactRole", "2025-02-03", pgh_obj_id=role.pk)
        for line in InfluenceLink.objects.all():
            happened("InfluenceLink", "2025-06-01", pgh_obj_id=line.pk)
        Contact.objects.filter(pk=three["ragna"].pk).update(attitude=1, power=9)
        happened("Contact", "2025-09-02", pgh_obj_id=three["ragna"].pk)
    page = open_map(open_as, members["kam"], account)
    expect(card(page, "Ragna Tveitdal").locator(".pm-face b")).to_have_text("+1")
    slider = page.get_by_role("slider", name="Day that the map shows")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#pm-past")).to_contain_text(
        "As it stood on 3 Feb 2025. Nothing can be changed here."
    )
    expect(card(page, "Ragna Tveitdal").locator(".pm-face b")).to_have_text("\u22121")
    assert slider.get_attribute("aria-valuetext").startswith("3 Feb 2025. 4 changes:")
    expect(page.locator("#pm-add")).to_be_disabled()
    before = middle(page, "Matteo Lanzer")
    drag(page, before, (before[0] + 90, before[1] + 60))
    slider.press("ArrowRight")
    expect(page.locator("#pm-past")).to_contain_text("1 Jun 2025")
    expect(page.locator("#announcer")).to_contain_text("2 changes")
    page.get_by_role("button", name="Back to today").click()
    expect(page.locator("#pm-past")).to_be_hidden()
    expect(card(page, "Ragna Tveitdal").locator(".pm-face b")).to_have_text("+1")
    expect(page.locator("#pm-add")).to_be_enabled()
    page.get_by_role("button", name="Replay the history").click()
    expect(page.locator("#pm-past")).to_contain_text("3 Feb 2025")
    expect(page.locator("#pm-past")).to_be_hidden(timeout=15_000)
    with tenant_context(tenant.id):
        assert not Contact.objects.filter(map_x__isnull=False).exists()


def test_two_editors_of_one_person_are_asked_and_nothing_is_overwritten(
    open_as: Open, account, three, tenant, members
) -> None:
    page = open_map(open_as, members["kam"], account)
    with tenant_context(tenant.id):
        # Somebody else moves Matteo under nobody, while this page still shows Ragna above him.
        Contact.objects.filter(pk=three["matteo"].pk).update(reports_to=None)
    drag(page, middle(page, "Matteo Lanzer"), middle(page, "Dietrich Amsel"))
    conflict = page.locator("#pm-conflict[open]")
    expect(conflict).to_contain_text("Somebody else changed this too")
    expect(conflict).to_contain_text("nobody")
    assert managers(tenant)["Matteo Lanzer"] is None
    conflict.get_by_role("button", name="Take theirs").click()
    saved(page)
    assert managers(tenant)["Matteo Lanzer"] is None
    with tenant_context(tenant.id):
        Contact.objects.filter(pk=three["matteo"].pk).update(reports_to=three["ragna"])
    drag(page, middle(page, "Matteo Lanzer"), middle(page, "Dietrich Amsel"))
    conflict.get_by_role("button", name="Keep mine").click()
    saved(page)
    assert managers(tenant)["Matteo Lanzer"] == "Dietrich Amsel"


def test_filters_and_legend_fade_and_never_hide(open_as: Open, account, three, members) -> None:
    page = open_map(open_as, members["kam"], account)
    page.locator("#pm-filter summary").click()
    page.locator("#pm-filter-body").get_by_label("Facilitator").check()
    expect(card(page, "Ragna Tveitdal")).to_have_class(re.compile("is-faded"))
    expect(card(page, "Matteo Lanzer")).not_to_have_class(re.compile("is-faded"))
    page.locator("#pm-filter-body").get_by_role("button", name="Clear").click()
    page.keyboard.press("Escape")
    expect(page.locator(".pm-card.is-faded")).to_have_count(0)
    page.locator("[data-pick=nobody]").hover()
    expect(card(page, "Matteo Lanzer")).to_have_class(re.compile("is-faded"))
    expect(card(page, "Ragna Tveitdal")).not_to_have_class(re.compile("is-faded"))
    # Further out there are plain shapes, and still everybody.
    for _ in range(3):
        page.locator("#pm-out").click()
    expect(page.locator(".pm-over .pm-card")).to_have_count(0)


def test_readers_see_and_do_not_change(open_as: Open, account, three, tenant, members) -> None:
    page = open_map(open_as, members["executive"], account)
    expect(page.get_by_text("You can read this map.")).to_be_visible()
    before = middle(page, "Matteo Lanzer")
    drag(page, before, (before[0] + 120, before[1] + 40))
    page.mouse.click(*middle(page, "Matteo Lanzer"))
    expect(page.locator("#pm-side [data-chosen]")).to_contain_text("Head of rental fleet")
    expect(page.get_by_role("button", name="Edit, or help me choose")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#pm-dialog[open]")).to_have_count(0)
    with tenant_context(tenant.id):
        assert not Contact.objects.filter(map_x__isnull=False).exists()


def test_it_is_saved_as_picture_and_drawing_and_printed(open_as: Open, account, three, members) -> None:
    page = open_map(open_as, members["kam"], account)
    for name, start in (("Picture (PNG)", b"\x89PNG"), ("Drawing (SVG)", b"<?xml")):
        page.locator("summary[title=Files]").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        content = download.value.path().read_bytes()
        assert content.startswith(start) and len(content) > 2_000
        assert download.value.suggested_filename.startswith("people-fjellvik.")
    assert b"Ragna Tveitdal" in content
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#pm-print svg")).to_be_visible()
    expect(page.locator(".pm-toolbar")).to_be_hidden()


def test_it_is_shown_well_everywhere(open_as: Open, account, three, members) -> None:
    page = open_map(open_as, members["kam"], account)
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.mouse.click(*middle(page, "Matteo Lanzer"))
    page.locator("#pm-side [data-chosen]").wait_for()
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#pm-map").press("l")
    page.locator("#pm-dialog[open]").wait_for()
    assert_shown_well(page)
    page.keyboard.press("Escape")
    page.locator("#pm-map").press("n")
    page.locator("#pm-dialog[open]").wait_for()
    assert_shown_well(page)


def test_a_phone_shows_the_table_first_and_the_map_by_the_switch(
    open_as: Open, account, three, members
) -> None:
    page = open_map(open_as, members["kam"], account, viewport={"width": 390, "height": 844})
    page.goto(f"{page.url}?from=tab")
    page.wait_for_url("**/people/?view=table")
    page.get_by_role("link", name="Map", exact=True).click()
    page.locator("#pm-map[data-ready]").wait_for()
    card(page, "Ragna Tveitdal").wait_for()
