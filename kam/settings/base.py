"""Settings that hold in every environment. The environment is read here, once."""

from datetime import timedelta
from logging import DEBUG as DEBUG_LEVEL
from logging import INFO as INFO_LEVEL
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF

from kam.common import assets
from kam.settings.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG = False
SECRET_KEY = env.str("KAM_SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("KAM_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("KAM_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("KAM_CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("KAM_PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")

# How many proxies stand before us and write X-Forwarded-For; 0 means that REMOTE_ADDR is the client.
PROXY_COUNT = env.int("KAM_PROXY_COUNT", default=0)

INSTALLED_APPS = [
    "kam.apps.KamConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "django_filters",
    "csp",
    "django_structlog",
    "rules.apps.AutodiscoverRulesConfig",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "pgtrigger",
    "pghistory",
    "kam.common",
    "kam.tenancy",
    "accounts",
    "buying_center",
    "opportunities",
    "planning",
    "metrics",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kam.common.request_log.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kam.tenancy.middleware.TenantMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kam.urls"
WSGI_APPLICATION = "kam.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["kam.common.templatetags.quick_urls"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kam.tenancy.context_processors.shell",
            ],
        },
    },
]

# Two aliases on one database: the application never owns what it reads.
DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgres://kam_app@127.0.0.1/kam"),
    "owner": env.db_url(
        "OWNER_DATABASE_URL", default=env.str("DATABASE_URL", "postgres://kam_owner@127.0.0.1/kam")
    ),
}
for _database in DATABASES.values():
    _database["ENGINE"] = "django.db.backends.postgresql"
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DATABASES["owner"]["CONN_MAX_AGE"] = 0
DATABASE_ROUTERS = ["kam.tenancy.routers.OneDatabaseRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "kam.tenancy.backends.MemberBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "kam.tenancy.adapters.ClosedSignupAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/auth/login/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Failed sign-ins are counted by axes alone; two counters would lock at different times.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
# Single sign-on: OpenID Connect providers as JSON, in allauth's own form (docs/operator-guide.md). An address
# that the provider has verified signs in the person who has it here; nobody new is made.
SOCIALACCOUNT_ADAPTER = "kam.tenancy.adapters.ClosedSocialAdapter"
SOCIALACCOUNT_PROVIDERS = env.json("KAM_SSO_PROVIDERS", default={})
SOCIALACCOUNT_EMAIL_AUTHENTICATION = env.bool("KAM_SSO_TRUST_EMAIL", default=True)
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TOTP_ISSUER = "KAM"
# People come by invitation to their mailbox: their address is as good as verified.
MFA_ALLOW_UNVERIFIED_EMAIL = True
AXES_FAILURE_LIMIT = env.int("KAM_LOGIN_FAILURE_LIMIT", default=10)
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By person and address together: nobody can lock somebody else out from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "kam.tenancy.authentication.axes_username"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "kam.common.network.client_ip"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        # Chart and grid libraries position their layers with style attributes.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("KAM_STATIC_ROOT", default=str(BASE_DIR / ".static")))
STATICFILES_DIRS = assets.static_dirs(BASE_DIR)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kam.common.staticfiles.ModuleManifestStaticFilesStorage"},
}
MEDIA_ROOT = Path(
    env.str("KAM_MEDIA_ROOT", default=str(Path(env.str("KAM_DATA_DIR", str(BASE_DIR / ".data"))) / "media"))
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMPORT_MAX_BYTES = env.int("KAM_IMPORT_MAX_BYTES", default=512 * 1024 * 1024)
# What a packed file may grow to; a workbook less, because its format has to be read into memory.
IMPORT_MAX_UNPACKED_BYTES = env.int("KAM_IMPORT_MAX_UNPACKED_BYTES", default=4 * 1024 * 1024 * 1024)
IMPORT_MAX_WORKBOOK_BYTES = env.int("KAM_IMPORT_MAX_WORKBOOK_BYTES", default=512 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("KAM_IMPORT_MAX_ROWS", default=20_000_000)

EMAIL_BACKEND = env.str("KAM_EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.str("KAM_EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("KAM_EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("KAM_EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.str("KAM_EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("KAM_EMAIL_TLS", default=False)
DEFAULT_FROM_EMAIL = env.str("KAM_EMAIL_FROM", default="kam@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kam.tenancy.authentication.MemberTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kam.tenancy.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["kam.common.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kam.common.api.parsers.StrictJsonParser"],
    "DEFAULT_PAGINATION_CLASS": "kam.common.api.pagination.PageNumberPagination",
    "DEFAULT_FILTER_BACKENDS": [],
    "DEFAULT_SCHEMA_CLASS": "kam.common.api.schema.KamAutoSchema",
    "EXCEPTION_HANDLER": "kam.common.api.exceptions.problem_handler",
    "DEFAULT_THROTTLE_CLASSES": ["kam.common.api.throttling.MemberThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "member": env.str("KAM_API_RATE", default="6000/min"),
        "token": env.str("KAM_LOGIN_RATE", default="60/min"),
    },
    "NUM_PROXIES": PROXY_COUNT,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "URL_FORMAT_OVERRIDE": None,
}
REST_KNOX = {
    "TOKEN_MODEL": "tenancy.ApiToken",
    "TOKEN_TTL": timedelta(days=90),
    "AUTH_HEADER_PREFIX": "Token",
    "TOKEN_PREFIX": "kam_",
}
KNOX_TOKEN_MODEL = "tenancy.ApiToken"  # noqa: S105 a model, not a password
SPECTACULAR_SETTINGS = {
    "TITLE": "KAM API",
    "DESCRIPTION": "Key account management: accounts, ledgers, value, portfolio.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ZoneEnum": [(zone, zone) for zone in ("power", "threat", "receptive")],
        "LadderEnum": "accounts.models.Ladder",
        "SegmentKindEnum": "accounts.models.Segment.Kind",
        "ProductLineKindEnum": "accounts.models.ProductLine.Kind",
        "GrowthTypeEnum": "planning.models.GrowthType",
        "SellingRoleEnum": "buying_center.models.SellingRole",
        "StatusEnum": "metrics.models.Recomputation.Status",
        "OpportunityStatusEnum": "opportunities.models.Status",
        "CabsAnswerEnum": "opportunities.models.Answer",
        "BuyingRoleEnum": "buying_center.models.BuyingRole",
        "ContactLevelEnum": "buying_center.models.ContactLevel",
        "PromoterTypeEnum": "buying_center.models.PromoterType",
        "InfluenceKindEnum": "buying_center.models.InfluenceLink.Kind",
        "EngagementKindEnum": "buying_center.models.Engagement.Kind",
        "ActivityKindEnum": "buying_center.models.Activity.Kind",
        "ReviewKindEnum": "planning.models.ReviewKind",
        "RoleEnum": "kam.tenancy.models.Role",
        "HorizonEnum": "accounts.models.Horizon",
        "SuccessFactorKindEnum": "accounts.models.SuccessFactor.Kind",
        "SuccessFactorStateEnum": "accounts.models.SuccessFactor.State",
        "ObjectiveTypeEnum": "planning.models.ObjectiveType",
        "ObjectiveStatusEnum": "planning.models.ObjectiveStatus",
        "ReflectionSetEnum": "planning.models.ReflectionSet",
        "AnswerStateEnum": "planning.models.AnswerState",
        "PlanStateEnum": "planning.models.PlanState",
        "PlanSectionEnum": "planning.models.SectionKey",
        "PlanQuadrantEnum": "planning.models.Quadrant",
        "PlanActionStatusEnum": "planning.models.ActionStatus",
        "PlanRiskStatusEnum": "planning.models.PlanRisk.Status",
        "PlanResourceKindEnum": "planning.models.PlanResource.Kind",
        "PlanResourceStatusEnum": "planning.models.PlanResource.Status",
        "PlanTargetMeasureEnum": "planning.models.PlanTarget.Measure",
        "PlanInitiativeStatusEnum": "planning.models.PlanInitiative.Status",
        "PlanVersionReasonEnum": "planning.models.PlanVersion.Reason",
        "AlignmentKeyEnum": "buying_center.alignments.CHOICES",
        "InterfaceStatusEnum": "buying_center.models.InterfacePair.Status",
        "ConnectionLayerEnum": "buying_center.models.ConnectionLayer",
        "ValueMeasureEnum": "planning.models.Measure",
    },
}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "memory://")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "kam"
# With the defaults a killed worker's task comes back after 100 s; with these after 10 s (RELIABILITY.md).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("KAM_VISIBILITY_TIMEOUT", default=10),
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
}
if CELERY_BROKER_URL.startswith("filesystem://"):
    # No Redis on this platform: kam.embedded made these folders and warned.
    _broker = Path(env.str("KAM_DATA_DIR", str(BASE_DIR / ".data"))) / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "processed_folder": str(_broker / "processed"),
        "control_folder": str(_broker / "control"),
    }
CELERY_BEAT_SCHEDULE_FILENAME = str(
    Path(env.str("KAM_DATA_DIR", str(BASE_DIR / ".data"))) / "celerybeat-schedule"
)
CELERY_BEAT_SCHEDULE: dict[str, dict] = {
    "imports-resume": {"task": "accounts.imports_resume_all", "schedule": timedelta(seconds=30)},
    "answers-forget": {"task": "tenancy.answers_forget_everywhere", "schedule": timedelta(hours=1)},
    # Several times, so that a morning without a scheduler is made up for; a date is told once.
    "reviews-remind": {
        "task": "planning.reviews_remind_everywhere",
        "schedule": crontab(minute=20, hour="4,7,10,13"),
    },
    "engagements-remind": {
        "task": "buying_center.engagements_remind_everywhere",
        "schedule": crontab(minute=35, hour="4,7,10,13"),
    },
    "notifications-mail": {
        "task": "tenancy.notifications_mail_everywhere",
        "schedule": timedelta(minutes=15),
    },
    "leavers-erase": {
        "task": "buying_center.leavers_erase_everywhere",
        "schedule": crontab(minute=23, hour=3),
    },
    "customers-views-refresh": {
        "task": "buying_center.customers_views_refresh_everywhere",
        "schedule": crontab(minute=41, hour=2),
    },
    "metrics-nightly": {"task": "metrics.nightly", "schedule": crontab(minute=7)},
    "metrics-watchdog": {"task": "metrics.watchdog", "schedule": timedelta(seconds=30)},
}

# Tenants below this many accounts are recomputed in one task; larger ones in shards of about that many.
METRICS_INLINE_BELOW = env.int("KAM_METRICS_INLINE_BELOW", default=2_000)
METRICS_SHARD_ACCOUNTS = env.int("KAM_METRICS_SHARD_ACCOUNTS", default=2_500)

# How often one address may open the links of customers (confirmations, pulse surveys) in a minute, of each kind.
VALUE_LINK_RATE = env.int("KAM_VALUE_LINK_RATE", default=30)

PGHISTORY_DEFAULT_TRACKERS = None
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = False

LOGGING = logging_config(level=env.str("KAM_LOG_LEVEL", default="INFO"))
# A task's log lines carry the id of the request that asked for it.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = ""  # the middleware binds member and tenant, without asking the database
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = DEBUG_LEVEL
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = INFO_LEVEL
