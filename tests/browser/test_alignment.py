"""Alignment in a real browser: judging a pair, asking a customer, who answers on a phone, and what comes of it."""

from playwright.sync_api import expect

from buying_center.models import InterfacePair, PulseSurvey
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Role
from kam.tenancy.services import member_add, tenant_create
from tests.browser.conftest import assert_accessible, assert_shown_well
from tests.factories import ContactFactory, ContactRoleFactory, KeyAccountFactory

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def a_company():
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    kam = member_add(tenant=tenant, email="kam@northwind.example", role=Role.KAM, name="Noor Haverkamp")
    with tenant_context(tenant.id):
        account = KeyAccountFactory(name="Fjellvik Cycle Group", owner=kam, ladder_ours="integrated")
        ragna = ContactFactory(account=account, name="Ragna Tveitdal", strength=4)
        ContactRoleFactory(contact=ragna, role="buyer")
    return tenant, kam, account


def test_the_positioning_of_all_accounts_is_shown_well(open_as):
    tenant, _kam, _account = a_company()
    boss = member_add(tenant=tenant, email="ex@northwind.example", role=Role.EXECUTIVE, name="Eva Berg")
    page = open_as(boss, "/portfolio/positioning/")
    expect(page.locator("h1")).to_contain_text("No account is placed yet")
    assert_shown_well(page)


def test_a_pair_is_judged_in_place_and_saves_itself(open_as):
    tenant, kam, account = a_company()
    page = open_as(kam, f"/accounts/{account.pk}/alignment/")
    expect(page.locator(".k-tabs [aria-current=page]")).to_have_text("Alignment")
    expect(page.locator("#alignment-strip")).to_contain_text("None of 9 pairs of functions is judged yet.")
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    pair = page.locator("#pair-IFP-6")
    pair.locator("summary").focus()
    page.keyboard.press("Enter")
    pair.get_by_label("How it runs").select_option("broken")
    expect(pair.get_by_role("status")).to_contain_text("Saved")
    pair.get_by_label("They would save a year").fill("41,000")
    expect(page.locator("#savings-card")).to_contain_text("$41.0k a year can be saved")
    expect(pair.locator(".al-status")).to_have_text("Broken")
    # Broken is 0: nothing can be weaker.
    expect(page.locator("#alignment-finding")).to_contain_text("Interfaces are the weakest link, at 0")
    assert_accessible(page)
    with tenant_context(tenant.id):
        stored = InterfacePair.objects.get()
        assert (stored.status, stored.saving_theirs) == ("broken", 41_000)
        # A colleague saves in between: both values are shown, and mine is kept on request.
        stored.issue = "Theirs"
        stored.save(update_fields=["issue"])
    pair.get_by_label("What stands in the way").fill("Mine")
    expect(pair.get_by_role("alert")).to_contain_text("Theirs")
    assert_accessible(page)
    pair.get_by_role("button", name="Keep mine").click()
    expect(pair.get_by_role("status")).to_contain_text("Saved")
    with tenant_context(tenant.id):
        assert InterfacePair.objects.get().issue == "Mine"


def test_a_customer_is_asked_answers_on_a_phone_and_the_gap_shows(open_as):
    tenant, kam, account = a_company()
    page = open_as(kam, f"/accounts/{account.pk}/alignment/")
    page.get_by_role("link", name="Ask somebody").click()
    page.get_by_label("Person").select_option(label="Ragna Tveitdal")
    page.get_by_label("I copy the link", exact=False).check()
    assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Ask", exact=True).click()
    path = "/" + page.get_by_label("The link").input_value().split("/", 3)[3]
    assert_accessible(page)

    customer = open_as(None, path, **PHONE)
    expect(customer.locator("h1")).to_have_text("How do you see Northwind Tools?")
    expect(customer.locator("body")).not_to_contain_text("Fjellvik")
    assert_shown_well(customer)
    customer.get_by_role("button", name="Send the answers").click()
    expect(customer.get_by_role("alert")).to_have_text("Choose the sentence that fits best.")
    assert_accessible(customer)
    customer.get_by_label("We get on well", exact=False).check()
    customer.get_by_role("radio", name="8", exact=True).check()
    customer.get_by_label("Anything to add").fill("Since March.")
    customer.get_by_role("button", name="Send the answers").press("Enter")
    expect(customer.locator("h1")).to_have_text("Thank you for saying how you see it")
    assert_shown_well(customer)
    second = open_as(None, path, **PHONE)
    expect(second.locator("h1")).to_have_text("This link was used already")
    assert_shown_well(second)

    page.get_by_role("link", name="Back to the alignment").click()
    expect(page.locator("#ladder-title")).to_have_text(
        "We stand 2 steps higher in our own eyes than in theirs"
    )
    expect(page.locator("#surveys")).to_contain_text("Since March.")
    assert_shown_well(page)
    with tenant_context(tenant.id):
        account.refresh_from_db()
        assert account.ladder_customer == "cooperative"
        assert PulseSurvey.objects.get().recommends == 8


def test_the_link_is_answered_without_scripts(open_as):
    tenant, kam, account = a_company()
    page = open_as(kam, f"/accounts/{account.pk}/alignment/surveys/ask/")
    page.get_by_label("Person").select_option(label="Ragna Tveitdal")
    page.get_by_label("I copy the link", exact=False).check()
    page.get_by_role("button", name="Ask", exact=True).click()
    path = "/" + page.get_by_label("The link").input_value().split("/", 3)[3]
    plain = open_as(None, path, java_script_enabled=False, bypass_csp=False)
    plain.get_by_label("We plan years ahead", exact=False).check()
    plain.get_by_role("button", name="Send the answers").click()
    expect(plain.locator("h1")).to_have_text("Thank you for saying how you see it")
    with tenant_context(tenant.id):
        assert PulseSurvey.objects.get().ladder == "integrated"
