"""Strategic reflection: the questions a key account manager keeps asking, and what is known (K17, BANK A)."""

from django.db import models
from django.db.models import Q

from accounts.models import Account
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import VersionedModel, tracked


class ReflectionSet(models.TextChoices):
    """The five lists of K17, the recurring questions, the habits, and a tenant's own."""

    ENVIRONMENT = "environment", "Customer environment"
    MARKET = "market", "The customer’s market"
    COMPETITION = "competition", "Competitive pressure"
    ABSOLUTE = "absolute", "Our absolute position"
    RELATIVE = "relative", "Our relative position"
    RECURRING = "recurring", "The recurring questions"
    HABITS = "habits", "Habits of a reflecting manager"
    OWN = "own", "Our own questions"


class KnownFrom(models.TextChoices):
    """What proposes an answer that a person then confirms."""

    LEDGER = "ledger", "The ledger"
    MAP = "map", "The map of people"


class AnswerState(models.TextChoices):
    ANSWERED = "answered", "Answered"
    UNKNOWN = "unknown", "Unknown"


class Confidence(models.TextChoices):
    """How sure the author is."""

    LOW = "low", "Assumed"
    MEDIUM = "medium", "Heard once"
    HIGH = "high", "Verified"


@tracked()
class ReflectionQuestion(VersionedModel):
    """A question as this tenant asks it. Those of the bank keep their `code`; own ones are `is_own`.

    A question that is not active is not asked; its answers are kept.
    """

    code = models.CharField(max_length=20, editable=False)
    set = models.CharField(max_length=12, choices=ReflectionSet)
    text = models.CharField(max_length=500)
    known_from = models.CharField(max_length=6, choices=KnownFrom, blank=True, editable=False)
    is_own = models.BooleanField(default=False, db_default=False, editable=False)
    is_active = models.BooleanField(default=True, db_default=True)
    position = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="reflectionquestion_code_unique"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(code=""), name="reflectionquestion_has_text"),
            models.CheckConstraint(condition=Q(set__in=ReflectionSet.values), name="reflectionquestion_set"),
        ]
        indexes = [models.Index(fields=["tenant", "set", "position"], name="reflectionquestion_set_idx")]

    def __str__(self) -> str:
        return self.text


@tracked()
class ReflectionAnswer(VersionedModel):
    """What is known in one account about one question; no row = nobody has looked at it yet.

    `text`, `source`, `confidence`, `known_on` (the day it held) belong to an answer; `owner` and `due` to an
    unknown, which is work to do. `from_ledger`: the text is the
    proposal of the ledger (or of the map of people), confirmed by `author`.
    """

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="reflection_answers")
    question = TenantForeignKey(ReflectionQuestion, on_delete=models.CASCADE, related_name="answers")
    state = models.CharField(max_length=8, choices=AnswerState)
    text = models.TextField(blank=True, max_length=4000)
    source = models.CharField(max_length=300, blank=True)
    confidence = models.CharField(max_length=6, choices=Confidence, blank=True)
    known_on = models.DateField(null=True, blank=True)
    from_ledger = models.BooleanField(default=False, db_default=False)
    author = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    owner = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "account", "question"], name="reflectionanswer_unique"),
            models.CheckConstraint(
                condition=(Q(state="answered") & ~Q(text="")) | Q(state="unknown", text=""),
                name="reflectionanswer_state",
            ),
            models.CheckConstraint(
                condition=Q(state="unknown") | Q(owner__isnull=True, due__isnull=True),
                name="reflectionanswer_work_is_unknown",
            ),
            models.CheckConstraint(
                condition=Q(confidence="") | Q(confidence__in=Confidence.values),
                name="reflectionanswer_confidence",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "question"], name="reflectionanswer_question_idx"),
            models.Index(fields=["tenant", "state", "due"], name="reflectionanswer_work_idx"),
            models.Index(fields=["tenant", "owner"], name="reflectionanswer_owner_idx"),
        ]

    def __str__(self) -> str:
        return self.text or "Unknown"
