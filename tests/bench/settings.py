"""The settings under which benchmarks run: the product's own, on a throw-away database."""

import os

from kam.settings.base import *  # noqa: F403
from kam.settings.base import DATABASES, REST_FRAMEWORK
from kam.settings.logging import logging_config

SECRET_KEY = "only-for-benchmarks-" + "x" * 48
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.bench.urls"
# Logins are forced, never typed; throttling stays on, as in production, at a rate no benchmark reaches.
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"member": "1000000/min", "token": None}}
# Messages go nowhere: each row drives the work itself, and no worker of the installation may see them.
CELERY_BROKER_URL = "memory://"
LOGGING = logging_config(level="ERROR", json=False)

if name := os.environ.get("KAM_BENCH_DATABASE"):
    for _alias in DATABASES.values():
        _alias["NAME"] = name
