"""The test suite: the real servers, the real roles, cheap passwords."""

from kam.settings.base import *  # noqa: F403
from kam.settings.base import REST_FRAMEWORK, env
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
