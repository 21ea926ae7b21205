"""Writing down what is known about an account, and what is not (K17)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Account
from accounts.selectors.accounts import account_find
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError, StaleWriteError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import person_member_id
from planning.models import AnswerState, Confidence, ReflectionAnswer, ReflectionQuestion
from planning.selectors.proposals import proposals_of
from planning.selectors.reflection import answer_find, answer_tag

_FIELDS = ("text", "source", "confidence", "known_on", "owner", "due")
_OF_ANSWERS = ("source", "confidence", "known_on")
_OF_WORK = ("owner", "due")


@transaction.atomic
def answer_write(
    *,
    principal: Principal,
    account: Account,
    question: ReflectionQuestion,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> ReflectionAnswer:
    """Write what is known in an account about a question; what is not in `values` stays.

    `text` answers it, with `source`, `confidence` and `known_on` (today where none is given); without a text
    it is unknown: work, with an `owner` (user id) and a `due` date. An answer ends the work. The author is
    whoever changed the answer last. Writers of one account wait for each other.

    Raises StaleWriteError (412) with what is `stored` when the answer is not the one that `if_match` names,
    InvalidInputError naming the field, PermissionDenied.
    """
    row = lock_row(Account.objects.filter(tenant_id=principal.tenant.id), account.pk)
    authorise(principal, "accounts.change", row)
    answer = answer_find(account=row, question=question)
    if if_match is not None and not if_match.matches(answer_tag(question.pk, answer)):
        raise _stale(answer)
    is_new = answer is None
    if answer is None:
        answer = ReflectionAnswer(
            tenant_id=row.tenant_id, account=row, question=question, state=AnswerState.UNKNOWN
        )
    changed = _set(principal, answer, {name: values[name] for name in _FIELDS if name in values})
    if is_new or changed & {"text", *_OF_ANSWERS}:
        answer.author = principal.member
        changed.add("author")
    if "text" in changed and answer.from_ledger:
        answer.from_ledger = False
        changed.add("from_ledger")
    if is_new:
        answer.save(force_insert=True)
    else:
        save_changes(answer, changed)
        if changed:
            answer.refresh_from_db(fields=["version"])
    return answer


@transaction.atomic
def answer_take_from_ledger(
    *,
    principal: Principal,
    account: Account,
    question: ReflectionQuestion,
    if_match: IfMatch | None = None,
) -> ReflectionAnswer:
    """Confirm what the ledger or the map of people says as the answer: its words, its window, verified.

    Raises ConflictError (code `nothing_known`) when neither says anything, and as `answer_write`.
    """
    proposal = proposals_of(account=account, codes={question.code}).get(question.code)
    if proposal is None:
        raise ConflictError("Nothing is proposed for this question.", code="nothing_known")
    answer = answer_write(
        principal=principal,
        account=account,
        question=question,
        values={
            "text": proposal.text,
            "source": proposal.source,
            "confidence": Confidence.HIGH,
            "known_on": proposal.until,
        },
        if_match=if_match,
    )
    answer.from_ledger = True
    save_changes(answer, {"from_ledger"})
    answer.refresh_from_db(fields=["version"])
    return answer


@transaction.atomic
def answer_create(*, principal: Principal, values: Mapping[str, Any]) -> ReflectionAnswer:
    """`answer_write` of a question that has no answer yet; `account` and `question` are ids.

    Raises ConflictError (code `unique`) where there is one, and as `answer_write`."""
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    question = ReflectionQuestion.objects.filter(tenant_id=principal.tenant.id, pk=values["question"]).first()
    if question is None:
        raise InvalidInputError.of("question", "There is no such question.", "unknown")
    authorise(principal, "accounts.change", account)
    given = {name: value for name, value in values.items() if name in _FIELDS}
    try:
        return answer_write(
            principal=principal,
            account=account,
            question=question,
            values=given,
            if_match=IfMatch(frozenset({answer_tag(question.pk, None)})),
        )
    except StaleWriteError:
        message = "This account has an answer to this question already. Change that one."
        raise ConflictError(
            message, code="unique", errors=[FieldError("question", message, "unique")]
        ) from None


@transaction.atomic
def answer_update(
    *,
    principal: Principal,
    answer: ReflectionAnswer,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> ReflectionAnswer:
    """`answer_write` of an answer that is there; account and question stay. Raises as that."""
    for name, message in (
        ("account", "An answer stays with its account."),
        ("question", "An answer stays with its question."),
    ):
        if values.get(name, getattr(answer, f"{name}_id")) != getattr(answer, f"{name}_id"):
            raise InvalidInputError.of(name, message, "fixed")
    return answer_write(
        principal=principal,
        account=answer.account,
        question=answer.question,
        values=values,
        if_match=if_match,
    )


@transaction.atomic
def answer_delete(*, principal: Principal, answer: ReflectionAnswer, if_match: IfMatch | None = None) -> None:
    """Forget an answer: the question is one that nobody has looked at. Raises PermissionDenied, StaleWriteError."""
    row = lock_row(ReflectionAnswer.objects.filter(tenant_id=principal.tenant.id), answer.pk, if_match)
    authorise(principal, "accounts.change", row)
    row.delete()


@transaction.atomic
def question_create(*, principal: Principal, values: Mapping[str, Any]) -> ReflectionQuestion:
    """Add a question of the tenant's own to a set. It is asked in every account from then on.

    Raises InvalidInputError naming the field, PermissionDenied."""
    authorise(principal, "settings.change")
    given = dict(values)
    rows = ReflectionQuestion.objects.select_for_update(of=("self",), no_key=True).filter(
        tenant_id=principal.tenant.id
    )
    codes = set(rows.values_list("code", flat=True))
    if "position" not in given:
        given["position"] = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
    number = sum(code.startswith("OWN-") for code in codes) + 1
    while f"OWN-{number}" in codes:
        number += 1
    question = ReflectionQuestion(tenant_id=principal.tenant.id, code=f"OWN-{number}", is_own=True)
    _set_question(question, given)
    question.save(force_insert=True)
    return question


@transaction.atomic
def question_update(
    *,
    principal: Principal,
    question: ReflectionQuestion,
    values: Mapping[str, Any],
    if_match: IfMatch | None = None,
) -> ReflectionQuestion:
    """Re-word, move, switch on or off. A question of the bank stays in its set.

    Raises InvalidInputError naming the field, PermissionDenied, StaleWriteError (412)."""
    authorise(principal, "settings.change")
    row = lock_row(ReflectionQuestion.objects.filter(tenant_id=principal.tenant.id), question.pk, if_match)
    if not row.is_own and values.get("set", row.set) != row.set:
        raise InvalidInputError.of("set", "A question of the bank stays in its set.", "fixed")
    save_changes(row, _set_question(row, dict(values)))
    return row


@transaction.atomic
def question_move(*, principal: Principal, question: ReflectionQuestion, up: bool) -> None:
    """Exchange the place of a question with its neighbour in the set; at the end nothing happens.

    Raises PermissionDenied."""
    authorise(principal, "settings.change")
    rows = list(
        ReflectionQuestion.objects.select_for_update(of=("self",), no_key=True)
        .filter(tenant_id=principal.tenant.id, set=question.set)
        .order_by("position", "created_at", "id")
    )
    at = next(index for index, row in enumerate(rows) if row.pk == question.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(rows):
        return
    places = sorted({row.position for row in rows})
    if len(places) < len(rows):  # equal places: number them anew from the first
        places = [places[0] + index for index in range(len(rows))]
    rows[at], rows[other] = rows[other], rows[at]
    for row, place in zip(rows, places, strict=True):
        if row.position != place:
            row.position = place
            save_changes(row, {"position"})


@transaction.atomic
def question_delete(
    *, principal: Principal, question: ReflectionQuestion, if_match: IfMatch | None = None
) -> None:
    """Delete an own question that nobody has answered. Others are switched off.

    Raises ConflictError (code `in_use`), PermissionDenied, StaleWriteError (412)."""
    authorise(principal, "settings.change")
    row = lock_row(ReflectionQuestion.objects.filter(tenant_id=principal.tenant.id), question.pk, if_match)
    if not row.is_own:
        raise ConflictError("A question of the bank is not deleted. Switch it off.", code="in_use")
    if ReflectionAnswer.objects.filter(tenant_id=row.tenant_id, question_id=row.pk).exists():
        raise ConflictError("This question has answers. Switch it off; they are kept.", code="in_use")
    row.delete()


def _set(principal: Principal, answer: ReflectionAnswer, given: dict[str, Any]) -> set[str]:
    if given.get("owner") is not None:
        given["owner"] = person_member_id(
            tenant_id=principal.tenant.id, user_id=given["owner"], field="owner"
        )
    if given.get("text") is not None:
        given["text"] = given["text"].strip()
    changed = set_values(answer, given)
    if answer.text:
        for name in _OF_WORK:
            if given.get(name) is not None:
                raise InvalidInputError.of(name, "What is answered is no work any more.", "answered")
        if answer.known_on is None:
            changed |= set_values(answer, {"known_on": timezone.localdate()})
        changed |= set_values(answer, {"state": AnswerState.ANSWERED, "owner": None, "due": None})
    else:
        for name in _OF_ANSWERS:
            if given.get(name):
                raise InvalidInputError.of(name, "Only an answer has this. Write the answer too.", "unknown")
        changed |= set_values(
            answer,
            {
                "state": AnswerState.UNKNOWN,
                "source": "",
                "confidence": "",
                "known_on": None,
                "from_ledger": False,
            },
        )
    return changed


def _set_question(question: ReflectionQuestion, values: dict[str, Any]) -> set[str]:
    if not values.get("text", question.text):
        raise InvalidInputError.of("text", "Write the question.", "blank")
    if not values.get("set", question.set):
        raise InvalidInputError.of("set", "This field is required.", "required")
    return set_values(question, values)


def _stale(stored: ReflectionAnswer | None) -> StaleWriteError:
    now = None
    if stored is not None:
        now = {
            "text": stored.text or None,
            "source": stored.source or None,
            "confidence": stored.confidence or None,
            "author_name": stored.author.user.display_name if stored.author else None,
            "changed_at": stored.updated_at,
            "version": stored.version,
        }
    return StaleWriteError(
        "The answer was changed since you read it. Compare both, then decide.", extra={"stored": now}
    )
