"""Reminders of engagement plans, and the checks behind the connections score (K11, BANK D4)."""

import datetime

import pytest
from django.utils import timezone

from buying_center.checks import score
from buying_center.models import Engagement, SellingCenterMember
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.connection_checks import connection_checks
from buying_center.services.reminders import engagements_remind
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Notification
from tests.buying_center.test_connections import World
from tests.factories import ConnectionFactory, ContactFactory, ContactRoleFactory, EngagementFactory

TODAY = timezone.localdate()


def days_ago(days):
    return TODAY - datetime.timedelta(days=days)


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        return World(members)


class TestReminders:
    def told(self):
        return sorted((note.member.role, note.text) for note in Notification.objects.all())

    def test_whoever_keeps_in_touch_is_told_once_on_the_day_and_once_after(self, world, tenant):
        with tenant_context(tenant.id):
            EngagementFactory(contact=world.ragna, place=world.nora, next_on=TODAY)
            EngagementFactory(contact=world.matteo, place=world.nora, next_on=days_ago(-1))
            assert [engagements_remind(today=TODAY) for _ in range(2)] == [1, 0]
            assert self.told() == [("kam", "Fjellvik: contact with Ragna is due today.")]
            assert engagements_remind(today=days_ago(-1)) == 2
            assert engagements_remind(today=days_ago(-9)) == 1  # Matteo's is overdue now too
            Engagement.objects.update(next_on=days_ago(-8))
            assert engagements_remind(today=days_ago(-9)) == 2

    def test_the_lead_is_told_where_ours_has_no_login_or_is_no_longer_there(self, world, tenant, members):
        with tenant_context(tenant.id):
            EngagementFactory(
                contact=world.ragna, place=world.bo, next_on=days_ago(3), kind="executive_review"
            )
            ended = SellingCenterMember.objects.create(
                tenant=tenant, account=world.account, member=members["executive"], role="executive",
                valid_to=days_ago(1),
            )  # fmt: skip
            EngagementFactory(contact=world.matteo, place=ended, next_on=days_ago(3))
            assert engagements_remind(today=TODAY) == 2
            assert {role for role, _text in self.told()} == {"kam"}
            assert "the executive review with Ragna was due on" in self.told()[1][1]

    def test_leavers_and_people_switched_off_are_left_alone(self, world, tenant, members):
        with tenant_context(tenant.id):
            EngagementFactory(contact=world.ragna, place=world.nora, next_on=days_ago(3))
            world.ragna.left_on = days_ago(1)
            world.ragna.save()
            assert engagements_remind(today=TODAY) == 0


class TestChecks:
    def found(self, world):
        checks = connection_checks(world.account, centre_rows(world.account.pk))
        return {check.key: check.passed for check in checks}, {check.key: check for check in checks}

    def test_an_account_without_people_fails_the_one_that_comes_first(self, world, tenant):
        with tenant_context(tenant.id):
            world.ragna.delete()
            world.matteo.delete()
            passed, checks = self.found(world)
        assert passed == {"senior_named": False}
        assert checks["senior_named"].url.endswith("/people/add/")

    def test_what_nobody_knows_yet_does_not_count(self, world, tenant):
        with tenant_context(tenant.id):
            world.ragna.level = ""
            world.ragna.save()
            passed, _ = self.found(world)
        assert passed == {
            "senior_named": False,
            "senior_planned": None,
            "plans_kept": None,
            "executive_review": None,
            "decider_counterparts": None,
            "influencer_counterparts": None,
            "no_single_thread": False,
            "fresh_contact": None,
        }

    def test_every_duty_kept_and_each_broken_in_turn(self, world, tenant):
        with tenant_context(tenant.id):
            world.account.is_key_account, world.account.key_since = True, days_ago(400)
            world.account.save()
            ContactRoleFactory(contact=world.ragna, role="decider")
            ContactRoleFactory(contact=world.matteo, role="influencer")
            known = ConnectionFactory(contact=world.ragna, place=world.nora, strength=3)
            ConnectionFactory(contact=world.matteo, place=world.bo, strength=2)
            for contact in (world.ragna, world.matteo):
                contact.last_contact = days_ago(90)
                contact.save()
            plan = EngagementFactory(
                contact=world.ragna, place=world.nora, next_on=TODAY, kind="executive_review"
            )

            def failing():
                passed, checks = self.found(world)
                return {key for key, value in passed.items() if value is False}, score(checks.values())

            assert failing() == (set(), 1.0)
            plan.next_on = days_ago(1)
            plan.save()
            assert failing() == ({"plans_kept"}, 7 / 8)
            plan.kind = "engagement"
            plan.save()
            known.strength = 2
            known.save()
            world.matteo.last_contact = days_ago(91)
            world.matteo.save()
            assert failing()[0] == {
                "plans_kept",
                "executive_review",
                "decider_counterparts",
                "fresh_contact",
            }
            boss = ContactFactory(account=world.account, name="Sindre", level="executive")
            ContactRoleFactory(contact=boss, role="influencer")
            assert {"senior_planned", "influencer_counterparts"} <= failing()[0]
            known.delete()
            assert "no_single_thread" in failing()[0]
