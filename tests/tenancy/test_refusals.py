"""Better no application than an unsafe one: what production refuses to start with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from kam.tenancy.startup import assert_safe_database_role, refuse_unsafe_role

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "kam.settings.prod",
    "KAM_SECRET_KEY": "k" * 25 + "-0123456789-abcdefghijklmnopqrstuvwxyz",
    "KAM_ALLOWED_HOSTS": "kam.example.com",
    "KAM_PUBLIC_URL": "https://kam.example.com",
    "DATABASE_URL": "postgresql://kam_app:x@127.0.0.1:1/kam",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
LOAD = "import django; django.setup(); print('started')"


def python(code: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own in production's environment, with changes ("" removes a variable)."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("KAM_", "DJANGO_"))
    }
    environment = {**inherited, **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_everything_it_needs() -> None:
    done = python(LOAD)
    assert done.stdout.strip().endswith("started"), done.stderr


@pytest.mark.parametrize(
    "name", ["KAM_SECRET_KEY", "KAM_ALLOWED_HOSTS", "KAM_PUBLIC_URL", "DATABASE_URL", "REDIS_URL"]
)
def test_a_missing_variable_is_named(name: str) -> None:
    done = python(LOAD, **{name: ""})
    assert done.returncode != 0
    assert f"Production does not start without {name}" in done.stderr


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"KAM_DEBUG": "true"}, "does not start with KAM_DEBUG"),
        ({"KAM_SECRET_KEY": "short"}, "KAM_SECRET_KEY is too short"),
        ({"KAM_SECRET_KEY": "x" * 60}, "KAM_SECRET_KEY has too few different characters"),
        ({"KAM_ALLOWED_HOSTS": "*"}, "KAM_ALLOWED_HOSTS"),
        ({"KAM_PUBLIC_URL": "http://kam.example.com"}, "KAM_PUBLIC_URL must begin with https://"),
    ],
)
def test_an_unsafe_value_is_refused(changes: dict[str, str], expected: str) -> None:
    done = python(LOAD, **changes)
    assert done.returncode != 0
    assert expected in done.stderr


def test_a_command_says_it_in_one_line() -> None:
    done = python(
        "import sys, runpy; sys.argv = ['manage.py', 'create_tenant', 'X', '--slug', 'x', '--admin', 'a@b.example'];"
        "runpy.run_path('manage.py', run_name='__main__')",
        KAM_SECRET_KEY="",
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Production does not start without KAM_SECRET_KEY in the environment."
    ]


def test_production_is_never_in_debug() -> None:
    done = python("import django; django.setup(); from django.conf import settings; print(settings.DEBUG)")
    assert done.stdout.strip() == "False", done.stderr


def test_django_finds_nothing_to_warn_of() -> None:
    code = (
        "import django; django.setup(); from django.core.management import call_command; "
        "call_command('check', deploy=True, fail_level='WARNING')"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_a_safe_role_starts() -> None:
    done = python("import kam.wsgi; print('started')", DATABASE_URL=os.environ["DATABASE_URL"])
    assert done.stdout.strip().endswith("started"), done.stderr


@pytest.mark.parametrize("entry", ["kam.wsgi", "worker"])
def test_an_owner_as_the_applications_role_is_refused(entry: str) -> None:
    code = "import kam.wsgi" if entry == "kam.wsgi" else WORKER
    done = python(code, DATABASE_URL=os.environ["OWNER_DATABASE_URL"])
    assert done.returncode != 0
    assert "Unsafe database role: kam_owner bypasses row level security" in done.stderr


# Celery's signals swallow exceptions: the refusal has to leave the process.
WORKER = (
    "from celery.signals import worker_init; from kam.celery import app; app.loader.import_default_modules(); "
    "worker_init.send(sender=None); print('started')"
)


@pytest.mark.django_db
def test_the_suites_own_role_is_safe() -> None:
    from django.db import connections

    assert_safe_database_role()
    refuse_unsafe_role()
    connections["default"].ensure_connection()


def test_refusing_leaves_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsafe(using: str) -> None:
        raise ImproperlyConfigured("Unsafe database role: test")

    monkeypatch.setattr("kam.tenancy.startup.assert_safe_database_role", unsafe)
    with pytest.raises(SystemExit, match="The worker does not start: Unsafe database role: test"):
        refuse_unsafe_role()
