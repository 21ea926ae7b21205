"""The customer's link and a review, in a real browser: once, at 390 px, by keyboard, for axe."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Role
from kam.tenancy.services import member_add, tenant_create
from planning.models import Review, ValueConfirmation, ValueItem
from planning.selectors.value import with_standing
from planning.services.confirmations import confirmation_request
from planning.services.reviews import review_create, review_freeze
from tests.browser.conftest import assert_accessible, assert_shown_well
from tests.factories import KeyAccountFactory, ValueItemFactory

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def test_a_value_item_is_asked_about_and_confirmed_once_by_the_customer_on_a_phone(open_as):
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    kam = member_add(tenant=tenant, email="kam@northwind.example", role=Role.KAM, name="Noor Haverkamp")
    with tenant_context(tenant.id):
        account = KeyAccountFactory(name="Fjellvik Cycle Group", owner=kam)
    page = open_as(kam, f"/accounts/{account.pk}/value/")
    expect(page.locator(".k-tabs [aria-current=page]")).to_have_text("Value")
    assert_accessible(page)
    page.get_by_role("link", name="Add value").first.click()
    page.get_by_label("What we do").fill("Night calibration")
    page.get_by_label("3 Proven").check()
    page.get_by_label("Gain per year, USD", exact=False).first.fill("310,000")
    page.get_by_label("Our gain per year").fill("64000")
    page.get_by_label("What they give in return").select_option("premium")
    page.get_by_role("button", name="Add to the register").click()
    expect(page.locator(".k-finding-account")).to_contain_text("it has confirmed nothing yet")
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("Ask to confirm")).click()
    page.get_by_label("Who confirms it").fill("Ragna Tveitdal")
    page.get_by_label("Their e-mail address").fill("ragna@fjellvik.example")
    page.get_by_label("I copy the link", exact=False).check()
    assert_accessible(page)
    page.get_by_role("button", name="Ask to confirm").click()
    link = page.get_by_label("The link").input_value()
    path = "/" + link.split("/", 3)[3]

    customer = open_as(None, path, **PHONE)
    expect(customer.locator("h1")).to_have_text("Night calibration")
    expect(customer.locator("main")).to_contain_text("$310,000")
    assert "64" not in customer.locator("main").inner_text()
    assert_shown_well(customer)
    customer.get_by_label("Anything to add").fill("Since March.")
    customer.get_by_role("button", name="Yes, that is right").press("Enter")
    expect(customer.locator("h1")).to_have_text("Thank you: you confirmed it")
    assert_accessible(customer)
    second = open_as(None, path, **PHONE)
    expect(second.locator("h1")).to_have_text("This link was used already")
    expect(second.locator("main")).not_to_contain_text("Night calibration")
    assert_shown_well(second)

    page.goto(page.url.split("/accounts/")[0] + f"/accounts/{account.pk}/value/")
    expect(page.locator(".k-finding-account")).to_contain_text("has confirmed $310k a year")
    expect(page.locator(".k-value-line")).to_contain_text("Since March.")
    assert_shown_well(page)
    with tenant_context(tenant.id):
        assert with_standing(ValueItem.objects.all()).get().standing == "demonstrated"


def test_links_that_have_expired_or_belong_elsewhere_say_nothing_of_the_item(open_as):
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    other = tenant_create(name="Fabrikam Supply", slug="fabrikam", base_currency="USD")
    kam = member_add(tenant=tenant, email="kam@northwind.example", role=Role.KAM, name="Noor Haverkamp")
    with tenant_context(tenant.id):
        item = ValueItemFactory(account=KeyAccountFactory(owner=kam), title="Night calibration")
        _asked, link = confirmation_request(
            principal=Principal(member=kam),
            item=item,
            contact_name="Ragna",
            contact_email="ragna@fjellvik.example",
            send=False,
        )
    path = "/" + link.split("/", 3)[3]
    foreign = open_as(None, path.replace(tenant.id.hex, other.id.hex))
    expect(foreign.locator("h1")).to_have_text("This link opens nothing")
    with tenant_context(tenant.id):
        past = timezone.now() - timedelta(minutes=1)
        ValueConfirmation.objects.update(asked_at=past - timedelta(days=30), expires_at=past)
    page = open_as(None, path)
    expect(page.locator("h1")).to_have_text("This link has expired")
    expect(page.locator("body")).not_to_contain_text("Night calibration")
    assert_accessible(page)


def test_a_review_shows_what_changed_asks_why_nothing_did_and_freezes(open_as):
    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    kam = member_add(tenant=tenant, email="kam@northwind.example", role=Role.KAM, name="Noor Haverkamp")
    today = timezone.localdate()
    principal = Principal(member=kam)
    with tenant_context(tenant.id):
        account = KeyAccountFactory(name="Fjellvik Cycle Group", owner=kam)
        first = review_create(
            principal=principal,
            values={"account": account.pk, "attendees": ["Noor"], "summary": "They want both plants."},
        )
        review_freeze(principal=principal, review=first, held_on=today)
    with tenant_context(tenant.id, member_id=kam.id):
        ValueItemFactory(account=account, title="Night calibration")
    page = open_as(kam, f"/accounts/{account.pk}/reviews/")
    assert_accessible(page)
    page.get_by_role("button", name="Begin the quarterly review").click()
    finding = page.locator(".k-finding-account")
    expect(finding).to_contain_text("but none in selection criteria")
    expect(page.locator(".k-area")).to_contain_text("Night calibration")
    expect(page.get_by_label("What you concluded")).to_have_value("They want both plants.")
    expect(page.locator(".k-then-now")).to_contain_text("Reported value a year")
    assert_shown_well(page)
    page.get_by_label("What is to be done").fill("Visit Cork")
    page.get_by_role("button", name="Add the action").click()
    page.get_by_label("What you concluded").fill("They bought the second plant.")
    page.get_by_role("button", name="Freeze").click()
    page.get_by_role("button", name="Freeze it").click()
    expect(page.locator(".k-notice-cut")).to_contain_text("Say why, or change it first")
    page.get_by_label("Why nothing changed there").fill("They were on strike.")
    page.get_by_role("button", name="Freeze it").click()
    expect(page.locator("main")).to_contain_text("nobody can change it")
    expect(page.locator("main")).to_contain_text("They were on strike.")
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("Compare with")).click()
    expect(page.locator("main")).to_contain_text("They want both plants.")
    assert_shown_well(page)
    with tenant_context(tenant.id):
        assert Review.objects.filter(status="frozen").count() == 2
