"""Django settings of one data folder, named by the environment variable ZHIKE_HOME."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from zhike.kernel.errors import UsageError
from zhike.kernel.home import open_home
from zhike.web.display import DisplaySettings
from zhike.web.proxies import WebSettings

if not os.environ.get("ZHIKE_HOME"):
    raise UsageError(
        "home.unnamed",
        zh="环境变量 ZHIKE_HOME 未设置：请写入数据文件夹的路径，或使用 zhike 命令",
        en="the variable ZHIKE_HOME is not set: name the data folder in it, or use the zhike command",
    )

ZHIKE_HOME = open_home(Path(os.environ["ZHIKE_HOME"]))
ZHIKE_BUSINESS = ZHIKE_HOME.business()
ZHIKE_CURRENCY = ZHIKE_BUSINESS.currency
ZHIKE_DISPLAY = ZHIKE_HOME.section("display", DisplaySettings)
ZHIKE_WEB = ZHIKE_HOME.section("web", WebSettings)

SECRET_KEY = ZHIKE_HOME.secret_key()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + [
    host.strip() for host in os.environ.get("ZHIKE_ALLOWED_HOSTS", "").split(",") if host.strip()
]

DOMAINS = (
    "zhike.accounts",
    "zhike.jobs",
    "zhike.pages",
    "zhike.customers",
    "zhike.collect",
    "zhike.collect.intake",
    "zhike.collect.hosted_forms",
    "zhike.value",
    "zhike.segments",
    "zhike.tiers",
    "zhike.measure",
    "zhike.pipeline",
    "zhike.web",
)
INSTALLED_APPS = [
    # First, so that the translations of a domain win over those of a package.
    *DOMAINS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "axes",
    "csp",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    # First: everything after it asks for the address and the scheme of the visitor.
    "zhike.web.proxies.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhike.web.middleware.SessionRenewalMiddleware",
    # After the user is known: the user's own language counts.
    "zhike.web.middleware.LanguageMiddleware",
    "zhike.web.middleware.AccessMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "zhike.web.middleware.ErrorPageMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "zhike.web.urls"
WSGI_APPLICATION = "zhike.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "zhike.pages.templatetags.zhike",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zhike.web.shell.shell",
            ],
        },
    }
]
# A component sees what it is given and what every page has, never its caller's variables.
COTTON_ISOLATE_BY_DEFAULT = True

# Several processes write; older SQLite can corrupt a write-ahead log when two of them restart it at once.
_JOURNAL = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "DELETE"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ZHIKE_HOME.database,
        "OPTIONS": {
            # A transaction that will write takes its lock at once, instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": f"PRAGMA journal_mode={_JOURNAL};PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA secure_delete=ON",
        },
    }
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CSRF_FAILURE_VIEW = "zhike.web.errors.csrf_failed"
# A view without a declared rule is refused. Tests raise instead, so that nobody overlooks it.
ZHIKE_UNDECLARED_VIEWS_RAISE = False
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"

# Ten wrong passwords lock this name at this address for a quarter of an hour. Never the name alone:
# a stranger must not be able to keep the owner out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "zhike.accounts.lockout.attempted_email"
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Twelve hours without a visit, not twelve hours in all: web.middleware.SessionRenewalMiddleware prolongs it.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Built assets carry a hash of their content in their names (see assets/build.mjs) and are served from the
# package, so there is no collectstatic step.
STATIC_URL = "static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"/zhike/.+-[A-Z0-9]{8}\.[a-z]+$"

LANGUAGE_CODE = ZHIKE_BUSINESS.language
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "zhike_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = ZHIKE_BUSINESS.time_zone

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "zhike": {"level": os.environ.get("ZHIKE_LOG_LEVEL", "INFO")},
        "django": {"handlers": [], "level": "WARNING"},
        # A 4xx is the visitor's mistake and no news; a 5xx is logged with its trace.
        "django.request": {"level": "ERROR"},
    },
}
