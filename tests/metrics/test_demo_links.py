"""The demo's three centres: what the system says of each, checked by hand (issue 4)."""

import pytest
from django.utils import timezone

from accounts.models import Account
from buying_center import findings_structure as words
from buying_center.models import Connection, Contact, Engagement, SellingCenterMember
from buying_center.network import leaving, structure_of
from buying_center.selectors.activities import last_contacts
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.connection_checks import connection_checks
from kam.tenancy.context import tenant_context
from kam.tenancy.services import member_add
from metrics.demo.customers import PEOPLE
from metrics.demo.links import links_fill
from metrics.demo.people import people_fill
from tests.factories import AccountFactory

TODAY = timezone.localdate()
TEAMS = {
    "Kestrel Beverages": ("callum",),
    "Sandoval Pharma": ("ines",),
    "Fjordmeieriet": ("nora", "bo"),
}


@pytest.fixture
def demo(tenant):
    members = {
        key: member_add(
            tenant=tenant, email=f"{key}@demo.example", role=role, name=name, password="long enough 1"
        )
        for key, (name, role) in PEOPLE.items()
    }
    with tenant_context(tenant.id):
        for name, (lead, *others) in TEAMS.items():
            account = AccountFactory(
                name=name, owner=members[lead], is_key_account=True, key_since="2024-01-31"
            )
            put = SellingCenterMember.objects.create
            put(tenant=tenant, account=account, member=members[lead], role="kam", is_lead=True)
            put(tenant=tenant, account=account, member=members["executive"], role="executive")
            for other in others:
                put(tenant=tenant, account=account, member=members[other], role="supply_chain_leader")
        for _ in range(2):  # the second time nothing is added
            people_fill(tenant=tenant, members=members, today=TODAY)
            links_fill(tenant=tenant, members=members, today=TODAY)
    return tenant


def centre_of(name):
    account = Account.objects.get(name=name)
    return account, centre_rows(account.pk)


def who(rows, name):
    return next(one.id for one in (*rows.centre.ours, *rows.centre.people) if one.name == name)


class TestDemo:
    def test_kestrel_is_a_bow_tie(self, demo):
        with tenant_context(demo.id):
            _account, rows = centre_of("Kestrel Beverages")
            found = structure_of(rows.centre)
            assert found.kind == "bow_tie"
            assert (
                words.structure_finding(found, rows.centre)
                == "A bow tie: everything runs through Callum Wray and Abena Osei."
            )
            gone = leaving(rows.centre, who(rows, "Callum Wray"))
        assert words.leaving_finding(gone, rows.centre) == "If Callum Wray left, no connection would be left."

    def test_sandoval_is_one_to_many_and_hangs_on_ines(self, demo):
        with tenant_context(demo.id):
            _account, rows = centre_of("Sandoval Pharma")
            found = structure_of(rows.centre)
            gone = leaving(rows.centre, who(rows, "Ines Castellan"))
            molina = leaving(rows.centre, who(rows, "Lucía Molina"))
        assert found.kind == "one_to_many" and (len(found.theirs), found.links) == (5, 5)
        assert words.structure_finding(found, rows.centre) == "One-to-many, and it hangs on Ines Castellan."
        # Without Ines nobody of ours knows anybody: both deciders are out of reach.
        assert {rows.centre.here[one].name for one in gone.loss.unreached} == {
            "Montserrat Ferrer",
            "Xavier Bosch",
        }
        assert len(gone.alone) == 5
        # Without Lucía Molina the way to Montserrat Ferrer falls from 4 to Ines's own 2 …
        assert [
            (weak.before, weak.after)
            for weak in molina.loss.weakened
            if weak.decider == who(rows, "Montserrat Ferrer")
        ] == [(4, 2)]

    def test_fjordmeieriet_is_a_diamond_that_survives_anybody_of_theirs(self, demo):
        with tenant_context(demo.id):
            _account, rows = centre_of("Fjordmeieriet")
            found = structure_of(rows.centre)
            nora = leaving(rows.centre, who(rows, "Nora Haverkamp"))
            henrik = leaving(rows.centre, who(rows, "Henrik Aasen"))
        assert found.kind == "diamond" and found.hub is None
        assert (len(found.ours), len(found.theirs), found.links) == (4, 9, 11)
        assert found.functions == (
            "finance",
            "management",
            "operations",
            "procurement",
            "quality",
            "supply chain",
        )
        finding = words.structure_finding(found, rows.centre)
        assert finding == "A diamond: 4 of ours face 9 of theirs in 6\xa0functions."
        # Nora alone knows Kvisle, Brekke and Sole; Kari Nilsen knows Marit too.
        assert {rows.centre.here[one].name for one in nora.alone} == {
            "Oddmar Kvisle",
            "Liv Brekke",
            "Even Sole",
        }
        # Marit is senior and faces Siri Bakke, who is senior too: it stays a diamond without Henrik.
        assert henrik.after.kind == "diamond" and len(henrik.alone) == 2

    def test_one_plan_is_overdue_and_the_log_fits_what_is_shown(self, demo):
        with tenant_context(demo.id):
            overdue = [str(plan) for plan in Engagement.objects.filter(next_on__lt=TODAY)]
            for account in Account.objects.all():
                people = list(Contact.objects.filter(account=account, left_on__isnull=True))
                last = last_contacts(account.pk, [one.pk for one in people])
                for one in people:
                    assert one.last_contact == last.of.get(one.pk), one.name
            assert Connection.objects.filter(strength__isnull=False, last_contact__isnull=True).count() == 0
        assert overdue == ["Henrik Aasen, Key account executive meets Montserrat Ferrer"]

    def test_the_checks_say_what_is_missing_where(self, demo):
        with tenant_context(demo.id):
            failed = {}
            for name in TEAMS:
                account, rows = centre_of(name)
                failed[name] = {
                    check.key for check in connection_checks(account, rows) if check.passed is False
                }
        assert failed["Fjordmeieriet"] == set()
        assert failed["Kestrel Beverages"] == {
            "senior_planned",
            "executive_review",
            "decider_counterparts",
            "no_single_thread",
        }
        assert failed["Sandoval Pharma"] >= {"plans_kept", "decider_counterparts", "no_single_thread"}
