"""The map's entity tag covers all that it draws and tells, and an answer kept under it is never a stale one (K14)."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from buying_center.models import Contact, ContactRole, Employee, InfluenceLink, Person, SellingCenterMember
from buying_center.selectors.centre import _tie_readers
from buying_center.selectors.connections import connection_ties
from kam.tenancy.context import tenant_context
from kam.tenancy.models import User
from tests.factories import (
    AccountFactory,
    ConnectionFactory,
    ContactFactory,
    ContactRoleFactory,
    EmployeeFactory,
    InfluenceLinkFactory,
    SellingCenterMemberFactory,
)


class World:
    """Nora covers Matteo, who influences Ragna, who decides; Bjorn, an employee, knows Ragna."""

    def __init__(self, member) -> None:
        self.account = AccountFactory(name="Fjellvik", owner=member)
        self.nora = SellingCenterMemberFactory(account=self.account, member=member, role="kam", is_lead=True)
        self.bjorn = SellingCenterMemberFactory(
            account=self.account,
            member=None,
            employee=EmployeeFactory(name="Bjorn"),
            role="subject_matter_leader",
        )
        self.ragna = ContactFactory(account=self.account, name="Ragna", power=8)
        self.matteo = ContactFactory(account=self.account, name="Matteo", strength=3, covered_by=self.nora)
        ContactRoleFactory(contact=self.ragna, role="decider")
        self.line = InfluenceLinkFactory(source=self.matteo, target=self.ragna, topic="price", strength=4)
        self.knows = ConnectionFactory(place=self.bjorn, contact=self.ragna, strength=2)
        self.url = f"/api/v1/accounts/{self.account.pk}/people-map/"


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        return World(members["kam"])


def rename_person(world):
    Person.objects.filter(pk=world.ragna.person_id).update(name="Ragna Tveitdal")


def judge_power(world):
    Contact.objects.filter(pk=world.ragna.pk).update(power=2)


def move_on_the_map(world):
    Contact.objects.filter(pk=world.ragna.pk).update(map_x=10, map_y=20)


def give_a_role(world):
    ContactRoleFactory(contact=world.matteo, role="gatekeeper")


def change_a_role(world):
    ContactRole.objects.filter(contact=world.ragna).update(role="buyer")


def somebody_new(world):
    ContactFactory(account=world.account, name="Kaja")


def somebody_gone(world):
    Contact.objects.filter(pk=world.matteo.pk).update(left_on=timezone.localdate())


def change_a_line(world):
    InfluenceLink.objects.filter(pk=world.line.pk).update(note="Since the winter")


def take_a_line_away(world):
    InfluenceLink.objects.filter(pk=world.line.pk).delete()


def rename_a_member(world):
    User.objects.filter(pk=world.nora.member.user_id).update(name="Nora Lund")


def rename_an_employee(world):
    Employee.objects.filter(pk=world.bjorn.employee_id).update(name="Bjorn Moe")


def end_a_place(world):
    SellingCenterMember.objects.filter(pk=world.bjorn.pk).update(
        valid_to="2026-01-01", valid_from="2025-01-01"
    )


def judge_a_connection(world):
    world.knows.strength = 5
    world.knows.save()


CHANGES = [
    rename_person,
    judge_power,
    move_on_the_map,
    give_a_role,
    change_a_role,
    somebody_new,
    somebody_gone,
    change_a_line,
    take_a_line_away,
    rename_a_member,
    rename_an_employee,
    end_a_place,
    judge_a_connection,
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_the_map_draws_changes_its_tag_and_its_answer(world, tenant, api, change):
    client = api("kam")
    before = client.get(world.url)
    again = client.get(world.url)
    assert (again.json(), again["ETag"]) == (before.json(), before["ETag"])
    assert client.get(world.url, HTTP_IF_NONE_MATCH=before["ETag"]).status_code == 304
    with tenant_context(tenant.id):
        change(world)
    after = client.get(world.url, HTTP_IF_NONE_MATCH=before["ETag"])
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    assert after.json() != before.json()


def test_the_map_and_what_is_told_beside_it_are_kept_apart(world, api):
    client = api("kam")
    beside = f"{world.url}findings/"
    drawn, told = client.get(world.url), client.get(beside)
    assert drawn["ETag"] == told["ETag"]
    assert [client.get(url).json() for url in (world.url, beside)] == [drawn.json(), told.json()]
    assert "finding" in told.json()
    assert "nodes" in drawn.json()


def test_another_day_is_another_map(world, api):
    client, tomorrow = api("kam"), timezone.localdate() + datetime.timedelta(days=1)
    first = client.get(world.url)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        second = api("kam").get(world.url, HTTP_IF_NONE_MATCH=first["ETag"])
    assert second.status_code == 200, second.content
    assert second.json()["today"] == tomorrow.isoformat()


def test_a_map_of_the_past_has_no_tag_of_today(world, api):
    past = api("kam").get(world.url, {"as_of": "2026-01-01T00:00:00Z"})
    assert past.status_code == 200
    assert "ETag" not in past


def test_a_kept_map_opens_for_nobody_else(world, api, other_api):
    tag = api("kam").get(world.url)["ETag"]
    for client in (api("contributor"), other_api("admin")):
        assert client.get(world.url).status_code == 404
        assert client.get(world.url, HTTP_IF_NONE_MATCH=tag).status_code == 404


def test_what_is_told_is_worded_for_the_reader(world, tenant, members, api):
    """Numbers in sentences follow the reader's locale: the words kept for one are not another's."""
    with tenant_context(tenant.id):
        User.objects.filter(pk=members["executive"].user_id).update(locale="de_DE")
        world.nora.member.refresh_from_db()
    assert members["kam"].user.locale != "de_DE"
    ours, theirs = (api(role).get(f"{world.url}findings/") for role in ("kam", "executive"))
    assert ours["ETag"] != theirs["ETag"]
    assert api("executive").get(f"{world.url}findings/", HTTP_IF_NONE_MATCH=ours["ETag"]).status_code == 200


def test_the_only_ties_beside_coverage_are_connections():
    """Whoever registers another reader of ties must make what it reads a part of `people_map_tag`."""
    assert _tie_readers == [connection_ties]
