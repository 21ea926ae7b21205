"""The strategy tab: what it says first, editing in place, autosaved answers, conflicts, the unknowns, the settings."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, SuccessFactor
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from planning.models import Objective, ReflectionAnswer, ReflectionQuestion
from planning.selectors.reflection import Coverage
from planning.services.reflection import answer_write
from planning.views.strategy_words import strategy_finding
from tests.factories import (
    AccountFactory,
    ObjectiveFactory,
    ReflectionAnswerFactory,
    SuccessFactorFactory,
)

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def account(tenant: Tenant, as_tenant: Any, members: dict[str, Membership]) -> Account:
    with as_tenant(tenant):
        return AccountFactory(
            name="Fjellvik", owner=members["kam"], is_key_account=True, key_since=datetime.date(2024, 1, 1)
        )


@pytest.fixture
def kam(browser_client: Any) -> Client:
    return browser_client("kam")


def url_of(account: Account, rest: str = "") -> str:
    return f"/accounts/{account.pk}/strategy/{rest}"


class TestFinding:
    """The first sentence is the first thing that keeps the account from being understood."""

    def say(self, factors: list[SuccessFactor], **more: Any) -> str:
        given = {"missing": [], "coverage": Coverage(40, 12, 3), "unknown": 0, **more}
        return strategy_finding(factors=factors, **given).replace("\xa0", " ")

    def factors(self, count: int, *, reviewed: bool = True) -> list[SuccessFactor]:
        old = timezone.now() - datetime.timedelta(days=200)
        return [
            SuccessFactor(title=str(n), reviewed_at=timezone.now() if reviewed else old, created_at=old)
            for n in range(count)
        ]

    def test_nothing_then_too_few_then_reviews_then_objectives_then_unknowns(self) -> None:
        assert self.say([], coverage=Coverage(40, 0, 0)).startswith("Nothing is written down")
        assert "too few" in self.say(self.factors(1))
        assert self.say(self.factors(3, reviewed=False)) == (
            "Three success factors are named, 3 wait for review; 12 of 40 questions are answered."
        )
        assert self.say(self.factors(2), missing=["retain", "grow"]) == (
            "12 of 40 questions are answered, but no objective says how we retain and grow this account."
        )
        assert "3 things we know we do not know" in self.say(self.factors(2), unknown=3)
        assert self.say(self.factors(2), coverage=Coverage(40, 40, 0)).endswith("every question is answered.")


class TestSuccessFactors:
    def test_a_factor_is_written_edited_in_place_reviewed_moved_and_retired(
        self, account: Account, tenant: Tenant, as_tenant: Any, kam: Client
    ) -> None:
        page = kam.get(url_of(account)).content.decode()
        assert "No success factors yet" in page
        assert "no objective to retain or to grow" in page
        for title in ("Halve stops", "Grow exports"):
            kam.post(url_of(account, "factors/"), {"title": title, "kind": "factor"})
        with as_tenant(tenant):
            first, second = SuccessFactor.objects.order_by("position")
        form = kam.get(
            url_of(account), {"factor": str(first.pk)}, HTTP_HX_TARGET="factors-card", **HTMX
        ).content.decode()
        assert 'value="Halve stops"' in form
        assert "<html" not in form
        saved = kam.post(
            url_of(account, f"factors/{first.pk}/"),
            {"title": "Halve line stops", "kind": "initiative", "version": "1", "owner_name": "Ida"},
            **HTMX,
        )
        assert "Halve line stops" in saved.content.decode()
        assert "kam:say" in saved["HX-Trigger"]
        for act in ("review", "down", "retire"):
            assert kam.post(url_of(account, f"factors/{first.pk}/act/"), {"act": act}).status_code == 302
        with as_tenant(tenant):
            first.refresh_from_db()
            second.refresh_from_db()
        assert (first.state, second.position, first.position) == ("retired", 0, 1)
        assert first.reviewed_by is not None

    def test_a_stale_save_shows_both_values_and_saving_again_keeps_mine(
        self, account: Account, tenant: Tenant, as_tenant: Any, kam: Client
    ) -> None:
        with as_tenant(tenant):
            factor = SuccessFactorFactory(account=account, title="Theirs")
            factor.save()
        url = url_of(account, f"factors/{factor.pk}/")
        stale = kam.post(url, {"title": "Mine", "kind": "factor", "version": "1"}, **HTMX)
        text = stale.content.decode()
        assert stale.status_code == 409
        assert "Theirs" in text
        assert "Mine" in text
        assert 'name="version" value="2"' in text
        assert kam.post(url, {"title": "Mine", "kind": "factor", "version": "2"}).status_code == 302
        with as_tenant(tenant):
            factor.refresh_from_db()
        assert factor.title == "Mine"

    def test_a_fault_is_said_at_its_field_and_nothing_typed_is_lost(
        self, account: Account, kam: Client
    ) -> None:
        answer = kam.post(url_of(account, "factors/"), {"title": "", "kind": "factor", "evidence": "Report"})
        text = answer.content.decode()
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in text
        assert "Report" in text


class TestObjectives:
    def test_one_is_set_moved_and_closed(
        self, account: Account, tenant: Tenant, as_tenant: Any, kam: Client, members: dict[str, Membership]
    ) -> None:
        with as_tenant(tenant):
            factor = SuccessFactorFactory(account=account)
        made = kam.post(
            url_of(account, "objectives/"),
            {
                "title": "Win Oslo",
                "horizon": "short",
                "type": "grow",
                "growth_source": "up_sell",
                "target_amount": "250 000",
                "status": "open",
                "owner": str(members["kam"].user_id),
                "success_factors": [str(factor.pk)],
            },
        )
        assert made.status_code == 302
        with as_tenant(tenant):
            objective = Objective.objects.get()
            assert (objective.target_amount, objective.factors.get().factor) == (250_000, factor)
        page = kam.get(url_of(account)).content.decode()
        assert "This key account has no objective to retain" in page
        for act in ("long", "achieved"):
            kam.post(url_of(account, f"objectives/{objective.pk}/act/"), {"act": act})
        with as_tenant(tenant):
            objective.refresh_from_db()
        assert (objective.horizon, objective.status) == ("long", "achieved")
        assert "closed objective" in kam.get(url_of(account)).content.decode()

    def test_what_does_not_grow_drops_its_source(
        self, account: Account, tenant: Tenant, as_tenant: Any, kam: Client
    ) -> None:
        with as_tenant(tenant):
            objective = ObjectiveFactory(account=account, type="grow", growth_source="organic")
        kam.post(
            url_of(account, f"objectives/{objective.pk}/"),
            {
                "title": "Keep it",
                "horizon": "short",
                "type": "retain",
                "growth_source": "organic",
                "status": "open",
                "version": "1",
            },
        )
        with as_tenant(tenant):
            objective.refresh_from_db()
        assert (objective.type, objective.growth_source) == ("retain", "")


class TestAnswers:
    @pytest.fixture
    def asked(self, tenant: Tenant, as_tenant: Any, account: Account) -> ReflectionQuestion:
        with as_tenant(tenant):
            return ReflectionQuestion.objects.get(code="ENV-1")

    def tag(self, page: str, question: ReflectionQuestion) -> str:
        part = page.split(f'id="tag-{question.pk}" value="')[1]
        return part.split('"')[0].replace("&quot;", '"')

    def test_an_answer_saves_itself_and_the_next_one_names_its_version(
        self, account: Account, asked: ReflectionQuestion, tenant: Tenant, as_tenant: Any, kam: Client
    ) -> None:
        page = kam.get(url_of(account, "questions/environment/")).content.decode()
        assert "None of 3 questions is answered yet." in page
        save = url_of(account, f"answers/{asked.pk}/save/")
        first = kam.post(save, {"text": "Rules", "source": "Report", "tag": self.tag(page, asked)}, **HTMX)
        text = first.content.decode()
        assert first.status_code == 200
        assert "Saved" in text
        assert "1 of 3 questions are answered" in text
        second = kam.post(save, {"text": "New rules", "source": "", "tag": self.tag(text, asked)}, **HTMX)
        assert second.status_code == 200
        with as_tenant(tenant):
            answer = ReflectionAnswer.objects.get()
        assert (answer.text, answer.source, answer.version) == ("New rules", "", 2)

    def test_a_stale_answer_shows_both_and_keep_mine_replaces_theirs(
        self,
        account: Account,
        asked: ReflectionQuestion,
        tenant: Tenant,
        as_tenant: Any,
        kam: Client,
        members: dict[str, Membership],
    ) -> None:
        page = kam.get(url_of(account, "questions/environment/")).content.decode()
        with as_tenant(tenant):
            theirs = answer_write(
                principal=Principal(members["admin"]),
                account=account,
                question=asked,
                values={"text": "Their words"},
            )
        save = url_of(account, f"answers/{asked.pk}/save/")
        stale = kam.post(save, {"text": "My words", "tag": self.tag(page, asked)}, **HTMX)
        text = stale.content.decode()
        assert stale.status_code == 409
        assert "Their words" in text
        assert "My words" in text
        assert "Admin Northwind changed this answer" in text
        over = text.split("?over=")[1].split('"')[0]
        kept = kam.post(f"{save}?over={over}", {"text": "My words", "tag": "old"}, **HTMX)
        assert kept.status_code == 200
        with as_tenant(tenant):
            theirs.refresh_from_db()
        assert theirs.text == "My words"

    def test_without_javascript_an_answer_is_saved_and_a_conflict_is_a_page(
        self, account: Account, asked: ReflectionQuestion, kam: Client
    ) -> None:
        page = kam.get(url_of(account, "questions/environment/")).content.decode()
        save, tag = url_of(account, f"answers/{asked.pk}/save/"), self.tag(page, asked)
        assert kam.post(save, {"text": "Rules", "tag": tag}).status_code == 302
        refused = kam.post(save, {"text": "Other", "tag": tag})
        assert refused.status_code == 409
        assert "Your answer is not saved yet." in refused.content.decode()

    def test_we_do_not_know_becomes_work_of_somebody_by_a_date(
        self,
        account: Account,
        asked: ReflectionQuestion,
        tenant: Tenant,
        as_tenant: Any,
        kam: Client,
        browser_client: Any,
        members: dict[str, Membership],
    ) -> None:
        page = kam.get(url_of(account, "questions/environment/")).content.decode()
        act = kam.post(
            url_of(account, f"answers/{asked.pk}/act/"),
            {"act": "unknown", "tag": self.tag(page, asked)},
            **HTMX,
        )
        text = act.content.decode()
        assert "Who finds out" in text
        bad = kam.post(
            url_of(account, f"answers/{asked.pk}/save/"),
            {"text": "", "due": "31.02.2026", "tag": self.tag(text, asked)},
            **HTMX,
        )
        assert bad.status_code == 422
        assert "Expected YYYY-MM-DD" in bad.content.decode()
        kam.post(
            url_of(account, f"answers/{asked.pk}/save/"),
            {
                "text": "",
                "due": "2020-01-31",
                "owner": str(members["kam"].user_id),
                "tag": self.tag(text, asked),
            },
            **HTMX,
        )
        for client in (kam, browser_client("executive")):
            card = client.get("/unknowns/card/").content.decode()
            assert asked.text in card.replace("&#x27;", "’")
            assert "late, by" in card
        assert "1\xa0answer is past the date." in kam.get("/unknowns/?only=late").content.decode()
        assert "1\xa0thing you have to find out." in kam.get("/unknowns/?only=mine").content.decode()
        assert "1\xa0thing to find out" in kam.get(url_of(account)).content.decode()

    def test_who_may_only_read_sees_answers_and_no_form(
        self, account: Account, asked: ReflectionQuestion, tenant: Tenant, as_tenant: Any, browser_client: Any
    ) -> None:
        with as_tenant(tenant):
            ReflectionAnswerFactory(account=account)
        client = browser_client("executive")
        page = client.get(url_of(account, "questions/environment/")).content.decode()
        assert "Stricter rules on energy use." in page
        assert "data-autosave" not in page
        assert client.post(url_of(account, f"answers/{asked.pk}/save/"), {"text": "x"}).status_code == 403


class TestQuestionSettings:
    def test_an_administrator_adds_rewords_moves_switches_off_and_deletes(
        self, tenant: Tenant, as_tenant: Any, browser_client: Any, members: Any
    ) -> None:
        admin = browser_client("admin")
        assert (
            "56\xa0questions asked, all of them from the bank."
            in admin.get("/settings/questions/").content.decode()
        )
        admin.post("/settings/questions/", {"set": "environment", "text": "Which subsidies end?"})
        with as_tenant(tenant):
            own = ReflectionQuestion.objects.get(is_own=True)
            bank = ReflectionQuestion.objects.get(code="ENV-1")
        url = f"/settings/questions/{own.pk}/"
        admin.post(url, {"act": "save", "text": "Which subsidies end soon?", "version": "1"})
        admin.post(url, {"act": "up"})
        admin.post(f"/settings/questions/{bank.pk}/", {"act": "off"})
        stale = admin.post(url, {"act": "save", "text": "Lost", "version": "1"}, follow=True)
        assert "Somebody else changed this question first" in stale.content.decode()
        with as_tenant(tenant):
            own.refresh_from_db()
            bank.refresh_from_db()
        assert (own.text, bank.is_active) == ("Which subsidies end soon?", False)
        assert "1 of them your own; 1 switched off" in admin.get("/settings/questions/").content.decode()
        refused = admin.post(f"/settings/questions/{bank.pk}/", {"act": "delete"}, follow=True)
        assert "A question of the bank is not deleted" in refused.content.decode()
        admin.post(url, {"act": "delete"})
        with as_tenant(tenant):
            assert not ReflectionQuestion.objects.filter(is_own=True).exists()
        assert admin.post("/settings/questions/", {"set": "own", "text": " "}).status_code == 422


@pytest.mark.parametrize(
    "path", ["strategy/", "strategy/questions/competition/", "/unknowns/", "/unknowns/card/"]
)
def test_a_page_asks_the_same_number_of_questions_with_two_rows_and_with_twenty(
    path: str,
    account: Account,
    tenant: Tenant,
    as_tenant: Any,
    kam: Client,
    members: dict[str, Membership],
) -> None:
    """At most 12 beyond those of an empty view behind the same middleware."""
    url = path if path.startswith("/") else f"/accounts/{account.pk}/{path}"

    def fill(count: int) -> None:
        with as_tenant(tenant):
            for number in range(count):
                factor = SuccessFactorFactory(account=account, reviewed_by=members["kam"])
                objective = ObjectiveFactory(account=account, owner=members["kam"])
                objective.factors.create(tenant_id=tenant.id, factor=factor)
                question = ReflectionQuestion.objects.filter(answers__isnull=True, set="competition").first()
                if question is None:
                    question = ReflectionQuestion.objects.filter(answers__isnull=True).first()
                state = "unknown" if number % 2 else "answered"
                ReflectionAnswerFactory(
                    account=account,
                    question=question,
                    state=state,
                    text="" if state == "unknown" else "Known",
                    author=members["kam"],
                    owner=members["kam"] if state == "unknown" else None,
                )

    def queries(address: str) -> int:
        kam.get(address)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert kam.get(address).status_code == 200
        return len(seen)

    fill(2)
    few = queries(url)
    fill(18)
    assert queries(url) == few
    assert few - queries("/profile/") <= 12, (few, queries("/profile/"))
