"""Behind the bell: told once, read by the one who was told, sent by e-mail once and only where it is wanted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Notification
from kam.tenancy.selectors import notification_unread_count
from kam.tenancy.services import Message, notifications_mail, notifications_send


def _message(member, key="review:1", text="The quarterly review of Fjellvik is due."):
    return Message(member=member, kind="review", key=key, text=text, url="/reviews/")


def test_the_same_thing_is_told_once_to_each_person(members, in_tenant):
    kam, executive = members["kam"], members["executive"]
    assert notifications_send([_message(kam), _message(executive)]) == 2
    assert notifications_send([_message(kam), _message(kam, key="review:2")]) == 1
    assert notification_unread_count(principal=Principal(member=kam)) == 2
    assert notification_unread_count(principal=Principal(member=executive)) == 1


def test_one_mail_holds_everything_that_is_new_and_is_sent_once(members, in_tenant):
    kam, executive = members["kam"], members["executive"]
    executive.reminders_by_mail = False
    executive.save(update_fields=["reminders_by_mail"])
    notifications_send([_message(kam), _message(kam, key="2", text="A second one."), _message(executive)])
    assert notifications_mail() == 1
    assert notifications_mail() == 0
    (sent,) = mail.outbox
    assert sent.to == [kam.user.email]
    assert sent.subject == "Northwind Tools: 2 reminders for you"
    assert "The quarterly review of Fjellvik is due." in sent.body
    assert "A second one." in sent.body
    assert "/reviews/" in sent.body


def test_somebody_switched_off_meanwhile_gets_no_mail_and_is_not_tried_for_ever(members, in_tenant):
    kam = members["kam"]
    notifications_send([_message(kam)])
    kam.is_active = False
    kam.save(update_fields=["is_active"])
    assert notifications_mail() == 0
    assert mail.outbox == []
    assert not Notification.objects.filter(mail=True, mailed_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_four_workers_at_once_send_each_mail_once(committed_db, tenant, members):
    with tenant_context(tenant.id):
        notifications_send([_message(member) for member in members.values() if member.role != "integration"])

    def work(_number: int) -> int:
        try:
            with tenant_context(tenant.id):
                return notifications_mail()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 4
    assert sorted(message.to[0] for message in mail.outbox) == sorted(
        member.user.email for member in members.values() if member.role != "integration"
    )


class TestPages:
    def test_the_bell_counts_opens_and_forgets(self, tenant, members, browser_client):
        client = browser_client("kam")
        assert "Notifications, nothing unread" in client.get("/profile/").content.decode()
        with tenant_context(tenant.id):
            notifications_send([_message(members["kam"]), _message(members["kam"], key="2", text="Second")])
            first = Notification.objects.get(key="review:1")
        assert "2\u00a0unread notifications" in client.get("/profile/").content.decode()
        page = client.get("/notifications/").content.decode()
        assert "2\u00a0things you have not opened yet." in page
        answer = client.post(f"/notifications/{first.pk}/open/")
        assert (answer.status_code, answer.url) == (302, "/reviews/")
        assert "1\u00a0thing you have not opened yet." in client.get("/notifications/").content.decode()
        client.post("/notifications/read/")
        assert "You have seen everything." in client.get("/notifications/").content.decode()

    def test_nobody_opens_anothers(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            notifications_send([_message(members["kam"])])
            told = Notification.objects.get()
        assert browser_client("admin").post(f"/notifications/{told.pk}/open/").status_code == 404
        assert "not opened" not in browser_client("admin").get("/notifications/").content.decode()

    def test_a_person_switches_the_mails_off(self, members, browser_client):
        client = browser_client("kam")
        assert "checked" in str(client.get("/profile/").context["form"]["reminders_by_mail"])
        client.post("/profile/", {"name": "Kam", "locale": "en_GB"})
        members["kam"].refresh_from_db()
        assert members["kam"].reminders_by_mail is False

    def test_a_long_list_costs_no_more_queries_than_a_short_one(self, tenant, members, browser_client):
        client = browser_client("kam")
        counts = []
        for start in (0, 2):
            with tenant_context(tenant.id):
                notifications_send(
                    [_message(members["kam"], key=f"{start}-{n}") for n in range(2 if start == 0 else 20)]
                )
            with CaptureQueriesContext(connection) as asked:
                client.get("/notifications/")
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 14
