"""“Help me choose”: questions whose answers suggest a role, an attitude, a power (BANK E10–E12, fig. 2.1)."""

from dataclasses import dataclass

from buying_center.models import BuyingRole


@dataclass(frozen=True)
class Question:
    """A question with what a yes suggests: a role word, an attitude, or points of power."""

    text: str
    value: str
    suggests: str


ROLES = (
    Question("Do they make the final choice, or release the budget?", BuyingRole.DECIDER, "Decider"),
    Question(
        "Do they find, compare and negotiate with suppliers, and answer for the risk?",
        BuyingRole.BUYER,
        "Buyer",
    ),
    Question("Do they use what we deliver, or lead those who do?", BuyingRole.USER, "User"),
    Question(
        "Do they sway the choice through their post or what they know?", BuyingRole.INFLUENCER, "Influencer"
    ),
    Question("Is their expert opinion asked for, or offered and believed?", BuyingRole.ADVISOR, "Advisor"),
    Question("Do they lobby for us inside, and coach us?", BuyingRole.FACILITATOR, "Facilitator"),
    Question(
        "Do they decide who gets a meeting or a piece of information?", BuyingRole.GATEKEEPER, "Gatekeeper"
    ),
)
# Clues for finding the decider (BANK E11), read beside the questions about roles.
DECIDER_CLUES = (
    "The more money and risk, the higher up to look.",
    "The more it touches their own business, the higher up to look.",
    "Ask who would decide this at our company, and look for the same post.",
    "Check the official chart against the political one, together with a facilitator.",
)
ATTITUDES = (
    Question("They put our case forward unasked.", "2", "+2"),
    Question("They spoke well of us when asked.", "1", "+1"),
    Question("They took no side.", "0", "0"),
    Question("They raised doubts, or preferred another.", "-1", "−1"),
    Question("They tried to keep us out.", "-2", "−2"),
)
POWERS = (
    Question("They can sign for sums of this size alone.", "4", "4 points"),
    Question("When they object, a plan stops.", "3", "3 points"),
    Question("Other departments ask them first.", "2", "2 points"),
    Question("They have direct access to the top.", "1", "1 point"),
)
