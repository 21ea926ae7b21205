"""The Celery application. Tasks live in each app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings.dev")

app = Celery("kam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _use_django_logging(**kwargs: Any) -> None:
    """Django's LOGGING stands; without a receiver Celery would replace it."""


@worker_init.connect
def _refuse_unsafe_role(**kwargs: Any) -> None:
    from kam.tenancy.startup import assert_safe_database_role

    assert_safe_database_role()
