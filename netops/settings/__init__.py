"""Settings of the product. Everything that differs between installations comes from the environment."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from kombu.entity import Exchange, Queue

from netops.settings.environment import Environment

env = Environment()

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = env.folder("NETOPS_DATA_DIR", BASE_DIR / "var")
IS_SAMPLE = env.flag("NETOPS_SAMPLE")
PORT = env.number("PORT", 8000, 1024, 65000)


def _kept_secret(name: str) -> str:
    """A secret from the environment, else one made on first use and kept in the data folder, for its owner alone."""
    if given := env.secret(name):
        return given
    path = DATA_DIR / f"{name.lower()}.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


SECRET_KEY = _kept_secret("NETOPS_SECRET_KEY")
CREDENTIALS_KEY = _kept_secret("NETOPS_CREDENTIALS_KEY")
DEBUG = env.flag("NETOPS_DEBUG")
ALLOWED_HOSTS = env.words("NETOPS_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("NETOPS_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "kernel.apps.KernelConfig",
    "inventory.apps.InventoryConfig",
    "collectors.apps.CollectorsConfig",
    "compliance.apps.ComplianceConfig",
    "alerts.apps.AlertsConfig",
    "netops.apps.NetopsConfig",
]

MIDDLEWARE = [
    "netops.operations.requests.Counted",
    "kernel.web.middleware.OneRequestOneChange",
    "netops.access_log.AccessLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kernel.web.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kernel.web.middleware.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kernel.web.middleware.ExpectedFailures",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "netops.urls"
WSGI_APPLICATION = "netops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "kernel" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kernel.web.context.shell",
            ],
        },
    }
]


def _sqlite(name: str) -> dict[str, Any]:
    # WAL and immediate transactions: with Django's defaults two thirds of web writes met "database is locked"
    # beside two bulk writers; with these none did.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / name),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
        },
        "TEST": {"NAME": str(DATA_DIR / f"test_{name}")},
    }


_postgres = env.postgres("NETOPS_DATABASE_URL")
DATABASES: dict[str, dict[str, Any]] = (
    {"default": _postgres}
    if _postgres
    else {"default": _sqlite("netops.sqlite3"), "observed": _sqlite("observed.sqlite3")}
)
DATABASE_ROUTERS = ["collectors.databases.ObservedRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "kernel.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Ten wrong passwords for one account from one address close that way in for a quarter of an hour.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "netops.login.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "kernel.accounts.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "netops" / "locale"]
TIME_ZONE = env.time_zone("NETOPS_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["netops.formats"]
CITY_NAME = env.text("NETOPS_CITY_NAME", "郑州市")

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = f"netops_session_{PORT}"  # two installations on one host don't sign each other out
CSRF_COOKIE_NAME = f"netops_csrf_{PORT}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("NETOPS_HTTPS")
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
ATTACHMENT_MAX_MB = env.number("NETOPS_ATTACHMENT_MAX_MB", 20, 1, 500)
# A body that no page would take is refused before it is read to disk.
FILE_UPLOAD_HANDLERS = [
    "kernel.web.uploads.BoundedUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kernel.api.authentication.TokenAuthentication",
        "kernel.api.authentication.SignedInSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "kernel.api.schema.SpecSchema",
    "EXCEPTION_HANDLER": "kernel.api.errors.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Netops REST API",
    "VERSION": "4.7.3",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],
}

# Where links in messages lead to, how mail gets out, and whom we believe over TLS besides the system's authorities.
BASE_URL = env.base_url("NETOPS_BASE_URL", f"http://127.0.0.1:{PORT}")
SMTP = env.mail_server("NETOPS_SMTP_URL")
MAIL_FROM = env.mail_address("NETOPS_MAIL_FROM", "netops@localhost")
CA_FILE = env.file("NETOPS_CA_FILE")

# Celery wakes workers; what is due and who holds it is in the database (see collectors/schedule.py).
_queue_dir = DATA_DIR / "queue"
CELERY_BROKER_URL = env.text("NETOPS_BROKER_URL", "filesystem://")
if CELERY_BROKER_URL == "filesystem://":
    for _name in ("messages", "control"):
        (_queue_dir / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue_dir / "messages"),
        "data_folder_out": str(_queue_dir / "messages"),
        "control_folder": str(_queue_dir / "control"),
        "polling_interval": 0.05,  # the default drains 500 tasks in 46 s, 0.02 in 1.9 s
    }
CELERY_TASK_IGNORE_RESULT = True
# A worker without -Q serves both; on one machine each has a worker of its own, so that no poll holds up an alert.
# An exchange and a key for each, else every message would reach both.
CELERY_TASK_QUEUES = tuple(Queue(name, Exchange(name), routing_key=name) for name in ("celery", "alerts"))
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
POLL_INTERVAL_S = env.number("NETOPS_POLL_INTERVAL_S", 300, 10, 86_400)

# Histories of traffic: where they are kept (None: in the database), and how long.
VICTORIAMETRICS = env.web_address("NETOPS_VICTORIAMETRICS_URL")
KEEP_RAW_HOURS = env.number("NETOPS_KEEP_RAW_HOURS", 48, 24, 336)
KEEP_5M_DAYS = env.number("NETOPS_KEEP_5M_DAYS", 90, 2, 3650)  # a day is made of its 5-minute rows
KEEP_HOUR_DAYS = env.number("NETOPS_KEEP_HOUR_DAYS", 730, 8, 36_500)
KEEP_DAY_DAYS = env.number("NETOPS_KEEP_DAY_DAYS", 0, 0, 36_500)  # 0: for ever
KEEP_RUN_DAYS = env.number("NETOPS_KEEP_RUN_DAYS", 400, 30, 3650)
METRICS_TOKEN = env.secret("NETOPS_METRICS_TOKEN")
MIN_FREE_MB = env.number("NETOPS_MIN_FREE_MB", 1000, 1, 10_000_000)
BUILD = env.text("NETOPS_BUILD")

SIMULATOR_PORT = PORT + 1 if PORT < 65_000 else PORT - 1  # SNMP of the sample city's simulated devices (UDP)

LOG_FORMAT = env.choice("NETOPS_LOG_FORMAT", "line", ("line", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"around": {"()": "netops.logs.Around"}},
    "formatters": {
        "line": {"()": "netops.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "netops.logs.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["around"]}},
    "root": {"handlers": ["console"], "level": env.text("NETOPS_LOG_LEVEL", "WARNING")},
    "loggers": {
        "netops.access": {"level": "INFO" if env.flag("NETOPS_ACCESS_LOG", True) else "CRITICAL"},
        # Django's own handlers would write past ours. What a visitor got wrong stands in the access log.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "gunicorn.error": {"handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL"},  # it would write queries; ours doesn't
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
PRODUCT_NAME = _("Netops")
