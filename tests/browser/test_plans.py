"""Account plans in a real browser: from draft to approved, two people in one section, the exports (K32)."""

import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, Route, expect
from pptx import Presentation
from pypdf import PdfReader

from accounts.models import Account
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Role, Tenant
from kam.tenancy.services import member_add, tenant_create
from planning.models import Plan, PlanEntry, PlanState
from planning.selectors.plans import plan_sections
from planning.services.plan_sections import row_add, section_save
from planning.services.plans import plan_create
from tests.browser.conftest import Open, assert_accessible, assert_shown_well
from tests.factories import (
    KeyAccountFactory,
    ObjectiveFactory,
    OpenSpaceCellFactory,
    ProductLineFactory,
    SegmentFactory,
)

SUMMARY = (
    "Fjellvik doubles its rental fleet in the Alps until 2027. We win its spare parts contract by proving "
    "that every bike is repaired within two days, and ask for one mechanic in Bolzano."
)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@dataclass
class Office:
    """A company with one key account, its manager, an executive and an administrator."""

    tenant: Tenant
    kam: Membership
    admin: Membership
    executive: Membership
    account: Account

    @property
    def path(self) -> str:
        return f"/accounts/{self.account.pk}/plan/"

    def draft(self) -> Plan:
        """A draft that somebody has begun with a summary, an entry of the board and an action."""
        principal = Principal(member=self.kam)
        period = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
        with tenant_context(self.tenant.id):
            plan = plan_create(principal=principal, values={"account": self.account.pk, **period})
            section_save(principal=principal, plan=plan, key="summary", text=SUMMARY)
            entry = {"quadrant": "strength", "text": "Mechanics on site", "evidence": "Call log"}
            row_add(principal=principal, plan=plan, key="swot", values=entry)
            action = {"text": "Show the repair log", "owner": self.kam.user_id, "due_on": date(2026, 3, 1)}
            row_add(principal=principal, plan=plan, key="actions", values=action)
        return plan

    def text(self, plan: Plan, key: str) -> str:
        """What is stored in a section."""
        with tenant_context(self.tenant.id):
            return plan_sections(plan)[key].text

    def state(self) -> str:
        with tenant_context(self.tenant.id):
            return Plan.objects.get().state


@pytest.fixture
def office(committed_db: None) -> Office:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    kam = member_add(tenant=tenant, email="nora@northwind.example", role=Role.KAM, name="Nora Haverkamp")
    admin = member_add(tenant=tenant, email="ada@northwind.example", role=Role.ADMIN, name="Ada Admin")
    eva = member_add(tenant=tenant, email="eva@northwind.example", role=Role.EXECUTIVE, name="Eva Exec")
    with tenant_context(tenant.id):
        account = KeyAccountFactory(name="Fjellvik Cycle Group", owner=kam)
        ObjectiveFactory(account=account, title="Win the spare parts contract", type="grow", owner=kam)
        OpenSpaceCellFactory(
            account=account,
            segment=SegmentFactory(account=account, name="Rental fleet"),
            product_line=ProductLineFactory(name="Spare parts"),
            potential="240000",
            note="They replace 160 bikes before the season.",
        )
    return Office(tenant, kam, admin, eva, account)


def section(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Sections of the plan").get_by_role("link", name=title).click()


def saved(page: Page) -> None:
    expect(page.locator("#plan-text-state")).to_have_attribute("data-state", "saved")


def test_a_plan_goes_from_draft_to_approved_by_two_people(open_as: Open, office: Office) -> None:
    nora = open_as(office.kam, office.path)
    expect(nora.locator(".k-finding-account")).to_have_text("Fjellvik Cycle Group has no plan yet.")
    assert_accessible(nora)
    nora.get_by_role("button", name="Begin the plan").click()
    section(nora, "In short")
    nora.get_by_role("textbox", name="Where does this account go").press_sequentially(SUMMARY, delay=0)
    saved(nora)
    section(nora, "SWOT")
    nora.get_by_role("textbox", name="Add to strengths").fill("Mechanics on site within a day")
    nora.keyboard.press("Enter")
    # The board by keyboard, and back with the mouse.
    grip = nora.get_by_role("button", name="Move “Mechanics on site within a day”")
    grip.focus()
    for quadrant in ("weakness", "opportunity", "threat"):
        nora.keyboard.press("ArrowRight")
        expect(nora.locator(f".k-board-{quadrant}")).to_contain_text("Mechanics on site within a day")
        expect(grip).to_be_focused()
    grip.drag_to(nora.locator(".k-board-strength .k-board-list"))
    expect(nora.locator(".k-board-strength")).to_contain_text("Mechanics on site within a day")
    assert_shown_well(nora)
    nora.set_viewport_size({"width": 1440, "height": 900})
    section(nora, "Actions")
    nora.get_by_label("What", exact=True).fill("Show the repair log to their board")
    nora.get_by_label("Owner").select_option("Nora Haverkamp")
    nora.get_by_label("Due").fill("2026-03-01")
    nora.get_by_label("Objective").select_option("Win the spare parts contract")
    nora.get_by_role("button", name="Add", exact=True).click()
    expect(nora.locator(".k-plan-row")).to_contain_text("Show the repair log to their board")
    nora.get_by_role("button", name="Submit for approval").click()
    nora.get_by_role("dialog").get_by_role("button", name="Submit").click()
    expect(nora.locator(".k-plan-line")).to_contain_text("In review")
    expect(nora.get_by_role("button", name="Approve")).to_have_count(0)
    expect(nora.locator("#plan-text textarea")).to_have_count(0)

    eva = open_as(office.executive, "/")
    expect(eva.locator("#plans-waiting")).to_have_text("1 plan waits for your approval")
    assert_accessible(eva)
    eva.get_by_role("link", name="1 unread notification").click()
    eva.get_by_role("button", name="Nora Haverkamp asks you to approve").click()
    expect(eva.locator("#decide-title")).to_have_text("Nora Haverkamp asks you to approve this plan")
    assert_accessible(eva)
    eva.get_by_text("Send back", exact=True).click()
    eva.get_by_label("What should change?").fill("Say what the mechanic costs.")
    eva.get_by_role("button", name="Send back with this comment").click()
    expect(eva.locator(".k-plan-line")).to_contain_text("Draft")

    nora.reload()
    section(nora, "In short")
    talk = nora.locator("#plan-talk")
    expect(talk).to_contain_text("Say what the mechanic costs.")
    nora.get_by_role("textbox", name="Where does this account go").fill(f"{SUMMARY} It costs 60,000 a year.")
    saved(nora)
    talk.get_by_role("button", name="Settle").click()
    expect(talk).to_contain_text("settled")
    nora.get_by_role("button", name="Submit for approval").click()
    nora.get_by_role("dialog").get_by_role("button", name="Submit").click()
    expect(nora.locator(".k-plan-line")).to_contain_text("In review")

    eva.reload()
    expect(eva.locator("#plan-text")).to_contain_text("It costs 60,000 a year.")
    eva.get_by_role("button", name="Approve").click()
    expect(eva.locator(".k-plan-line")).to_contain_text("Approved")
    assert office.state() == PlanState.APPROVED
    eva.get_by_role("link", name="Read", exact=True).click()
    expect(eva.locator("main")).to_contain_text("Show the repair log to their board")

    nora.reload()
    nora.get_by_role("button", name="Activate").click()
    expect(nora.locator(".k-plan-line")).to_contain_text("Active")
    assert office.state() == PlanState.ACTIVE
    # What was signed stands; what is done goes on being kept.
    expect(nora.locator("#plan-text textarea")).to_have_count(0)
    section(nora, "Actions")
    nora.get_by_role("link", name="Edit Show the repair log to their board").click()
    nora.get_by_label("Status").first.select_option("Done")
    nora.get_by_role("button", name="Save").click()
    expect(nora.locator(".k-plan-row .k-plan-done")).to_have_text("Show the repair log to their board")
    nora.goto(nora.url.split("/plans/")[0] + f"/plans/{_id(office)}/versions/")
    assert_shown_well(nora)
    nora.goto(nora.url.replace("/versions/", "/compare/?old=1&new=3"))
    expect(nora.locator("main")).to_contain_text("It costs 60,000 a year.")
    assert_shown_well(nora)


def _id(office: Office) -> Any:
    with tenant_context(office.tenant.id):
        return Plan.objects.get().pk


def test_two_people_in_one_section_see_both_texts_and_nothing_is_lost(open_as: Open, office: Office) -> None:
    plan = office.draft()
    path = f"/plans/{plan.pk}/?section=summary"
    nora, ada = open_as(office.kam, path), open_as(office.admin, path)
    name = "Where does this account go"
    expect(ada.locator("#plan-people")).to_contain_text("Nora Haverkamp")
    nora.get_by_role("textbox", name=name).fill("Nora says: spare parts first.")
    saved(nora)

    # Ada's save is under way when she types on: what she adds meanwhile is hers as well.
    held: list[Route] = []
    ada.route("**/summary/text/", lambda route: held.append(route))
    box = ada.get_by_role("textbox", name=name)
    box.fill("Ada says: heat the halls")
    for _ in range(100):
        ada.wait_for_timeout(50)
        if held:
            break
    box.press_sequentially(" in May")
    held[0].continue_()
    ada.unroute("**/summary/text/")
    conflict = ada.locator("#plan-text [role=alert]")
    expect(conflict).to_contain_text("Nora Haverkamp changed this section while you were writing")
    expect(conflict).to_contain_text("Ada says: heat the halls in May")
    expect(conflict).to_contain_text("Nora says: spare parts first.")
    assert office.text(plan, "summary") == "Nora says: spare parts first."
    assert_shown_well(ada)
    ada.get_by_role("button", name="Take both").press("Enter")
    both = "Nora says: spare parts first.\n\nAda says: heat the halls in May"
    expect(box).to_have_value(both)
    assert office.text(plan, "summary") == both

    # Nora still sees her own: now she is asked, and keeps hers.
    nora.get_by_role("textbox", name=name).fill("Nora says: nothing else.")
    nora.get_by_role("button", name="Keep mine").click()
    expect(nora.get_by_role("textbox", name=name)).to_have_value("Nora says: nothing else.")
    assert office.text(plan, "summary") == "Nora says: nothing else."
    box.fill("Ada says: never mind")
    ada.get_by_role("button", name="Take theirs").click()
    expect(box).to_have_value("Nora says: nothing else.")


@pytest.mark.parametrize(
    ("key", "opener", "field", "mine", "theirs"),
    [
        ("swot", "Change “Mechanics on site”", "How we know", "Our log of 2026", "Their own words"),
        ("actions", "Edit Show the repair log", "Due", "2026-05-01", "2026-04-01"),
    ],
)
def test_two_people_in_one_row_are_both_heard(
    open_as: Open, office: Office, key: str, opener: str, field: str, mine: str, theirs: str
) -> None:
    plan = office.draft()
    pages = [open_as(who, f"/plans/{plan.pk}/?section={key}") for who in (office.kam, office.admin)]
    for page in pages:
        page.get_by_label(opener).or_(page.get_by_role("link", name=opener)).first.click()
        if key == "swot":
            page.locator("#plan-rows").get_by_role("link", name="Edit").click()
        expect(page.locator("#plan-rows li [name=version]")).to_be_attached()
    first, second = pages
    first.locator("#plan-rows").get_by_label(field).first.fill(theirs)
    first.get_by_role("button", name="Save").click()
    expect(first.locator("#plan-rows li [name=version]")).to_have_count(0)
    second.locator("#plan-rows").get_by_label(field).first.fill(mine)
    second.get_by_role("button", name="Save").click()
    alert = second.locator("#plan-rows [role=alert]")
    expect(alert).to_contain_text("Nora Haverkamp changed this")
    assert_accessible(second)
    second.get_by_role("button", name="Save").click()
    expect(alert).to_have_count(0)
    with tenant_context(office.tenant.id):
        if key == "swot":
            assert PlanEntry.objects.get().evidence == mine
    expect(second.locator("#plan-rows")).to_contain_text("1 May 2026" if key == "actions" else mine)


def test_the_three_exports_open_again_and_hold_the_plan(open_as: Open, office: Office) -> None:
    plan = office.draft()
    page = open_as(office.kam, f"/plans/{plan.pk}/", accept_downloads=True)

    def export(kind: str) -> bytes:
        page.get_by_text("Export", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        return download.value.path().read_bytes()

    deck = Presentation(io.BytesIO(export("PowerPoint")))
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    slides = " ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)
    assert any(shape.has_chart for shape in shapes)
    cells = " ".join(
        cell.text_frame.text
        for shape in shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    )
    pdf = PdfReader(io.BytesIO(export("PDF")))
    paper = " ".join(" ".join(sheet.extract_text().split()) for sheet in pdf.pages)
    book = load_workbook(io.BytesIO(export("Excel")))
    values = " ".join(
        str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row
    )
    for words in ("every bike is repaired within two days", "Show the repair log", "Mechanics on site"):
        assert words in slides + cells
        assert words in paper
        assert words in values
    for words in (slides, paper, values):
        assert "Fjellvik Cycle Group" in words
        assert "They replace 160 bikes before the season." in words + cells


def test_the_pages_of_a_plan_fit_every_width_and_scheme(open_as: Open, office: Office) -> None:
    plan = office.draft()
    base = f"/plans/{plan.pk}/"
    page = open_as(office.kam, f"{base}?section=meetings")
    assert_shown_well(page)
    for path in ("?section=open_space", "?section=targets", "changes/", "read/"):
        page.goto(page.url.split("/plans/")[0] + base + path)
        expect(page.locator("[hx-trigger^=load], [hx-trigger^=revealed]")).to_have_count(0)
        assert_shown_well(page)
    phone = open_as(office.kam, f"{base}?section=summary", **PHONE)
    phone.get_by_text("In short").first.click()
    section(phone, "Risks")
    phone.get_by_label("What could go wrong").fill("The chief mechanic retires")
    phone.get_by_role("button", name="Add", exact=True).click()
    expect(phone.locator(".k-plan-row")).to_contain_text("The chief mechanic retires")


def test_slides_of_one_s_own_are_uploaded_and_the_settings_are_shown_well(
    open_as: Open, office: Office
) -> None:
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "{{account}}"
    file = io.BytesIO()
    deck.save(file)
    page = open_as(office.admin, "/settings/slides/")
    assert_shown_well(page)
    page.get_by_label("PowerPoint file").set_input_files(
        {"name": "house.pptx", "mimeType": "application/octet-stream", "buffer": file.getvalue()}
    )
    page.get_by_role("button", name="Use these slides").click()
    expect(page.locator("h1")).to_contain_text("house.pptx")
    assert_shown_well(page)
    page.goto(page.url.replace("/slides/", "/questions/"))
    assert_shown_well(page)
