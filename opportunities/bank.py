"""What the product brings along for sales processes, in our words (BANK D7–D8, Le Bon & Herman ch. 1, fig. 1.6)."""

from opportunities.models import Stage

# Stage → the resources of ours that it usually needs: name, and whether it is a person.
DEFAULT_RESOURCES: dict[str, tuple[tuple[str, bool], ...]] = {
    Stage.NEED_RECOGNITION: (("KAM", True), ("Pre-sales analyst", True)),
    Stage.CHARACTERISTIC_DETERMINATION: (("KAM", True), ("Product marketing", True)),
    Stage.SPECIFICATION_ESTABLISHMENT: (("KAM", True), ("Supply chain expert", True)),
    Stage.POTENTIAL_SOURCE_IDENTIFICATION: (("KAM", True), ("Marketing", True)),
    Stage.PROPOSAL_REQUESTS: (("KAM", True), ("Marketing", True), ("Finance", True)),
    Stage.PROPOSAL_EVALUATION: (("KAM", True), ("Legal", True)),
    Stage.SUPPLIER_SELECTION: (("KAM", True), ("Executive support", True)),
    Stage.POST_PURCHASE_EVALUATION: (("KAM", True), ("Service delivery", True)),
}
# Things that any step may need; offered, not given to one step.
OTHER_RESOURCES = ("Trial products", "Promotional material", "Demonstration equipment")
