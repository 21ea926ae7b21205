"""Strategic reflection (K17): the bank, answers with their source, coverage, unknowns, what the ledger proposes."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account, AccountMonth, CellMonth, ExchangeRate
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant, TenantSettings
from planning.bank.reflection import QUESTIONS, questions_fill
from planning.models import ReflectionAnswer, ReflectionQuestion, ReflectionSet
from planning.selectors.ledger_answers import ledger_answers
from planning.selectors.map_answers import map_answers
from planning.selectors.reflection import answer_tag, answered_counts, reflection_of, unknown_list
from planning.services.reflection import (
    answer_take_from_ledger,
    answer_write,
    question_create,
    question_delete,
    question_move,
    question_update,
)
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    ProductFactory,
    SalesLineFactory,
)

Api = Callable[..., APIClient]
REFERENCE = datetime.date(2025, 6, 30)


@pytest.fixture
def account(tenant: Tenant, as_tenant: Any, members: dict[str, Membership]) -> Account:
    with as_tenant(tenant):
        TenantSettings.objects.update(pinned_reference_date=REFERENCE)
        return AccountFactory(owner=members["kam"], currency="USD", category_spend=Decimal(4_000))


@pytest.fixture
def kam(members: dict[str, Membership]) -> Principal:
    return Principal(members["kam"])


@pytest.fixture
def admin(members: dict[str, Membership]) -> Principal:
    return Principal(members["admin"])


def question(code: str) -> ReflectionQuestion:
    return ReflectionQuestion.objects.get(code=code)


def test_the_bank_holds_five_lists_of_forty_questions_six_recurring_ones_and_ten_habits() -> None:
    """BANK A1–A7: 3 + 7 + 12 + 9 + 9 = 40, 6, 10; codes are unique."""
    sizes = {
        key: sum(question.set == key for question in QUESTIONS)
        for key in ReflectionSet.values
        if key != "own"
    }
    assert sizes == {
        "environment": 3,
        "market": 7,
        "competition": 12,
        "absolute": 9,
        "relative": 9,
        "recurring": 6,
        "habits": 10,
    }
    assert len({question.code for question in QUESTIONS}) == 56


def test_a_new_tenant_begins_with_the_bank_and_filling_again_adds_nothing(in_tenant: Any) -> None:
    assert ReflectionQuestion.objects.count() == 56
    ReflectionQuestion.objects.filter(code="ENV-2").update(text="Our own words")
    ReflectionQuestion.objects.filter(code="ENV-3").delete()
    new = questions_fill(model=ReflectionQuestion, rows=ReflectionQuestion.objects, tenant_id=in_tenant)
    assert new == 1
    assert question("ENV-2").text == "Our own words"


class TestAnswers:
    def test_an_answer_keeps_author_source_confidence_and_the_day_it_held(
        self, account: Account, in_tenant: Any, kam: Principal
    ) -> None:
        answer = answer_write(
            principal=kam,
            account=account,
            question=question("ENV-1"),
            values={"text": " New energy rules ", "source": "Annual report", "confidence": "high"},
        )
        assert (answer.text, answer.state, answer.author) == ("New energy rules", "answered", kam.member)
        assert answer.known_on == timezone.localdate()

    def test_without_a_text_it_is_work_with_owner_and_due_and_the_answer_ends_the_work(
        self, account: Account, in_tenant: Any, kam: Principal, members: dict[str, Membership]
    ) -> None:
        due = datetime.date(2025, 9, 30)
        unknown = answer_write(
            principal=kam,
            account=account,
            question=question("REL-6"),
            values={"text": "", "owner": members["contributor"].user_id, "due": due},
        )
        assert (unknown.state, unknown.owner, unknown.due) == ("unknown", members["contributor"], due)
        assert list(unknown_list(kam)) == [unknown]
        known = answer_write(
            principal=kam, account=account, question=question("REL-6"), values={"text": "A third each"}
        )
        assert (known.state, known.owner, known.due) == ("answered", None, None)
        assert not unknown_list(kam).exists()
        again = answer_write(principal=kam, account=account, question=question("REL-6"), values={"text": ""})
        assert (again.state, again.known_on, again.source) == ("unknown", None, "")

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"source": "Report"}, "source"),
            ({"text": "Known", "due": datetime.date(2025, 9, 1)}, "due"),
            ({"text": "x" * 4001}, "text"),
        ],
    )
    def test_what_does_not_fit_is_named(
        self, account: Account, in_tenant: Any, kam: Principal, values: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInputError) as refused:
            answer_write(principal=kam, account=account, question=question("ENV-1"), values=values)
        assert refused.value.errors[0].field == field

    def test_a_stale_writer_is_shown_what_is_stored_and_overwrites_nothing(
        self, account: Account, in_tenant: Any, kam: Principal, admin: Principal
    ) -> None:
        asked = question("ENV-1")
        read = IfMatch(frozenset({answer_tag(asked.pk, None)}))
        first = answer_write(
            principal=admin, account=account, question=asked, values={"text": "Theirs"}, if_match=read
        )
        with pytest.raises(StaleWriteError) as stale:
            answer_write(
                principal=kam, account=account, question=asked, values={"text": "Mine"}, if_match=read
            )
        assert stale.value.extra["stored"]["text"] == "Theirs"
        assert stale.value.extra["stored"]["author_name"] == "Admin Northwind"
        seen = IfMatch(frozenset({answer_tag(asked.pk, first)}))
        answer_write(principal=kam, account=account, question=asked, values={"text": "Mine"}, if_match=seen)
        assert ReflectionAnswer.objects.get().text == "Mine"

    def test_over_rest_a_second_answer_to_a_question_is_a_conflict_and_history_names_both(
        self, account: Account, tenant: Tenant, as_tenant: Any, api: Api
    ) -> None:
        with as_tenant(tenant):
            asked = question("ENV-1").pk
        client, body = api("kam"), {"account": str(account.pk), "question": str(asked), "text": "Rules"}
        made = client.post("/api/v1/reflection-answers/", body, format="json")
        assert (made.status_code, made.json()["question_code"]) == (201, "ENV-1")
        again = client.post("/api/v1/reflection-answers/", body, format="json")
        assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "unique")
        url = f"/api/v1/reflection-answers/{made.json()['id']}/"
        tag = made["ETag"]
        assert (
            client.patch(url, {"text": None}, format="json", headers={"If-Match": tag}).json()["state"]
            == "unknown"
        )
        assert client.patch(url, {"text": "B"}, format="json", headers={"If-Match": tag}).status_code == 412
        entries = client.get(f"{url}history/").json()["results"]
        assert [entry["action"] for entry in entries] == ["changed", "created"]


class TestCoverage:
    def test_it_counts_answers_of_active_questions_by_set_and_for_the_account(
        self, account: Account, in_tenant: Any, kam: Principal, admin: Principal
    ) -> None:
        """Answered: one of 3, one of 6. The account counts 40 questions, without the recurring six."""
        for code, text in (("ENV-1", "A"), ("ENV-2", ""), ("SIX-1", "B")):
            answer_write(principal=kam, account=account, question=question(code), values={"text": text})
        state = reflection_of(account=account)
        sets = {each.key: each.coverage for each in state.sets}
        environment = sets["environment"]
        assert (environment.answered, environment.unknown, environment.untouched) == (1, 1, 1)
        assert environment.ratio == pytest.approx(1 / 3)
        assert sets["recurring"].ratio == pytest.approx(1 / 6)
        assert (state.coverage.answered, state.coverage.total) == (1, 40)
        assert answered_counts([account.pk]) == {account.pk: 1}
        question_update(principal=admin, question=question("ENV-1"), values={"is_active": False})
        assert reflection_of(account=account).coverage.answered == 0
        assert answered_counts([account.pk]) == {}

    def test_the_work_list_begins_with_the_earliest_due(
        self, account: Account, in_tenant: Any, kam: Principal
    ) -> None:
        for code, due in (
            ("ENV-1", None),
            ("MKT-1", datetime.date(2025, 9, 1)),
            ("MKT-2", datetime.date(2025, 8, 1)),
        ):
            answer_write(
                principal=kam, account=account, question=question(code), values={"text": "", "due": due}
            )
        work = [item.question.code for item in reflection_of(account=account).work]
        assert work == ["MKT-2", "MKT-1", "ENV-1"]
        assert [row.question.code for row in unknown_list(kam, mine=True)] == work


class TestOwnQuestions:
    def test_they_are_added_moved_switched_off_and_deleted_while_unanswered(
        self, account: Account, in_tenant: Any, admin: Principal, kam: Principal
    ) -> None:
        first = question_create(principal=admin, values={"set": "environment", "text": "Which subsidies?"})
        second = question_create(principal=admin, values={"set": "own", "text": "Who signs?"})
        assert (first.code, second.code) == ("OWN-1", "OWN-2")
        question_move(principal=admin, question=first, up=True)
        listed = [item.question.code for item in reflection_of(account=account).sets[0].items]
        assert listed == ["ENV-1", "ENV-2", "OWN-1", "ENV-3"]
        question_delete(principal=admin, question=first)
        answer_write(principal=kam, account=account, question=second, values={"text": "The CFO"})
        with pytest.raises(ConflictError):
            question_delete(principal=admin, question=second)
        with pytest.raises(ConflictError):
            question_delete(principal=admin, question=question("ENV-1"))
        with pytest.raises(InvalidInputError):
            question_update(principal=admin, question=question("ENV-1"), values={"set": "own"})

    def test_only_administrators_change_the_questions(self, members: Any, api: Api) -> None:
        body = {"set": "own", "text": "Who signs?"}
        assert [
            api(role).post("/api/v1/reflection-questions/", body, format="json").status_code
            for role in ("kam", "executive", "admin")
        ] == [403, 403, 201]


class TestLedgerAnswers:
    """July 2024 – June 2025 against the 12 months before; reference date 30 June 2025."""

    def sell(self, account: Account, month: datetime.date, amount: int, days: int = 2) -> None:
        AccountMonth.objects.create(
            tenant_id=account.tenant_id,
            account=account,
            month=month,
            net_sales=Decimal(amount),
            lines=days,
            positive_days=days,
            first_sale=month,
            last_sale=month.replace(day=20),
        )

    def test_nothing_is_proposed_without_a_ledger(self, account: Account, in_tenant: Any) -> None:
        assert ledger_answers(account=account) == {}

    def test_volume_rhythm_share_and_standing_with_their_window(
        self, account: Account, in_tenant: Any
    ) -> None:
        """1,000 this year against 800: +25 %; 1,000 of 4,000 = 25 %; 4 buying days = every 91 days."""
        self.sell(account, datetime.date(2024, 6, 1), 800)
        self.sell(account, datetime.date(2024, 7, 1), 400)
        self.sell(account, datetime.date(2025, 6, 1), 600)
        self.sell(account, datetime.date(2025, 7, 1), 9_999)
        product = ProductFactory()
        CellMonth.objects.create(
            tenant_id=account.tenant_id,
            account=account,
            product=product,
            month=datetime.date(2025, 6, 1),
            net_sales=Decimal(600),
            lines=2,
        )
        SalesLineFactory(account=account, product=product, date=datetime.date(2025, 6, 20), quantity=7)
        found = ledger_answers(account=account)
        assert found["ABS-6"].source == "Ledger, 1 Jul 2024 to 30 Jun 2025"
        assert "$1.0k net sales" in found["ABS-6"].text.replace("\xa0", " ")
        assert "7 units" in found["ABS-6"].text
        assert product.product_line.name in found["ABS-6"].text
        assert found["ABS-7"].text.replace("\xa0", " ") == (
            "Last bought on 20 Jun 2025. Bought on 4 days of the last 12 months, in 2 of 12 months, "
            "about every 91 days."
        )
        assert found["REL-5"].text.replace("\xa0", " ").startswith("25 % of what they spend")
        assert "+25 % on the 12 before" in found["SIX-1"].text.replace("\xa0", " ")

    def test_a_spend_in_a_currency_without_a_rate_proposes_no_share(
        self, account: Account, in_tenant: Any
    ) -> None:
        """4,000 NOK at 0.1 = 400 USD: 100 of it is a quarter."""
        self.sell(account, datetime.date(2025, 6, 1), 100)
        account.currency = "NOK"
        assert "REL-5" not in ledger_answers(account=account)
        ExchangeRate.objects.create(
            tenant_id=account.tenant_id,
            currency="NOK",
            month=datetime.date(2025, 1, 1),
            rate=Decimal("0.1"),
        )
        assert ledger_answers(account=account)["REL-5"].text.startswith("25")

    def test_somebody_who_stopped_buying_is_said_to_have_stopped(
        self, account: Account, in_tenant: Any
    ) -> None:
        self.sell(account, datetime.date(2024, 3, 1), 800)
        found = ledger_answers(account=account)
        assert found["ABS-7"].text == "Last bought on 20 Mar 2024; nothing in the last 12 months."
        assert found["ABS-6"].text == "Nothing in the last 12 months."

    def test_a_person_confirms_the_proposal_and_an_edit_makes_it_their_own_words(
        self, account: Account, in_tenant: Any, kam: Principal
    ) -> None:
        with pytest.raises(ConflictError):
            answer_take_from_ledger(principal=kam, account=account, question=question("ABS-7"))
        self.sell(account, datetime.date(2025, 6, 1), 600)
        taken = answer_take_from_ledger(principal=kam, account=account, question=question("ABS-7"))
        assert (taken.from_ledger, taken.author, taken.known_on) == (True, kam.member, REFERENCE)
        edited = answer_write(
            principal=kam, account=account, question=question("ABS-7"), values={"text": "Every quarter"}
        )
        assert edited.from_ledger is False

    def test_the_map_of_people_answers_who_holds_what_and_who_sways_whom(
        self, account: Account, in_tenant: Any, kam: Principal
    ) -> None:
        assert map_answers(account=account) == {}
        boss = ContactFactory(account=account, name="Ida Berg", title="Chief executive")
        buyer = ContactFactory(account=account, name="Bo Lind", title="Head of purchasing", reports_to=boss)
        ContactFactory(account=account, name="Somebody in finance", person__is_placeholder=True)
        ContactFactory(account=account, name="Gone", left_on=datetime.date(2025, 1, 1))
        ContactRoleFactory(contact=boss, role="decider")
        InfluenceLinkFactory(account=account, source=buyer, target=boss, topic="price", strength=4)
        found = map_answers(account=account)
        assert found["ABS-1"].text == "Ida Berg: Chief executive\nBo Lind: Head of purchasing, under Ida Berg"
        assert found["ABS-2"].text.splitlines()[:2] == ["Decider: Ida Berg", "Buyer: nobody known"]
        assert found["ABS-3"].text == "Bo Lind sways Ida Berg on price, strength 4 of 5"
        taken = answer_take_from_ledger(principal=kam, account=account, question=question("ABS-3"))
        assert (taken.from_ledger, taken.source.startswith("Map of people, ")) == (True, True)

    def test_the_state_of_an_account_is_read_over_rest(
        self, account: Account, tenant: Tenant, as_tenant: Any, api: Api
    ) -> None:
        with as_tenant(tenant):
            self.sell(account, datetime.date(2025, 6, 1), 600)
        body = api("executive").get(f"/api/v1/accounts/{account.pk}/reflection/").json()
        assert body["coverage"] == {"total": 40, "answered": 0, "unknown": 0, "untouched": 40, "ratio": 0.0}
        assert {proposal["code"] for proposal in body["proposals"]} == {"ABS-6", "ABS-7", "REL-5", "SIX-1"}
