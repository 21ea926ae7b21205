"""Production. A missing secret stops the start; so does everything that would weaken isolation."""

import environ
from django.core.exceptions import ImproperlyConfigured

from kam.settings.base import *  # noqa: F403
from kam.settings.base import PROXY_COUNT, env

_REQUIRED = ("KAM_SECRET_KEY", "KAM_ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "KAM_PUBLIC_URL")
_missing = [name for name in _REQUIRED if not environ.Env.ENVIRON.get(name)]
if _missing:
    raise ImproperlyConfigured(f"Production does not start without {', '.join(_missing)} in the environment.")
if env.bool("KAM_DEBUG", default=False):
    raise ImproperlyConfigured("Production does not start with KAM_DEBUG set.")
if len(env.str("KAM_SECRET_KEY")) < 50:
    raise ImproperlyConfigured("KAM_SECRET_KEY is too short: expected at least 50 characters.")
if len(set(env.str("KAM_SECRET_KEY"))) < 12:
    raise ImproperlyConfigured("KAM_SECRET_KEY has too few different characters: make a random one.")
if "*" in env.list("KAM_ALLOWED_HOSTS"):
    raise ImproperlyConfigured("KAM_ALLOWED_HOSTS must name the hosts: with * anybody’s links would be ours.")
if not env.str("KAM_PUBLIC_URL").startswith("https://"):
    raise ImproperlyConfigured("KAM_PUBLIC_URL must begin with https://: links and cookies are for it alone.")

DEBUG = False
SECURE_SSL_REDIRECT = env.bool("KAM_SSL_REDIRECT", default=True)
if PROXY_COUNT:
    # Believed only where a proxy stands in front, which overwrites what a client claims.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("KAM_HSTS_SECONDS", default=60 * 60 * 24 * 365)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
EMAIL_BACKEND = env.str("KAM_EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
