"""The strategy tab in a real browser: answers that save themselves, two people in one answer, the keyboard."""

import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, SuccessFactor
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Role
from kam.tenancy.services import member_add, tenant_create
from planning.models import ReflectionAnswer, ReflectionQuestion
from tests.browser.conftest import Open, assert_accessible, assert_shown_well
from tests.factories import AccountFactory, ObjectiveFactory, SuccessFactorFactory


@pytest.fixture
def people(committed_db: None) -> dict[str, Membership]:
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    return {
        name: member_add(tenant=tenant, email=f"{name}@northwind.example", role=Role.ADMIN, name=name.title())
        for name in ("ada", "ben")
    }


@pytest.fixture
def account(people: dict[str, Membership]) -> Account:
    with tenant_context(people["ada"].tenant_id):
        return AccountFactory(
            name="Fjellvik", is_key_account=True, key_since=datetime.date(2024, 1, 1), owner=people["ada"]
        )


def test_two_people_answer_one_question_and_nothing_is_lost(
    open_as: Open, people: dict[str, Membership], account: Account
) -> None:
    with tenant_context(account.tenant_id):
        question = ReflectionQuestion.objects.get(code="ENV-1")
    path = f"/accounts/{account.pk}/strategy/questions/environment/"
    ada, ben = open_as(people["ada"], path), open_as(people["ben"], path)

    def box(page: Page) -> Any:
        return page.locator(f"#a-{question.pk}")

    status = f"#status-{question.pk}"
    expect(ada.locator("#set-finding")).to_have_text("None of 3 questions is answered yet.")
    box(ada).focus()
    ada.keyboard.type("Milk quotas fall")
    expect(ada.locator(status)).to_contain_text("Saved")
    expect(ada.locator("#set-finding")).to_have_text("1 of 3 questions are answered, 2 to go.")
    expect(ada.locator(f"#state-{question.pk}")).to_have_text("Answered")
    ada.keyboard.type(" in spring")
    ada.keyboard.press("Tab")
    ada.keyboard.type("Association")
    expect(ada.locator(status)).to_contain_text("Saved")
    ben_says = "Energy rules change"
    box(ben).fill(ben_says)
    conflict = ben.locator(f"{status} [role=alert]")
    expect(conflict).to_contain_text("Ada changed this answer while you were writing")
    expect(conflict).to_contain_text("Milk quotas fall in spring")
    expect(conflict).to_contain_text(ben_says)
    expect(box(ben)).to_have_value(ben_says)
    assert_accessible(ben)
    ben.get_by_role("button", name="Keep mine").click()
    expect(ben.locator(status)).to_contain_text("Saved")
    with tenant_context(account.tenant_id):
        assert ReflectionAnswer.objects.get().text == ben_says
    ada.locator(f"#s-{question.pk}").fill("Trade press")
    expect(ada.locator(f"{status} [role=alert]")).to_contain_text("Ben changed this answer")
    ada.get_by_role("link", name="Take theirs").click()
    expect(box(ada)).to_have_value(ben_says)
    other = ada.get_by_role("button", name="We do not know").first
    other.focus()
    ada.keyboard.press("Enter")
    expect(ada.get_by_label("Who finds out")).to_be_focused()
    ada.get_by_label("By", exact=True).fill("2030-01-31")
    expect(ada.locator("#questions")).to_contain_text("Saved")
    with tenant_context(account.tenant_id):
        assert ReflectionAnswer.objects.get(state="unknown").due == datetime.date(2030, 1, 31)
    assert_shown_well(ada)


def test_what_is_not_saved_is_said_and_kept_when_the_line_is_down(
    open_as: Open, people: dict[str, Membership], account: Account
) -> None:
    page = open_as(people["ada"], f"/accounts/{account.pk}/strategy/questions/environment/")
    box = page.locator("textarea").first
    page.route("**/save/", lambda route: route.abort())
    box.fill("Rules")
    expect(page.locator(".k-status").first).to_contain_text("Not saved. What you wrote is still here")
    page.unroute("**/save/")
    box.press_sequentially(" change")
    expect(page.locator(".k-status").first).to_contain_text("Saved")


def test_a_success_factor_is_written_reviewed_and_moved_without_a_mouse(
    open_as: Open, people: dict[str, Membership], account: Account
) -> None:
    with tenant_context(account.tenant_id):
        factor = SuccessFactorFactory(account=account, title="Halve stops")
        objective = ObjectiveFactory(account=account, title="Win Oslo", type="grow", owner=people["ada"])
        objective.factors.create(tenant_id=account.tenant_id, factor=factor)
    page = open_as(people["ada"], f"/accounts/{account.pk}/strategy/")
    expect(page.locator("#factors-title")).to_contain_text("too few")
    page.get_by_role("link", name="Add a success factor").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("What the customer must get right")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#factor-title")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("Grow exports")
    page.keyboard.press("Enter")
    expect(page.locator("#factors-title")).to_have_text("Two factors decide, all reviewed this quarter")
    # Focus stays with what was saved.
    written = page.locator(".k-factors > li").nth(1)
    expect(written.get_by_role("button", name="Still holds")).to_be_focused()
    page.get_by_label("More for Grow exports").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Move up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".k-factors .k-name").first).to_have_text("Grow exports")
    moved, other = page.locator(".k-factors > li").all()
    expect(moved.get_by_role("button", name="Still holds")).to_be_focused()
    other.get_by_role("button", name="Still holds").click()
    expect(page.locator(".k-factors")).to_contain_text("by Ada")
    with tenant_context(account.tenant_id):
        assert SuccessFactor.objects.get(title="Halve stops").reviewed_by == people["ada"]
    expect(page.locator("#objectives-title")).to_contain_text("no objective to retain")
    page.get_by_label("More for Win Oslo").click()
    page.get_by_role("button", name="Move to long term").click()
    column = page.get_by_role("region", name="Long term")
    expect(column).to_contain_text("Win Oslo")
    expect(column).to_contain_text("serves 2")
    page.get_by_role("link", name="Add one to retain").click()
    expect(page.get_by_label("Type")).to_have_value("retain")
    assert_shown_well(page)
