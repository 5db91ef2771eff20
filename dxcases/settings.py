"""The only settings file. Everything that differs between machines comes from the environment.

`env` below names every variable; the README explains them, and a test keeps the two lists equal.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from jinja2 import StrictUndefined

from dxcases import local_secret
from dxcases.cache_control import tag_static_file
from dxcases.postgres.backend.base import Connection
from dxcases.postgres.cluster import django_database

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env(
    DEBUG=(bool, True),
    SECRET_KEY=(str, ""),
    SECRET_KEY_FALLBACKS=(list, []),
    DATABASE_URL=(str, ""),
    DATABASE_REPLICA_URL=(list, []),
    DATABASE_POOL_SIZE=(int, 8),
    DATABASE_STATEMENT_SECONDS=(int, 0),
    PG_BIN=(str, ""),
    BACKUP_DIR=(str, ""),
    IMPORT_DIR=(str, ""),
    BUNDLE_FILE=(str, ""),
    LOG_FORMAT=(str, "line"),
    ALLOWED_HOSTS=(list, ["localhost", "127.0.0.1", "[::1]"]),
    CSRF_TRUSTED_ORIGINS=(list, []),
    HTTPS=(bool, False),
    BEHIND_PROXY=(bool, False),
    REQUIRE_SECOND_FACTOR=(bool, False),
    CONTACT=(str, ""),
    CONFIRMATION_DAYS=(int, 30),
    SENDER_DAYS=(int, 180),
    EMAIL_URL=(str, ""),
    EMAIL_FROM=(str, ""),
    PORT=(int, 8000),
    WEB_THREADS=(int, 8),
    WEB_WORKERS=(int, 2),
)

DEBUG = env("DEBUG")
SECRET_KEY = env("SECRET_KEY")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is required when DEBUG is off: set it to a long random string."
        )
    SECRET_KEY = local_secret.secret_key(VAR_DIR)

SECRET_KEY_FALLBACKS = env("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "dxcases.apps.EditorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_filters",
    "django_guid",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "reversion",
    "catalog",
]

MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "dxcases.middleware.FixedHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dxcases.middleware.RefuseOtherMethods",
    "dxcases.middleware.RefuseUnstorableText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "dxcases.sign_in.EndOldSessions",
    "dxcases.sign_in.AskSecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dxcases.middleware.RepeatLostReads",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dxcases.urls"
WSGI_APPLICATION = "dxcases.wsgi.application"
TEMPLATES = [
    # The public pages and every error page. With DEBUG off a template is read and compiled once.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {
            "environment": "catalog.pages.environment.environment",
            "autoescape": True,
            "auto_reload": DEBUG,
            "trim_blocks": True,
            "undefined": StrictUndefined,
        },
    },
    # The editors' pages.
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def bounded(database: dict[str, Any], **options: float) -> dict[str, Any]:
    """The database for Django by the project's backend, which waits for nothing for long."""
    return {
        **database,
        "ENGINE": "dxcases.postgres.backend",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **database.get("OPTIONS", {}),  # what the address asks for, such as sslmode
            "connect_timeout": 2,
            "statement_seconds": env("DATABASE_STATEMENT_SECONDS"),
            # Short, because the backend asks the pool anew; for how long, it decides.
            "pool": {
                "min_size": 1,
                "max_size": env("DATABASE_POOL_SIZE"),
                "timeout": 0.2,
                "reconnect_timeout": 0.2,
                "connection_class": Connection,
            },
            **options,
        },
    }


database = env.db_url("DATABASE_URL") if env("DATABASE_URL") else django_database()
standbys = {
    f"replica{number}": env.db_url_config(url) for number, url in enumerate(env("DATABASE_REPLICA_URL"), 1)
}
REPLICAS = list(standbys)
# A standby that is away is not waited for, since the primary answers as well, and seldom asked again.
DATABASES = {
    "default": bounded(database),
    **{
        alias: bounded(standby, seconds_to_wait=0.5, seconds_between_tries=5.0)
        for alias, standby in standbys.items()
    },
}
DATABASE_ROUTERS = ["dxcases.postgres.replicas.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
IMPORT_DIR = Path(env("IMPORT_DIR") or VAR_DIR / "imports")  # files that an editor has yet to agree to
BUNDLE_FILE = Path(env("BUNDLE_FILE") or VAR_DIR / "dxcases.zip")  # what `manage.py bundle` wrote last
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
# A case may have a row for each municipality of a prefecture, each of a dozen fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
BACKUP_DIR = Path(env("BACKUP_DIR") or VAR_DIR / "backups")

CONTACT = env("CONTACT")
CONFIRMATION_DAYS = env("CONFIRMATION_DAYS")  # that a link to a body takes an answer
SENDER_DAYS = env("SENDER_DAYS")  # that a telephone number, mail address or section of a sender is kept
# Gives one line on why the catalogue cannot be served, empty where it can; the doctor asks it.
READINESS = "catalog.pages.discovery.reason_not_to_serve"
# Gives the imports that stopped halfway, by name; for doctor.
STOPPED_IMPORTS = "catalog.importing.runs.stopped_runs"

LANGUAGE_CODE = "ja"
TIME_ZONE = "Asia/Tokyo"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ROOT = BASE_DIR / "icons"  # what browsers ask for at the root by its name
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = tag_static_file
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "dxcases.static_files.ShortStyles"
        )
    },
}

# nginx gives each request an id; one that is none is replaced (docs/operating.md tells how to follow it).
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID", "RETURN_HEADER": False}

if env("LOG_FORMAT") not in ("line", "json"):
    raise ImproperlyConfigured("LOG_FORMAT must be line or json.")
# Django's own logging writes nothing where DEBUG is off, unless it can send mail.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "dxcases.logs.LineFormatter"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["levelname", "name", "message"],
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": "time",
        },
    },
    "filters": {
        "request_id": {
            "()": "django_guid.log_filters.CorrelationId",
            "correlation_id_field": "request_id",
        },
        "database_away_in_one_line": {"()": "dxcases.logs.DatabaseAwayInOneLine"},
        "why_no_connection": {"()": "dxcases.logs.WhyNoConnection"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": env("LOG_FORMAT"),
            "filters": ["request_id", "database_away_in_one_line"],
        }
    },
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "psycopg.pool": {"handlers": ["stderr"], "filters": ["why_no_connection"], "propagate": False},
        "dxcases": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}

# The API is public and reads only: no accounts, no cookies.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["catalog.output.negotiation.Json"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "catalog.output.negotiation.AddressAlone",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "catalog.output.api.answer_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "自治体DX事例カタログ API",
    "DESCRIPTION": (
        "公開している事例と団体を、ページと同じ条件で検索し、JSONで返します。"
        "読み取り専用で、登録は要りません。"
    ),
    "VERSION": "1",
    "DEFAULT_GENERATOR_CLASS": "catalog.output.api.LockedGenerator",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": ["catalog.output.api.complete_schema"],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # it would need the tables; a test makes the schema instead
}

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "catalog.editing.passwords.GuessablePasswordValidator"},
]

# Guesses are counted by user and address before a password is hashed: others still get in meanwhile.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "dxcases.sign_in.client_address"
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
BEHIND_PROXY = env("BEHIND_PROXY")
REQUIRE_SECOND_FACTOR = env("REQUIRE_SECOND_FACTOR")
OTP_TOTP_ISSUER = "自治体DX事例カタログ"

# Without a mail server nobody can ask for a new password by mail (dxcases/forgotten_password.py).
MAIL_IS_SET_UP = bool(env("EMAIL_URL"))
if MAIL_IS_SET_UP:
    if not env("EMAIL_FROM"):
        raise ImproperlyConfigured("EMAIL_FROM is required with EMAIL_URL: the address that mail comes from.")
    vars().update(env.email_url("EMAIL_URL"))
    DEFAULT_FROM_EMAIL = env("EMAIL_FROM")
EMAIL_TIMEOUT = 10  # seconds
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Sent to the admin alone, so that public pages cannot depend on who asks.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
# A name by which browsers take a cookie by HTTPS alone.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    f"{'__Secure-' if env('HTTPS') else ''}{name}" for name in ("sessionid", "csrftoken")
)
SESSION_COOKIE_AGE = 60 * 60  # seconds since the last request
SESSION_MAX_AGE = 12 * 60 * 60  # seconds since the login

SECURE_SSL_REDIRECT = env("HTTPS")
SECURE_HSTS_SECONDS = 31_536_000 if env("HTTPS") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env("HTTPS")
SECURE_HSTS_PRELOAD = env("HTTPS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env("HTTPS") else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = env("HTTPS")
CSRF_COOKIE_SECURE = env("HTTPS")
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# On every answer, also where no other middleware is reached.
FIXED_HEADERS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": X_FRAME_OPTIONS,
}
# What programs read, and scripts of other sites may: there these take the place of the fixed ones.
DATA_PATHS = ("/api/", "/cases.", "/changes.", "/data/", "/suggestions.")
DATA_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# What anybody may send a form to. No cookie is read or set there (decision 0028).
PUBLIC_FORM_PATHS = ("/report/", "/confirm/")
# Nothing from elsewhere, nothing inline; holds for public pages and for the admin alike.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
    }
}
