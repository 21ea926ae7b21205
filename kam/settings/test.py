"""The test suite: the real servers, the real roles, cheap passwords."""

from urllib.parse import urlsplit

from kam.settings.base import *  # noqa: F403
from kam.settings.base import CACHES, REDIS_URL, REST_FRAMEWORK, env
from kam.settings.logging import logging_config

SECRET_KEY = "only-for-tests-" + "x" * 48
DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"member": None, "token": None}}
CELERY_TASK_ALWAYS_EAGER = env.bool("KAM_TEST_EAGER", default=True)
CELERY_TASK_EAGER_PROPAGATES = True
LOGGING = logging_config(level="ERROR", json=False)

# A Redis database per process of the suite: one that clears its cache would wipe what another counts.
if REDIS_URL:
    _process = int(env.str("PYTEST_XDIST_WORKER", default="gw0").removeprefix("gw"))
    CACHES["default"]["LOCATION"] = urlsplit(REDIS_URL)._replace(path=f"/{1 + _process % 15}").geturl()
