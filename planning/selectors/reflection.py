"""Reads of strategic reflection: questions, answers, coverage, what is not known (K17)."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, QuerySet

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from kam.common.api.etag import version_tag
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from planning.models import AnswerState, ReflectionAnswer, ReflectionQuestion, ReflectionSet

# The five lists of K17 and what a tenant adds make the coverage of an account; the recurring questions and the
# habits have a coverage of their own.
COUNTED = frozenset(
    {
        ReflectionSet.ENVIRONMENT,
        ReflectionSet.MARKET,
        ReflectionSet.COMPETITION,
        ReflectionSet.ABSOLUTE,
        ReflectionSet.RELATIVE,
        ReflectionSet.OWN,
    }
)


@dataclass
class Item:
    """One question with what is known about it in one account."""

    question: ReflectionQuestion
    answer: ReflectionAnswer | None

    @property
    def tag(self) -> str:
        """What a writer has to name: the version of the answer, or that there was none."""
        return answer_tag(self.question.pk, self.answer)

    @property
    def is_answered(self) -> bool:
        return self.answer is not None and self.answer.state == AnswerState.ANSWERED

    @property
    def is_unknown(self) -> bool:
        return self.answer is not None and self.answer.state == AnswerState.UNKNOWN


@dataclass
class Coverage:
    """How far a set, or an account, is answered. `ratio` None = there is nothing to ask."""

    total: int = 0
    answered: int = 0
    unknown: int = 0

    def count(self, item: Item) -> None:
        self.total += 1
        self.answered += item.is_answered
        self.unknown += item.is_unknown

    @property
    def untouched(self) -> int:
        """Questions nobody has looked at."""
        return self.total - self.answered - self.unknown

    @property
    def ratio(self) -> float | None:
        return self.answered / self.total if self.total else None


@dataclass
class SetState:
    """A set of questions in one account."""

    key: str
    label: str
    items: list[Item] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)


@dataclass
class Reflection:
    """Everything asked and known in one account. `coverage` counts the sets of K17 and the tenant's own."""

    sets: list[SetState]
    coverage: Coverage

    @property
    def work(self) -> list[Item]:
        """What somebody found to be unknown, the earliest due first."""
        found = [item for each in self.sets for item in each.items if item.is_unknown]
        far = datetime.date.max
        return sorted(found, key=lambda item: (item.answer and item.answer.due) or far)

    @property
    def next_set(self) -> SetState | None:
        """The counted set with the lowest coverage: where to go on. None when all is answered."""
        open_sets = [
            each for each in self.sets if each.key in COUNTED and each.coverage.answered < each.coverage.total
        ]
        return min(open_sets, key=lambda each: each.coverage.ratio or 0.0, default=None)


def answer_tag(question_id: uuid.UUID, answer: ReflectionAnswer | None) -> str:
    """The entity tag of an answer; of a question without one it is version 0 of the question."""
    return version_tag(answer.pk, answer.version) if answer is not None else version_tag(question_id, 0)


def question_list(*, active_only: bool = False) -> "QuerySet[ReflectionQuestion, ReflectionQuestion]":
    """The current tenant's questions in their order within a set."""
    rows = ReflectionQuestion.objects.filter(tenant_id=current_tenant_id())
    if active_only:
        rows = rows.filter(is_active=True)
    return rows.order_by("position", "created_at", "id")


def answer_visible(principal: Principal) -> "QuerySet[ReflectionAnswer, ReflectionAnswer]":
    """Answers of the accounts this member may see."""
    rows = ReflectionAnswer.objects.filter(question__tenant_id=principal.tenant.id)
    return of_visible_accounts(rows, principal)


def answer_find(*, account: Account, question: ReflectionQuestion) -> ReflectionAnswer | None:
    """The answer of one account to one question, with the people on it."""
    return (
        ReflectionAnswer.objects.select_related("author__user", "owner__user")
        .filter(tenant_id=account.tenant_id, account_id=account.pk, question_id=question.pk)
        .first()
    )


def reflection_of(*, account: Account, only_set: str = "") -> Reflection:
    """All sets of an account, or one with its answers; every set that asks something is there. Two queries."""
    questions = list(question_list(active_only=True))
    answers = {
        answer.question_id: answer
        for answer in ReflectionAnswer.objects.select_related("author__user", "owner__user").filter(
            tenant_id=account.tenant_id, account_id=account.pk
        )
    }
    sets = {key: SetState(key, str(label)) for key, label in ReflectionSet.choices}
    whole = Coverage()
    for question in questions:
        if only_set and question.set != only_set:
            continue
        item = Item(question, answers.get(question.pk))
        state = sets[question.set]
        state.items.append(item)
        state.coverage.count(item)
        if question.set in COUNTED:
            whole.count(item)
    return Reflection([state for state in sets.values() if state.items], whole)


def unknown_list(
    principal: Principal, *, mine: bool = False
) -> "QuerySet[ReflectionAnswer, ReflectionAnswer]":
    """What is known to be unknown in the accounts this member sees, the earliest due first.

    `mine`: only what this member has to find out, or nobody in an account of theirs.
    """
    tenant_id = principal.tenant.id
    rows = (
        answer_visible(principal)
        .select_related("account", "question", "owner__user")
        .filter(state=AnswerState.UNKNOWN, question__is_active=True, account__tenant_id=tenant_id)
    )
    if mine:
        nobodys = Q(owner_id__isnull=True, account__owner_id=principal.member.id)
        rows = rows.filter(Q(owner_id=principal.member.id) | nobodys)
    return rows.order_by(F("due").asc(nulls_last=True), "account__name", "question__position", "id")


def answered_counts(account_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many counted questions of each account are answered; accounts without an answer are left out."""
    rows = (
        ReflectionAnswer.objects.filter(
            tenant_id=current_tenant_id(),
            account_id__in=list(account_ids),
            state=AnswerState.ANSWERED,
            question__tenant_id=current_tenant_id(),
            question__is_active=True,
            question__set__in=COUNTED,
        )
        .values_list("account_id")
        .annotate(Count("id"))
    )
    return dict(rows)


def counted_questions() -> int:
    """How many questions an account's coverage is measured against."""
    return question_list(active_only=True).filter(set__in=COUNTED).count()
