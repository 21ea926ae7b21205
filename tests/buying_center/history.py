"""Histories that happened on other days than today."""

import datetime
from typing import Any

from django.apps import apps

from kam.tenancy.context import current_tenant_id


def happened(model: str, day: str, /, **chosen: Any) -> None:
    """The latest of the chosen events of a model happened at noon of a day."""
    events: Any = apps.get_model("buying_center", f"{model}Event")
    rows = events.objects.filter(tenant_id=current_tenant_id(), **chosen)
    last = rows.order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    noon = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(12), tzinfo=datetime.UTC)
    assert rows.filter(pgh_id=last).update(pgh_created_at=noon) == 1
