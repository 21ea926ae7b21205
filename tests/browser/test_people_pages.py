"""The buying centre in a real browser: added by keyboard, judged with help, taken back; every page shown well."""

import pytest

from accounts.models import Account
from buying_center.models import Connection, Contact, GridEntry, PerceivedRisk
from kam.tenancy.context import tenant_context
from tests.browser.conftest import Open, assert_shown_well
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ConnectionFactory,
    ContactFactory,
    ContactRoleFactory,
    EngagementFactory,
    InfluenceLinkFactory,
    SellingCenterMemberFactory,
)


@pytest.fixture
def account(tenant, members) -> Account:
    with tenant_context(tenant.id):
        return AccountFactory(name="Fjellvik", owner=members["kam"])


def test_a_centre_grows_from_nothing_by_keyboard_with_help_and_undo(
    open_as: Open, account, tenant, members
) -> None:
    page = open_as(members["kam"], f"/accounts/{account.pk}/people/")
    page.get_by_role("link", name="Add the first person").click()
    page.get_by_label("Name", exact=True).fill("Ragna Tveitdal")
    page.get_by_role("button", name="Add person").click()
    page.wait_for_selector("text=Nobody is known to decide")

    page.get_by_role("link", name="Edit Ragna Tveitdal").focus()
    page.keyboard.press("Enter")
    panel = page.locator("#contact-panel[open]")
    panel.get_by_label("Name", exact=True).wait_for()
    assert panel.get_by_label("Name", exact=True).evaluate("field => field === document.activeElement")
    panel.get_by_text("Help me choose the roles").press("Enter")
    panel.get_by_label("Do they make the final choice").press("Space")
    assert panel.get_by_label("Decider", exact=True).is_checked()
    panel.get_by_text("Help me choose the power").press("Enter")
    panel.get_by_label("They can sign for sums").press("Space")
    panel.get_by_label("When they object").press("Space")
    assert panel.get_by_label("Power, 0 to 10").input_value() == "7"
    panel.get_by_text("Help me choose the attitude").press("Enter")
    panel.get_by_label("They raised doubts").press("Space")
    assert panel.get_by_label("Attitude to us").input_value() == "-1"
    # A fault stays in the panel and is named; Escape would give the focus back to the button.
    panel.get_by_label("E-mail").fill("nonsense")
    panel.get_by_role("button", name="Save").press("Enter")
    panel.get_by_text("expected an address").first.wait_for()
    panel.get_by_label("E-mail").fill("")
    panel.get_by_role("button", name="Save").press("Enter")
    page.wait_for_selector("text=Nobody covers Ragna Tveitdal, who decides")
    with tenant_context(tenant.id):
        stored = Contact.objects.get()
        assert (stored.power, stored.attitude, stored.assessed_by_id) == (7, -1, members["kam"].pk)
    page.get_by_role("button", name="Undo").press("Enter")
    page.wait_for_selector("text=Nobody is known to decide")
    with tenant_context(tenant.id):
        assert Contact.objects.get().power is None

    page.get_by_role("link", name="Edit Ragna Tveitdal").press("Enter")
    panel.get_by_label("Name", exact=True).wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("link", name="Edit Ragna Tveitdal").evaluate(
        "link => link === document.activeElement"
    )


def test_every_page_is_shown_well(open_as: Open, account, tenant, members) -> None:
    with tenant_context(tenant.id):
        nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        boss = ContactFactory(
            account=account, name="Ragna Tveitdal", title="Finance chief", power=8, attitude=-1
        )
        mate = ContactFactory(
            account=account,
            name="Matteo Lanzer",
            power=5,
            attitude=2,
            strength=5,
            covered_by=nora,
            reports_to=boss,
        )
        ContactFactory(account=account, person__name="Head of engineering", person__is_placeholder=True)
        ContactRoleFactory(contact=boss, role="decider")
        ContactRoleFactory(contact=mate, role="facilitator")
        InfluenceLinkFactory(source=mate, target=boss, topic="service record", strength=4)
        GridEntry.objects.create(
            tenant_id=tenant.id,
            contact=mate,
            column="expectation_current",
            text="Ready by May",
            competitor="Kestra",
        )
        PerceivedRisk.objects.create(
            tenant_id=tenant.id, contact=mate, kind="product", text="It fails", probability=4, consequence=5
        )
    base = f"/accounts/{account.pk}/people/"
    page = open_as(members["admin"], base)
    for path in (
        base,
        f"{base}{mate.pk}/",
        f"{base}{mate.pk}/edit/",
        f"{base}roll-up/",
        f"/people/{mate.person_id}/data/",
    ):
        page.goto(page.url.split("/accounts/")[0].split("/people/")[0] + path)
        assert_shown_well(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(page.url.split("/people/")[0] + base)
    page.get_by_role("link", name="Edit Matteo Lanzer").click()
    page.locator("#contact-panel[open]").get_by_label("Name", exact=True).wait_for()
    assert_shown_well(page)


class TestConnections:
    """The relationship matrix by keyboard, the what-if of a leaver, the log (K9, K11)."""

    @pytest.fixture
    def linked(self, account, tenant, members):
        with tenant_context(tenant.id):
            nora = SellingCenterMemberFactory(
                account=account, member=members["kam"], role="kam", is_lead=True
            )
            ines = SellingCenterMemberFactory(
                account=account, member=members["executive"], role="executive", level="executive"
            )
            ragna = ContactFactory(
                account=account, name="Ragna Tveitdal", department="Finance", level="executive", power=8
            )
            mate = ContactFactory(account=account, name="Matteo Lanzer", department="Rental", level="middle")
            ContactRoleFactory(contact=ragna, role="decider")
            ConnectionFactory(contact=mate, place=nora, strength=4, desired=5, next_action="Lunch in May")
            ConnectionFactory(contact=ragna, place=nora, strength=None, desired=4)
            EngagementFactory(contact=ragna, place=ines)
            ActivityFactory(account=account, people=(mate, nora))
        return {"ragna": ragna, "mate": mate, "nora": nora, "ines": ines}

    def test_a_cell_is_set_opened_and_taken_back_by_keyboard(
        self, open_as: Open, account, linked, tenant, members
    ) -> None:
        page = open_as(members["kam"], f"/accounts/{account.pk}/people/matrix/")

        def strength_of(contact, place):
            with tenant_context(tenant.id):
                row = Connection.objects.filter(contact=contact, place=place).first()
                return row.strength if row else None

        def cell(contact, place):
            return page.locator(f"a.lk-link[href$='{contact.pk}/places/{place.pk}/']")

        # One tab stop for the whole matrix; arrows walk it.
        first = cell(linked["ragna"], linked["nora"])
        first.focus()
        assert page.locator(".lk-cell a.lk-link[tabindex='0']").count() == 1
        page.keyboard.press("3")
        page.wait_for_selector("#announcer:has-text('Ragna Tveitdal: 3')", state="attached")
        assert strength_of(linked["ragna"], linked["nora"]) == 3
        assert first.evaluate("link => link === document.activeElement")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("2")
        page.wait_for_function("document.querySelector('#announcer').textContent.endsWith(': 2')")
        assert strength_of(linked["ragna"], linked["ines"]) == 2
        page.keyboard.press("Control+z")
        page.wait_for_function("document.querySelector('#announcer').textContent.endsWith('no connection')")
        assert strength_of(linked["ragna"], linked["ines"]) is None
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        panel = page.locator("#contact-panel[open]")
        panel.get_by_label("Next action").fill("Ask for an hour")
        panel.get_by_role("button", name="Save").press("Enter")
        page.get_by_text("Kam Northwind and Ragna Tveitdal: saved.").wait_for()
        page.get_by_text("Ask for an hour").wait_for()
        # Somebody else was faster: their value is shown, nothing is overwritten.
        with tenant_context(tenant.id):
            Connection.objects.filter(contact=linked["ragna"]).update(strength=5)
        first.focus()
        page.keyboard.press("1")
        page.get_by_text("Somebody else was faster").wait_for()
        assert strength_of(linked["ragna"], linked["nora"]) == 5

    def test_what_breaks_if_somebody_leaves_is_shown_by_keyboard(
        self, open_as: Open, account, linked, members
    ) -> None:
        page = open_as(members["kam"], f"/accounts/{account.pk}/people/structure/")
        page.locator(f"#face-{linked['nora'].pk}").focus()
        page.keyboard.press("Enter")
        page.get_by_text("If Kam Northwind left, no connection would be left.").wait_for()
        assert page.locator(".lk-card.is-alone").count() == 1
        page.get_by_label("Who leaves").select_option(label="Matteo Lanzer")
        page.get_by_role("button", name="Show what breaks").press("Enter")
        page.get_by_text("If Matteo Lanzer left, no connection would be left.").wait_for()

    def test_every_page_of_it_is_shown_well(self, open_as: Open, account, linked, members) -> None:
        base = f"/accounts/{account.pk}/"
        page = open_as(members["kam"], f"{base}people/matrix/")
        for path in (
            "people/matrix/",
            f"people/structure/?without={linked['nora'].pk}",
            "activities/?add=true",
            f"people/{linked['ragna'].pk}/links/",
            f"people/{linked['ragna'].pk}/places/{linked['nora'].pk}/",
        ):
            page.set_viewport_size({"width": 1440, "height": 900})
            answer = page.goto(page.url.split("/accounts/")[0] + base + path)
            assert answer is not None and answer.ok, path
            page.wait_for_load_state("networkidle")
            assert_shown_well(page)
