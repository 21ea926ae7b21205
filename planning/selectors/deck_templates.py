"""The company's own slides, if it has any (K32)."""

from kam.tenancy.context import current_tenant_id
from planning.models import DeckTemplate


def deck_template() -> DeckTemplate | None:
    """The current tenant's template without its content, with who uploaded it."""
    rows = DeckTemplate.objects.select_related("uploaded_by__user").defer("content")
    return rows.filter(tenant_id=current_tenant_id()).first()


def deck_template_content() -> bytes | None:
    """The template's bytes; None where plans are presented in our own look."""
    found = DeckTemplate.objects.filter(tenant_id=current_tenant_id()).values_list("content", flat=True)
    content = found.first()
    return None if content is None else bytes(content)
