"""A developer's machine and `make run`: no secret needed, nothing sent by mail."""

from kam.settings.base import *  # noqa: F403
from kam.settings.base import env
from kam.settings.logging import logging_config

DEBUG = env.bool("KAM_DEBUG", default=False)
SECRET_KEY = env.str("KAM_SECRET_KEY", default="only-for-a-developers-machine-" + "x" * 32)
INTERNAL_IPS = ["127.0.0.1"]
LOGGING = logging_config(level=env.str("KAM_LOG_LEVEL", default="INFO"), json=False)
