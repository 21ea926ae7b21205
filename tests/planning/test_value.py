"""The value register (K29): what counts as demonstrated, what only we say, what costs us money."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from planning.findings.value import account_value_finding
from planning.models import ValueItem
from planning.selectors.value import ValueSum, ValueTotals, value_item_visible, value_totals, with_standing
from planning.services.value import value_item_create, value_item_delete, value_item_update
from planning.views.value import totals_picture
from tests.factories import AccountFactory, ValueItemFactory

YESTERDAY = datetime.date.today() - datetime.timedelta(days=1)
CONFIRMED = {"confirmed_at": timezone.now(), "confirmed_by": "Ragna Tveitdal"}


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return AccountFactory(name="Fjellvik", owner=members["kam"])


def standing(item):
    return with_standing(ValueItem.objects.filter(pk=item.pk)).get().standing


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "reported"),
        (CONFIRMED, "demonstrated"),
        ({**CONFIRMED, "our_gain": Decimal(10), "our_cost": Decimal(10)}, "one_sided"),
        ({**CONFIRMED, "our_gain": None}, "one_sided"),
        ({**CONFIRMED, "our_gain": None, "reward": "favour", "reward_note": "First call"}, "demonstrated"),
        ({**CONFIRMED, "customer_gain": None}, "one_sided"),
        ({**CONFIRMED, "customer_gain": None, "gain_kinds": ["less_risk"]}, "demonstrated"),
        ({**CONFIRMED, "customer_gain": Decimal(0)}, "one_sided"),
        ({**CONFIRMED, "ended_on": YESTERDAY}, "ended"),
        ({"value_class": 4}, "pipeline"),
        ({"value_class": 2, "our_cost": Decimal(5)}, "costs"),
        ({"value_class": 1, "our_cost": Decimal(5)}, "costs"),
        ({"value_class": 2, "our_cost": None}, "baseline"),
        # A confirmation of something that every supplier does demonstrates nothing.
        ({**CONFIRMED, "value_class": 1, "our_cost": None}, "baseline"),
    ],
)
def test_only_proven_value_with_gains_on_both_sides_and_the_customers_own_yes_is_demonstrated(
    in_tenant, values, expected
):
    assert standing(ValueItemFactory(**values)) == expected


def test_the_sums_of_a_register_worked_by_hand(in_tenant, account, members):
    other = AccountFactory(name="Bergen Bikes")
    ValueItemFactory(account=account, customer_gain=Decimal(120_000), our_gain=Decimal(30_000), **CONFIRMED)
    ValueItemFactory(account=other, customer_gain=Decimal(80_000), our_gain=Decimal(9_000), **CONFIRMED)
    ValueItemFactory(account=account, customer_gain=Decimal(50_000), our_gain=Decimal(5_000))
    ValueItemFactory(account=account, customer_gain=None, gain_kinds=["brand"], our_gain=Decimal(4_000))
    ValueItemFactory(account=account, value_class=2, our_cost=Decimal(7_000))
    ValueItemFactory(account=account, ended_on=YESTERDAY)
    principal = Principal(member=members["kam"])
    everything = value_totals(value_item_visible(principal))
    assert everything.of("demonstrated").customer_gain == Decimal(200_000)
    assert everything.of("demonstrated").our_gain == Decimal(39_000)
    own = value_totals(value_item_visible(principal).filter(account_id=account.pk))
    assert own.of("demonstrated").customer_gain == Decimal(120_000)
    assert (own.of("reported").items, own.of("reported").customer_gain) == (2, Decimal(50_000))
    assert own.of("reported").customer_unknown == 1
    assert own.of("costs").our_cost == Decimal(7_000)
    assert own.items == 4


def test_a_sum_of_items_without_an_amount_is_not_known_and_never_0(in_tenant):
    ValueItemFactory(customer_gain=None, gain_kinds=["staff"])
    found = value_totals(with_standing(ValueItem.objects.all())).of("reported")
    assert (found.items, found.customer_gain) == (1, None)


class TestWriting:
    def test_what_competitors_copy_falls_to_class_1_and_cannot_come_back(self, in_tenant, account, members):
        principal = Principal(member=members["kam"])
        item = value_item_create(
            principal=principal,
            values={"account": account.pk, "title": "Night runs", "value_class": 3, "reward": "premium"},
        )
        value_item_update(
            principal=principal, item=item, values={"copied_on": YESTERDAY, "copied_by": "Kestra"}
        )
        item.refresh_from_db()
        assert item.value_class == 1
        with pytest.raises(InvalidInputError) as refused:
            value_item_update(principal=principal, item=item, values={"value_class": 3})
        assert refused.value.errors[0].field == "value_class"
        assert "Kestra offers it too" in refused.value.errors[0].message

    def test_class_3_names_the_reward(self, in_tenant, account, members):
        with pytest.raises(InvalidInputError) as refused:
            value_item_create(
                principal=Principal(member=members["kam"]),
                values={"account": account.pk, "title": "Night runs", "value_class": 3},
            )
        assert refused.value.errors[0].field == "reward"

    def test_a_change_of_what_was_confirmed_takes_the_confirmation_back(self, in_tenant, account, members):
        principal = Principal(member=members["kam"])
        item = ValueItemFactory(account=account, **CONFIRMED)
        value_item_update(principal=principal, item=item, values={"our_cost": Decimal(1), "evidence": "Log"})
        item.refresh_from_db()
        assert item.confirmed_at is not None
        value_item_update(principal=principal, item=item, values={"customer_gain": Decimal(999_999)})
        item.refresh_from_db()
        assert (item.confirmed_at, item.confirmed_by) == (None, "")

    def test_an_account_deleted_takes_its_register_with_it_unless_the_customer_answered(
        self, in_tenant, account, members
    ):
        principal = Principal(member=members["kam"])
        item = ValueItemFactory(account=account)
        value_item_delete(principal=principal, item=item)
        assert not ValueItem.objects.filter(pk=item.pk).exists()

    @pytest.mark.parametrize(
        "values",
        [
            {"value_class": 5},
            {"value_class": 3, "reward": ""},
            {"value_class": 3, "copied_on": YESTERDAY},
            {"customer_gain": Decimal(-1)},
            {"value_class": 4, **CONFIRMED},
            {"confirmed_at": timezone.now()},
        ],
    )
    def test_the_database_refuses_what_contradicts_itself(self, in_tenant, values):
        with pytest.raises(IntegrityError), transaction.atomic():
            ValueItemFactory(**values)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["demonstrated", "reported", "pipeline"]),
            st.integers(0, 10**9).map(Decimal),
            st.integers(0, 10**9).map(Decimal),
        ),
        max_size=6,
    )
)
def test_the_bars_of_both_sides_share_one_scale_and_never_leave_it(found):
    sums = {kind: ValueSum(1, customer, ours, None) for kind, customer, ours in found}
    bars = totals_picture(ValueTotals(sums), "USD")
    ends = [part["x"] + part["width"] for bar in bars for part in bar.parts]
    assert all(end <= 100.1 for end in ends)
    assert not ends or max(ends) == pytest.approx(100, abs=0.1)


def test_the_finding_says_what_is_shown_and_what_only_we_say():
    def totals(**sums):
        return ValueTotals({name: ValueSum(*values) for name, values in sums.items()})

    assert account_value_finding("Fjellvik", totals(), "USD").startswith("Nothing is written down yet")
    shown = totals(demonstrated=(2, Decimal(1_200_000)), reported=(1, Decimal(5)))
    assert "Fjellvik has confirmed $1.20M a year" in account_value_finding("Fjellvik", shown, "USD")
    said = totals(reported=(1, Decimal(535_000)))
    assert account_value_finding("Fjellvik", said, "USD") == (
        "We report $535k a year for Fjellvik, but it has confirmed nothing yet."
    )
    costs = totals(costs=(1, None, None, Decimal(19_800)))
    assert "costs us $19.8k a year" in account_value_finding("Fjellvik", costs, "USD")


class TestRest:
    def test_an_item_is_made_read_changed_summed_and_deleted(self, account, api):
        client = api("kam")
        body = {
            "account": str(account.pk),
            "title": "Night runs",
            "value_class": 3,
            "reward": "premium",
            "customer_gain": "120000",
            "our_gain": "30000",
            "gain_kinds": ["staff", "less_risk"],
        }
        made = client.post("/api/v1/value-items/", body, format="json")
        assert made.status_code == 201, made.json()
        item = made.json()
        assert (item["standing"], item["confirmation"], item["our_cost"]) == ("reported", None, None)
        assert item["gain_kinds"] == ["less_risk", "staff"]
        url = f"/api/v1/value-items/{item['id']}/"
        stale = client.patch(url, {"title": "x"}, format="json", HTTP_IF_MATCH='"nothing"')
        assert stale.status_code == 412
        assert client.patch(url, {"confirmed_at": None}, format="json").status_code == 200
        assert client.patch(url, {"standing": "demonstrated"}, format="json").json()["standing"] == "reported"
        total = client.get(f"/api/v1/value-items/summary/?account={account.pk}").json()
        assert Decimal(total["reported"]["customer_gain"]) == Decimal(120_000)
        assert (total["currency"], total["demonstrated"]["items"]) == ("USD", 0)
        assert client.get("/api/v1/value-items/?standing=demonstrated").json()["count"] == 0
        assert client.delete(url).status_code == 204

    def test_readers_read_and_write_nothing(self, account, api, tenant):
        with tenant_context(tenant.id):
            item = ValueItemFactory(account=account)
        reader = api("executive")
        assert reader.get(f"/api/v1/value-items/{item.pk}/").status_code == 200
        assert (
            reader.patch(f"/api/v1/value-items/{item.pk}/", {"title": "x"}, format="json").status_code == 403
        )
        asked = {"contact_name": "R", "contact_email": "r@fjellvik.example"}
        assert (
            reader.post(f"/api/v1/value-items/{item.pk}/confirmation/", asked, format="json").status_code
            == 403
        )


class TestPages:
    def test_the_register_is_empty_then_filled_edited_and_explained(self, account, tenant, browser_client):
        client = browser_client("kam")
        url = f"/accounts/{account.pk}/value/"
        assert "No value written down" in client.get(url).content.decode()
        missing = client.post(f"{url}add/", {"title": "", "value_class": "3"})
        assert missing.status_code == 422
        form = {"title": "Night runs", "value_class": "3", "reward": "premium", "customer_gain": "120 000"}
        assert client.post(f"{url}add/", form).status_code == 302
        page = client.get(url).content.decode()
        assert "Our gain is not known." in page
        with tenant_context(tenant.id):
            item = ValueItem.objects.get()
        edited = {**form, "our_gain": "30000", "version": item.version}
        assert client.post(f"{url}{item.pk}/", edited).status_code == 302
        assert "Reported by us" in client.get(url).content.decode()
        stale = client.post(f"{url}{item.pk}/", {**edited, "title": "Mine"})
        assert stale.status_code == 409
        assert "Somebody else saved this" in stale.content.decode()
        assert client.get("/value/").content.decode().count("Fjellvik") == 1
        assert client.post(f"{url}{item.pk}/delete/").status_code == 302
        assert "No value written down" in client.get(url).content.decode()

    def test_an_item_the_customer_answered_is_ended_not_deleted(self, account, tenant, members):
        from tests.planning.test_value_link import answered

        with tenant_context(tenant.id):
            item = ValueItemFactory(account=account)
            answered(members["kam"], item)
            with pytest.raises(ConflictError):
                value_item_delete(principal=Principal(member=members["kam"]), item=item)

    def test_a_long_register_costs_no_more_queries_than_a_short_one(self, account, tenant, browser_client):
        client = browser_client("kam")
        counts = {}
        for path in (f"/accounts/{account.pk}/value/", "/value/"):
            with CaptureQueriesContext(connection) as empty:
                client.get(path)
            counts[path] = [len(empty)]
        for number in (2, 18):
            with tenant_context(tenant.id):
                ValueItemFactory.create_batch(number, account=account)
                ValueItemFactory.create_batch(number)
            for path, found in counts.items():
                with CaptureQueriesContext(connection) as asked:
                    client.get(path)
                found.append(len(asked))
        for empty_count, few, many in counts.values():
            assert few == many <= empty_count + 2
