"""From draft to active: who may do what, what stays, what a second writer is told (K32)."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from kam.common.errors import ConflictError, InvalidInputError, NotAllowedError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Notification
from planning.findings.plans import waiting_finding
from planning.models import Plan, PlanAction, PlanSection, PlanState, PlanVersion
from planning.selectors.plan_changes import plan_changes, since_choices
from planning.selectors.plan_compare import compare
from planning.selectors.plan_document import plan_document
from planning.selectors.plan_gaps import completeness, section_marks
from planning.selectors.plan_standing import plan_standing
from planning.selectors.plans import plan_sections, plans_waiting, text_digest
from planning.services.plan_comments import comment_resolve
from planning.services.plan_lifecycle import (
    plan_activate,
    plan_approve,
    plan_return,
    plan_submit,
    plan_version_keep,
    plan_withdraw,
)
from planning.services.plan_presence import presence_touch
from planning.services.plan_sections import row_add, row_delete, row_move, row_update, section_save
from planning.services.plans import plan_create, plan_delete
from tests.factories import AccountFactory
from tests.planning.grid import World
from tests.planning.plans import draft_of, filled_plan

pytestmark = pytest.mark.usefixtures("in_tenant")


@pytest.fixture
def kam(members: dict[str, Membership]) -> Principal:
    return Principal(member=members["kam"])


@pytest.fixture
def admin(members: dict[str, Membership]) -> Principal:
    return Principal(member=members["admin"])


@pytest.fixture
def executive(members: dict[str, Membership]) -> Principal:
    return Principal(member=members["executive"])


@pytest.fixture
def plan(world: World, in_tenant: Any, kam: Principal) -> Plan:
    return filled_plan(world, kam, owner=kam.member.user_id)


def fresh(plan: Plan) -> Plan:
    return Plan.objects.select_related("account").get(pk=plan.pk)


class TestLifeCycle:
    def test_two_people_bring_a_plan_from_draft_to_active(
        self, plan: Plan, kam: Principal, executive: Principal
    ) -> None:
        assert plan_submit(principal=kam, plan=plan).state == PlanState.IN_REVIEW
        assert plan_approve(principal=executive, plan=fresh(plan)).state == PlanState.APPROVED
        assert plan_activate(principal=kam, plan=fresh(plan)).state == PlanState.ACTIVE
        assert [(each.number, each.reason) for each in plan.versions.order_by("number")] == [
            (1, "submitted"),
            (2, "approved"),
        ]
        told = Notification.objects.filter(member=kam.member).values_list("text", flat=True)
        assert ["approved" in text for text in told] == [True]
        assert Notification.objects.filter(member=executive.member, kind="plan").count() == 1

    def test_nobody_approves_what_they_submitted(self, plan: Plan, admin: Principal) -> None:
        plan_submit(principal=admin, plan=plan)
        with pytest.raises(NotAllowedError) as refused:
            plan_approve(principal=admin, plan=fresh(plan))
        assert (refused.value.code, fresh(plan).state) == ("own_submission", PlanState.IN_REVIEW)

    def test_the_database_refuses_an_approval_of_ones_own(self, plan: Plan, admin: Principal) -> None:
        plan_submit(principal=admin, plan=plan)
        with pytest.raises(IntegrityError, match="plan_approved_by_another"), transaction.atomic():
            Plan.objects.filter(pk=plan.pk).update(
                state="approved", approved_by=admin.member, approved_at=datetime.datetime.now(datetime.UTC)
            )

    def test_what_is_sent_back_says_why_and_can_be_written_again(
        self, plan: Plan, kam: Principal, executive: Principal
    ) -> None:
        plan_submit(principal=kam, plan=plan)
        with pytest.raises(ConflictError, match="reviews this plan"):
            section_save(principal=kam, plan=plan, key="summary", text="Changed meanwhile")
        with pytest.raises(InvalidInputError, match="Say what to change"):
            plan_return(principal=executive, plan=fresh(plan), comment="  ")
        plan_return(principal=executive, plan=fresh(plan), comment="Name the successor.")
        comment = plan.comments.get()
        assert (comment.kind, comment.body, fresh(plan).state) == ("returned", "Name the successor.", "draft")
        section_save(principal=kam, plan=plan, key="summary", text="Now with the successor, Ida Berg.")
        assert plan_submit(principal=kam, plan=fresh(plan)).state == PlanState.IN_REVIEW
        assert plan_withdraw(principal=kam, plan=fresh(plan)).state == PlanState.DRAFT

    def test_a_plan_waits_for_whoever_can_bring_it_on(
        self, plan: Plan, kam: Principal, admin: Principal, executive: Principal
    ) -> None:
        def waiting() -> list[list[str]]:
            return [[each.state for each in plans_waiting(who)] for who in (kam, admin, executive)]

        assert waiting() == [[], [], []]
        plan_submit(principal=kam, plan=plan)
        assert waiting() == [[], ["in_review"], ["in_review"]]
        assert waiting_finding(plans_waiting(admin)) == "1\u00a0plan waits for your approval"
        plan_return(principal=executive, plan=fresh(plan), comment="Name the successor.")
        assert waiting() == [["draft"], [], []]
        assert plans_waiting(kam)[0].returned == 1  # type: ignore[attr-defined]
        assert waiting_finding(plans_waiting(kam)) == "1\u00a0plan of yours came back"
        comment = plan.comments.get()
        comment_resolve(principal=kam, plan=fresh(plan), comment_id=comment.pk, resolved=True)
        assert waiting() == [[], [], []]
        plan_submit(principal=admin, plan=fresh(plan))
        assert waiting() == [[], [], ["in_review"]], "nobody decides on what they submitted"
        plan_approve(principal=executive, plan=fresh(plan))
        assert waiting() == [["approved"], [], []]
        assert waiting_finding(plans_waiting(kam)) == "1\u00a0plan of yours is approved and can begin"

    def test_an_empty_plan_is_not_worth_a_review(self, world: World, kam: Principal) -> None:
        with pytest.raises(ConflictError, match="next to nothing"):
            plan_submit(principal=kam, plan=draft_of(world, kam))

    def test_the_next_plan_carries_on_and_takes_the_place_of_the_active_one(
        self, plan: Plan, world: World, kam: Principal, executive: Principal
    ) -> None:
        done = PlanAction.objects.filter(plan=plan, section="actions").first()
        assert done is not None
        row_update(principal=kam, plan=plan, key="actions", row_id=done.pk, values={"status": "done"})
        for step, who in ((plan_submit, kam), (plan_approve, executive), (plan_activate, kam)):
            step(principal=who, plan=fresh(plan))
        following = plan_create(
            principal=kam,
            values={
                "account": world.account.pk,
                "continues": plan.pk,
                "starts_on": datetime.date(2027, 1, 1),
            },
        )
        assert (following.title, following.ends_on) == ("Account plan 2027", datetime.date(2027, 12, 31))
        carried = PlanAction.objects.filter(plan=following, section="actions")
        assert carried.count() == 2
        assert not carried.filter(status="done").exists()
        old, new = plan_sections(plan), plan_sections(following)
        assert {key: section.text for key, section in old.items()} == {
            key: section.text for key, section in new.items()
        }
        with pytest.raises(ConflictError, match="being written already"):
            plan_create(principal=kam, values={"account": world.account.pk})
        for step, who in ((plan_submit, kam), (plan_approve, executive), (plan_activate, kam)):
            step(principal=who, plan=fresh(following))
        assert (fresh(plan).state, fresh(following).state) == ("superseded", "active")
        assert PlanVersion.objects.filter(plan=plan).latest("number").reason == "superseded"

    def test_what_was_approved_stays_but_work_goes_on(
        self, plan: Plan, kam: Principal, executive: Principal
    ) -> None:
        plan_submit(principal=kam, plan=plan)
        plan_approve(principal=executive, plan=fresh(plan))
        for key in ("summary", "actions"):
            with pytest.raises(ConflictError, match="was approved"):
                section_save(principal=kam, plan=plan, key=key, text="Something else altogether")
        with pytest.raises(ConflictError, match="was approved"):
            row_add(principal=kam, plan=plan, key="risks", values={"text": "A new risk"})
        action = PlanAction.objects.filter(plan=plan).first()
        assert action is not None
        row_update(principal=kam, plan=plan, key=action.section, row_id=action.pk, values={"status": "done"})
        action.refresh_from_db()
        assert action.done_on is not None

    def test_a_draft_can_be_deleted_until_a_version_is_kept(
        self, world: World, plan: Plan, kam: Principal
    ) -> None:
        plan_version_keep(principal=kam, plan=plan, label="Before the board")
        with pytest.raises(ConflictError, match="Versions"):
            plan_delete(principal=kam, plan=plan)
        other = plan_create(
            principal=kam, values={"account": AccountFactory(owner=kam.member).pk, "title": "Short"}
        )
        plan_delete(principal=kam, plan=other)
        assert not PlanSection.objects.filter(plan_id=other.pk).exists()


class TestVersions:
    def test_the_database_lets_nobody_change_or_delete_one(self, plan: Plan, kam: Principal) -> None:
        version = plan_version_keep(principal=kam, plan=plan)
        for attempt in (
            lambda: PlanVersion.objects.filter(pk=version.pk).update(label="Other"),
            lambda: PlanVersion.objects.filter(pk=version.pk).delete(),
        ):
            with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
                attempt()

    def test_two_are_compared_section_by_section(self, plan: Plan, kam: Principal) -> None:
        first = plan_version_keep(principal=kam, plan=plan)
        rows = {row.text: row for row in plan_entries(plan)}
        row_move(
            principal=kam,
            plan=plan,
            key="swot",
            row_id=rows["Aqvendi undercuts service prices"].pk,
            quadrant="weakness",
        )
        row_delete(principal=kam, plan=plan, key="swot", row_id=rows["Two new pump halls until 2027"].pk)
        section_save(principal=kam, plan=plan, key="targets", text="Service contract for Oslo from May.")
        now = plan_document(principal=kam, plan=fresh(plan))
        kept = plan_document(principal=kam, plan=plan, version=first)
        found = {section.key: section for section in compare(kept, now) if section.differs}
        assert set(found) == {"swot", "targets"}
        ops = sorted((row.op, row.moved) for table in found["swot"].tables for row in table.rows)
        assert ops == [("moved", ("Threats", "Weaknesses")), ("removed", ("", ""))]
        assert [piece.text for piece in found["targets"].text if piece.op == "added"] == ["May."]


def plan_entries(plan: Plan) -> Any:
    from planning.models import PlanEntry

    return PlanEntry.objects.filter(plan=plan)


class TestWriting:
    def test_a_second_writer_is_told_what_is_stored_and_by_whom(
        self, plan: Plan, kam: Principal, admin: Principal
    ) -> None:
        base = text_digest(plan_sections(plan)["value"].text)
        section_save(principal=admin, plan=plan, key="value", text="What the administrator wrote", base=base)
        with pytest.raises(StaleWriteError) as refused:
            section_save(principal=kam, plan=plan, key="value", text="What the manager wrote", base=base)
        stored = refused.value.extra["sections"][0]
        assert (stored["text"], stored["changed_by_name"]) == (
            "What the administrator wrote",
            admin.member.user.display_name,
        )
        assert plan_sections(plan)["value"].text == "What the administrator wrote"

    def test_adding_a_row_does_not_disturb_who_writes_the_text(self, plan: Plan, kam: Principal) -> None:
        before = plan_sections(plan)["actions"]
        row_add(principal=kam, plan=plan, key="actions", values={"text": "Invite the board"})
        after = section_save(
            principal=kam, plan=plan, key="actions", text="New strategy text", base=text_digest(before.text)
        )
        assert after.version == before.version + 2

    def test_rows_are_checked_field_by_field(self, plan: Plan, kam: Principal) -> None:
        for key, values, field in (
            ("risks", {"text": ""}, "text"),
            ("risks", {"text": "Fire", "likelihood": 6}, "likelihood"),
            ("swot", {"quadrant": "political", "text": "On the wrong board"}, "quadrant"),
            ("swot", {"quadrant": "strength", "text": "x" * 501}, "text"),
            ("actions", {"text": "Call", "owner": kam.member.pk}, "owner"),
            ("actions", {"text": "Call", "objective": plan.pk}, "objective"),
            ("meetings", {"title": "Talk", "questions": ["a", "b", "c", "d"]}, "questions"),
            ("targets", {"year": 2026, "measure": "net_sales", "amount": Decimal(1)}, "year"),
            ("targets", {"year": 1200, "amount": Decimal(1)}, "year"),
        ):
            with pytest.raises(InvalidInputError) as refused:
                row_add(principal=kam, plan=plan, key=key, values=values)
            assert [fault.field for fault in refused.value.errors] == [field], (key, values)

    def test_entries_keep_the_order_they_are_put_in(self, plan: Plan, kam: Principal) -> None:
        for text in ("One", "Two", "Three"):
            row_add(principal=kam, plan=plan, key="pest", values={"quadrant": "social", "text": text})
        rows = {row.text: row for row in plan_entries(plan).filter(quadrant="social")}
        row_move(principal=kam, plan=plan, key="pest", row_id=rows["Three"].pk, before=rows["One"].pk)
        stored = plan_entries(plan).filter(quadrant="social").order_by("position")
        assert [row.text for row in stored] == ["Three", "One", "Two"]


class TestCompleteness:
    def test_each_missing_piece_says_where_it_is_filled_in(self, plan: Plan) -> None:
        marks = {mark.spec.key.value: mark for mark in marks_of(plan)}
        assert marks["summary"].state == "full"
        assert [gap.code for gap in marks["pest"].gaps] == ["political", "social", "technological"]
        assert marks["swot"].state == "full"
        assert [gap.code for gap in marks["risks"].gaps] == []
        assert marks["objectives"].state == "none"
        gaps = [gap for mark in marks.values() for gap in mark.gaps]
        assert all(gap.url.startswith("/") for gap in gaps)
        assert marks["pest"].gaps[0].url == f"/plans/{plan.pk}/?section=pest#rows"
        elsewhere = {gap.code: gap.url for key in ("open_space", "buying_centre") for gap in marks[key].gaps}
        account = f"/accounts/{plan.account_id}"
        assert elsewhere["potential"] == f"{account}/open-space/"
        assert elsewhere["contacts"] == f"{account}/people/"
        assert elsewhere["lead"].startswith(f"{account}/")

    def test_an_empty_phrase_does_not_raise_it(self, plan: Plan, kam: Principal) -> None:
        before = completeness(marks_of(plan))
        section_save(principal=kam, plan=plan, key="open_space", text="To be defined. " * 30)
        assert completeness(marks_of(plan)) == before
        section_save(
            principal=kam,
            plan=plan,
            key="open_space",
            text="Heat pumps in Bergen first: the budget is decided in March and Aqvendi has no service there.",
        )
        assert completeness(marks_of(plan)) == pytest.approx(before + 1 / 3 / 20)


def marks_of(plan: Plan) -> Any:
    return section_marks(plan, plan_sections(plan), plan_standing(plan.account))


class TestChanges:
    def test_the_audit_trail_says_what_is_different_and_who_did_it(self, plan: Plan, kam: Principal) -> None:
        since = PlanSection.objects.filter(plan=plan).latest("updated_at").updated_at
        # Within one transaction every event has the same moment; what came before it must not count.
        assert plan_changes(fresh(plan), since + datetime.timedelta(seconds=1)) == []
        sections = plan_changes(fresh(plan), datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        by_key = {section.key: section for section in sections}
        assert {thing.op for thing in by_key["swot"].things} == {"added"}
        assert "Engineers on site within two hours" in [thing.title for thing in by_key["swot"].things]
        assert since_choices(fresh(plan), now=datetime.datetime.now(datetime.UTC))[0].key == "month"


def test_presence_tells_the_others_and_forgets_who_left(plan: Plan, kam: Principal, admin: Principal) -> None:
    assert presence_touch(principal=kam, plan=plan, section="swot", typing=True) == []
    seen = presence_touch(principal=admin, plan=plan, section="value", typing=False)
    assert [(each.name, each.section, each.typing) for each in seen] == [
        (kam.member.user.display_name, "swot", True)
    ]
    presence_touch(principal=kam, plan=plan, section="", typing=False)
    assert presence_touch(principal=admin, plan=plan, section="value", typing=False) == []
