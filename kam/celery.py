"""The Celery application. Tasks live in each app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent, setup_logging, worker_init, worker_shutdown
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings.dev")

app = Celery("kam")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Log lines of a task carry the id of the request that asked for it.
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def _use_django_logging(**kwargs: Any) -> None:
    """Django's LOGGING stands; without a receiver Celery would replace it."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@worker_init.connect
def _refuse_unsafe_role(**kwargs: Any) -> None:
    from kam.tenancy.startup import refuse_unsafe_role

    refuse_unsafe_role()


@heartbeat_sent.connect
def _tell_readiness(sender: Any, **kwargs: Any) -> None:
    """The event loop is alive. Redis may be away for a moment: the next beat tells again."""
    from contextlib import suppress

    from redis import RedisError

    from kam.tenancy.health import worker_beats

    with suppress(RedisError, OSError):
        worker_beats(sender.eventer.hostname)


@worker_shutdown.connect
def _tell_leaving(sender: Any, **kwargs: Any) -> None:
    from contextlib import suppress

    from redis import RedisError

    from kam.tenancy.health import worker_leaves

    with suppress(RedisError, OSError):
        worker_leaves(sender.hostname)
