"""What the engine refuses, each with a code a machine can read and a reason a person can read."""


class EngineError(ValueError):
    """Base of every refusal of the engine."""

    code = "engine_error"


class ParameterError(EngineError):
    """A parameter lies outside its range; ``field`` names it."""

    code = "out_of_range"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class DivergesError(EngineError):
    """A sum "for ever" has no finite value (K3: T = ∞ needs r·(1+g)/(1+d) < 1)."""

    code = "diverges"


class NotConverged(EngineError):  # noqa: N818 - reads as the fact it states
    """The purchase model could not be fitted to this ledger; ``reason`` says why (K3)."""

    code = "not_converged"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
