"""Every figure can be asked (LOOK §1): formula with real numbers, inputs, window, method, date, engine.

Pure functions from a metrics row to an `Explanation`; nothing is computed anew, so that what is explained is
what is shown. A figure that is not known says why.
"""

from metrics.explanations import classes, money, value  # noqa: F401 - each registers its figures
from metrics.explanations.base import EXPLAINERS, Context, Explanation, Input, window_text
from metrics.explanations.value import (
    METHOD_WORDS,
    NOTE_WORDS,
    TIMING_WORDS,
    clv_inputs,
    multiplier_formula,
    potential_basis_words,
)
from metrics.models import MetricsRow


def figures() -> tuple[str, ...]:
    """The names of all figures that can be asked."""
    return tuple(EXPLAINERS)


def explain(figure: str, row: MetricsRow, context: Context) -> Explanation:
    """Explain one figure of a row. Raises KeyError for a figure that does not exist."""
    return EXPLAINERS[figure](row, context)


__all__ = [
    "METHOD_WORDS",
    "NOTE_WORDS",
    "TIMING_WORDS",
    "Context",
    "Explanation",
    "Input",
    "clv_inputs",
    "explain",
    "figures",
    "multiplier_formula",
    "potential_basis_words",
    "window_text",
]
