"""Page routes of the strategy tab, of what is unknown, and of the questions in the settings."""

from django.urls import URLPattern, URLResolver, path

from planning.views import (
    objectives,
    questions,
    reflection,
    strategy,
    success_factors,
    unknowns,
)

_STRATEGY = "accounts/<uuid:account_id>/strategy/"
_ANSWER = f"{_STRATEGY}answers/<uuid:question_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_STRATEGY, strategy.strategy, name="strategy"),
    path(f"{_STRATEGY}factors/", success_factors.factor_add, name="factor_add"),
    path(f"{_STRATEGY}factors/<uuid:factor_id>/", success_factors.factor_edit, name="factor_edit"),
    path(f"{_STRATEGY}factors/<uuid:factor_id>/act/", success_factors.factor_act, name="factor_act"),
    path(f"{_STRATEGY}objectives/", objectives.objective_add, name="objective_add"),
    path(f"{_STRATEGY}objectives/<uuid:objective_id>/", objectives.objective_edit, name="objective_edit"),
    path(f"{_STRATEGY}objectives/<uuid:objective_id>/act/", objectives.objective_act, name="objective_act"),
    path(f"{_STRATEGY}questions/<slug:set_key>/", reflection.reflection, name="reflection"),
    path(_ANSWER, reflection.answer, name="answer"),
    path(f"{_ANSWER}save/", reflection.answer_save, name="answer_save"),
    path(f"{_ANSWER}act/", reflection.answer_act, name="answer_act"),
    path("unknowns/", unknowns.unknown_list_page, name="unknown_list"),
    path("unknowns/card/", unknowns.unknown_card, name="unknown_card"),
    path("settings/questions/", questions.questions, name="question_list"),
    path("settings/questions/<uuid:question_id>/", questions.question_act, name="question_act"),
]
