"""The thresholds: every one on the page, in its range, never overwritten unseen."""

from typing import Any

import pytest

from kam.common.errors import InvalidInputError
from kam.tenancy import signals
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.forms import SettingsForm
from kam.tenancy.forms.settings import GROUPS, LABELS, changed_from_default, default_text, written
from kam.tenancy.history import history_of
from kam.tenancy.models import Membership, Tenant, TenantSettings
from kam.tenancy.services import register_settings_guard, settings_update
from kam.tenancy.services import settings as settings_service
from kam.tenancy.views.settings import settings_finding

pytestmark = pytest.mark.django_db
PAGE = "/settings/"
# Not thresholds: what the row is, and what recomputations pin.
NOT_ON_THE_PAGE = {"id", "tenant", "version", "created_at", "updated_at", "pinned_reference_date"}


def stored(tenant: Tenant) -> TenantSettings:
    with tenant_context(tenant.id):
        return TenantSettings.objects.get()


def body(tenant: Tenant, **changes: Any) -> dict[str, str]:
    """What a browser would send: the form as it was shown, with changes."""
    form = SettingsForm(instance=stored(tenant))
    values = {name: form[name].value() for name in form.fields}
    values["version"] = stored(tenant).version
    sent = {
        name: "on" if value is True else str(value)
        for name, value in values.items()
        if value not in (None, False)
    }
    sent.update({name: str(value) for name, value in changes.items()})
    return {name: value for name, value in sent.items() if value != "DROP"}


@pytest.fixture
def told() -> Any:
    """What `settings_changed` said."""
    heard: list[tuple[Any, list[str]]] = []

    def hear(sender: Any, tenant_id: Any, fields: list[str], **kwargs: Any) -> None:
        heard.append((tenant_id, fields))

    signals.settings_changed.connect(hear)
    yield heard
    signals.settings_changed.disconnect(hear)


def test_every_setting_is_on_the_page() -> None:
    fields = {field.name for field in TenantSettings._meta.get_fields() if field.concrete}
    assert fields - NOT_ON_THE_PAGE == set(LABELS)


def test_each_says_what_it_means_and_its_default(browser_client: Any) -> None:
    page = browser_client("admin").get(PAGE).content.decode()
    for group in GROUPS:
        for setting in group.settings:
            assert setting.help.split("’")[0][:30] in page.replace("&#x27;", "'"), setting.name
            assert f"Default: {default_text(setting)}." in page, setting.name
    assert "Default: 85 %." in page


def test_shares_are_shown_and_entered_in_percent(browser_client: Any, tenant: Tenant, told: Any) -> None:
    page = browser_client("admin").get(PAGE)
    assert page.context["form"]["clv_retention"].value() == "85"
    sent = body(tenant, clv_retention="82.5", loyalty_tenure_months="18", potential_estimates_enabled="DROP")
    assert browser_client("admin").post(PAGE, sent).status_code == 302
    row = stored(tenant)
    assert (row.clv_retention, row.loyalty_tenure_months, row.potential_estimates_enabled) == (
        0.825,
        18,
        False,
    )
    assert told == [
        (tenant.id, ["clv_retention", "loyalty_tenure_months", "potential_estimates_enabled"]),
    ]


def test_saving_what_is_there_changes_nothing(browser_client: Any, tenant: Tenant, told: Any) -> None:
    before = stored(tenant).version
    answer = browser_client("admin").post(PAGE, body(tenant), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert stored(tenant).version == before
    assert told == []


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("clv_retention", "101", "101 is out of range. Expected 0 to 100 %."),
        ("clv_retention", "-1", "-1 is out of range. Expected 0 to 100 %."),
        ("clv_retention", "much", "Enter a number."),
        ("clv_retention", "", "This field is required."),
        ("clv_growth", "-100", "-100 is out of range. Expected -99 to 500 %."),
        ("clv_horizon_years", "51", "51 is out of range. Expected 1 to 50 years."),
        ("pareto_months", "0", "0 is out of range. Expected 1 to 120 months."),
        ("pareto_months", "1.5", "Enter a whole number."),
        ("position_factor_ours", "2", "2 is out of range. Expected 0 to 1."),
        ("position_factor_ours", "nan", "Enter a number."),
        ("nightly_hour", "24", "24 is out of range. Expected 0 to 23."),
        ("base_currency", "XXX", "Select a valid choice. XXX is not one of the available choices."),
        ("volume_class_b", "70", "Class B must reach further than class A."),
        ("matrix_cut_method", "amount", ""),
    ],
)
def test_what_is_out_of_range_is_refused_at_its_field(
    browser_client: Any, tenant: Tenant, field: str, value: str, expected: str
) -> None:
    before = stored(tenant).version
    answer = browser_client("admin").post(PAGE, body(tenant, **{field: value}))
    assert answer.status_code == 422
    if field == "matrix_cut_method":
        assert set(answer.context["form"].errors) == {"matrix_cut_present", "matrix_cut_potential"}
    else:
        assert answer.context["form"].errors[field] == [expected]
    assert stored(tenant).version == before


def test_an_empty_horizon_means_for_ever(browser_client: Any, tenant: Tenant) -> None:
    assert browser_client("admin").post(PAGE, body(tenant, clv_horizon_years="")).status_code == 302
    assert stored(tenant).clv_horizon_years is None


def test_nobody_overwrites_what_they_have_not_seen(
    browser_client: Any, tenant: Tenant, members: dict[str, Membership]
) -> None:
    opened = body(tenant, clv_retention="90")
    principal = Principal(member=members["admin"])
    with tenant_context(tenant.id, member_id=members["admin"].id, via="web"):
        settings_update(principal=principal, version=None, values={"clv_retention": 0.7})
    client = browser_client("admin")
    answer = client.post(PAGE, opened)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert stored(tenant).clv_retention == 0.7
    assert "Admin Northwind saved other settings" in page
    assert "90 %" in page
    assert "70 %" in page
    # Keep mine: the page now holds the version that was seen, and what was typed.
    form = answer.context["form"]
    again = {**opened, "version": str(form["version"].value())}
    assert form["clv_retention"].value() == "90"
    assert client.post(PAGE, again).status_code == 302
    assert stored(tenant).clv_retention == 0.9


def test_executives_read_and_nobody_else_opens_it(browser_client: Any, tenant: Tenant) -> None:
    page = browser_client("executive").get(PAGE)
    assert page.status_code == 200
    assert "Save the settings" not in page.content.decode()
    assert all(field.disabled for field in page.context["form"].fields.values())
    assert browser_client("executive").post(PAGE, body(tenant, clv_retention="1")).status_code == 403
    assert browser_client("kam").get(PAGE).status_code == 403
    assert stored(tenant).clv_retention == 0.85


def test_a_higher_app_can_refuse(
    tenant: Tenant, members: dict[str, Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_service, "_guards", {})
    register_settings_guard("base_currency", lambda: "There are sales lines in it already.")
    principal = Principal(member=members["admin"])
    with tenant_context(tenant.id):
        with pytest.raises(InvalidInputError, match="sales lines"):
            settings_update(principal=principal, version=None, values={"base_currency": "EUR"})
        assert settings_update(principal=principal, version=None, values={"base_currency": "USD"}) == []


def test_the_finding_tells_what_is_ones_own(tenant: Tenant) -> None:
    row = stored(tenant)
    assert [setting.name for setting in changed_from_default(row)] == ["base_currency"]
    row.base_currency = "EUR"
    assert settings_finding(row) == "You work with the product’s own thresholds throughout."
    row.clv_retention, row.clv_growth, row.pareto_months, row.nightly_hour = 0.5, 0.1, 12, 3
    assert "yearly retention, yearly growth and 1 more" in settings_finding(row)


def test_values_in_words() -> None:
    by_name = {setting.name: setting for group in GROUPS for setting in group.settings}
    assert written(by_name["clv_horizon_years"], None) == "for ever"
    assert written(by_name["clv_growth"], -0.125) == "-12.5 %"
    assert written(by_name["fiscal_year_start"], 7) == "July"
    assert written(by_name["nightly_recompute"], False) == "off"
    assert written(by_name["clv_timing"], "certain_now") == "First margin certain, now"
    assert written(by_name["loyalty_quarters"], 12) == "12 quarters"


def test_the_history_tells_who_changed_what(
    browser_client: Any, tenant: Tenant, members: dict[str, Membership]
) -> None:
    client = browser_client("admin")
    client.post(PAGE, body(tenant, clv_retention="80", clv_horizon_years=""))
    with tenant_context(tenant.id):
        newest, oldest = history_of(TenantSettings.objects.get())
    assert (newest.who, newest.door, newest.kind) == ("Admin Northwind", "on a page", "changed")
    assert [(change.label, change.old, change.new) for change in newest.changes] == [
        ("Yearly retention", "0.85", "0.8"),
        ("Horizon", "5", "empty"),
    ]
    assert (oldest.kind, oldest.changes) == ("created", [])
    path = f"/history/tenancy.tenantsettings/{stored(tenant).pk}/"
    page = client.get(path).content.decode()
    assert "Admin Northwind" in page
    fragment = client.get(path, HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in fragment
    assert "Yearly retention" in fragment
    assert browser_client("kam").get(path).status_code == 404
    assert client.get(f"/history/tenancy.user/{members['kam'].user_id}/").status_code == 404
