"""docker-compose.yml and Dockerfile name only what exists (no Docker engine is needed to know that)."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import shutil
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from kam.embedded import ensure_servers, postgres_program
from kam.embedded_database import APP, EXTENSIONS, OWNER, SUPERUSER, Database
from kam.embedded_folder import open_folder

CHECKOUT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
SECRETS = {f"KAM_{name}" for name in ("SECRET_KEY", "OWNER_PASSWORD", "APP_PASSWORD", "REDIS_PASSWORD")}
SECRETS.add("POSTGRES_PASSWORD")
# Read by what is not our settings.
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE"}


def words(value: str | list[str] | None) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else list(value or [])


def dockerfile_words(instruction: str) -> list[str]:
    lines = re.findall(rf"^{instruction} (\[.*\])$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    return list(yaml.safe_load(lines[-1]))


def prove_command(command: list[str]) -> None:
    """Fail when a program, module, application or option of `command` does not exist in this environment."""
    program, *rest = command
    if program == "python":
        assert (CHECKOUT / rest[0]).is_file(), rest
        if rest[0] == "manage.py" and rest[1:]:
            prove_options([sys.executable, "-m", "django", rest[1], "--help"], rest[2:])
        return
    assert (Path(sys.executable).parent / program).is_file(), program
    if program == "gunicorn":
        module, attribute = rest[0].split(":")
        assert callable(getattr(importlib.import_module(module), attribute))
        prove_options([sys.executable, "-m", "gunicorn", "--help"], rest[1:])
    elif program == "celery":
        assert rest[:2] == ["-A", "kam.celery"]
        assert importlib.import_module("kam.celery").app.main == "kam"
        prove_options([sys.executable, "-m", "celery", "-A", "kam.celery", rest[2], "--help"], rest[3:])
    else:
        raise AssertionError(f"no rule to prove {program}")


def prove_options(help_command: list[str], arguments: list[str]) -> None:
    result = subprocess.run(
        help_command,
        cwd=CHECKOUT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    for argument in arguments:
        if argument.startswith("--"):
            option = argument.split("=")[0]
            assert re.search(rf"{re.escape(option)}\b", result.stdout), (
                f"{option} is no option of {help_command}"
            )


@pytest.mark.django_db
@pytest.mark.parametrize("name", OURS)
def test_commands_of_our_services_exist(name: str) -> None:
    service = SERVICES[name]
    prove_command(words(service.get("entrypoint")) + words(service.get("command")) or dockerfile_words("CMD"))


@pytest.mark.django_db
def test_the_images_own_commands_exist() -> None:
    prove_command(dockerfile_words("CMD"))
    health = re.search(r"^HEALTHCHECK .* CMD (\[.*\])$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)
    assert health
    prove_command(yaml.safe_load(health[1]))


def test_the_production_shape_is_complete() -> None:
    assert {"db", "redis", "migrate", "web", "worker", "scheduler"} <= set(SERVICES)
    assert SERVICES["db"]["image"] == "postgres:18"
    for name in ("web", "worker", "scheduler"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert "OWNER_DATABASE_URL" not in SERVICES[name]["environment"], (
            "only migrations sign in as the owner"
        )
    assert "kam_owner" in SERVICES["migrate"]["environment"]["OWNER_DATABASE_URL"]
    assert SERVICES["migrate"]["command"][2:4] == ["migrate", "--database"]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_read_by_the_settings(name: str) -> None:
    source = "".join(path.read_text() for path in (CHECKOUT / "kam" / "settings").glob("*.py"))
    for variable in set(SERVICES[name]["environment"]) - NOT_SETTINGS:
        assert f'"{variable}"' in source, f"no setting reads {variable}"


@pytest.mark.parametrize("name", OURS)
def test_production_settings_accept_the_environment_and_nothing_less(name: str) -> None:
    environment = {
        key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LD_LIBRARY_PATH")
    }
    for variable, value in SERVICES[name]["environment"].items():
        environment[variable] = interpolate(str(value))
    load = [
        sys.executable,
        "-c",
        "from django.conf import settings; print(settings.DATABASES['default']['USER'])",
    ]
    result = subprocess.run(load, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "kam_app", result.stderr
    for secret in ("KAM_SECRET_KEY", "DATABASE_URL", "REDIS_URL"):
        without = {key: value for key, value in environment.items() if key != secret}
        refused = subprocess.run(load, cwd=CHECKOUT, env=without, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert secret in refused.stderr.splitlines()[-1]


def given(variable: str) -> str:
    """What an operator would put into a variable that has no default."""
    plain = {"KAM_PUBLIC_URL": "https://kam.example.com", "KAM_ALLOWED_HOSTS": "kam.example.com"}
    return plain.get(variable, f"{string.ascii_letters}{string.digits}")


def interpolate(value: str) -> str:
    """Compose's `${NAME:-default}` and `${NAME:?message}`, with `given` for whatever has no default."""

    def replace(match: re.Match[str]) -> str:
        name, operator, rest = match[1], match[2], match[3]
        return rest if operator == ":-" else given(name)

    return re.sub(r"\$\{(\w+)(:[-?])?([^}]*)\}", replace, value)


def test_no_secret_has_a_default() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w+)(:?[-?]?)", text)
    assert {name for name, _ in used} >= SECRETS
    for name, operator in used:
        if name in SECRETS:
            assert operator == ":?", f"{name} must stop the start when it is missing"


def test_health_checks_reach_somebody() -> None:
    assert words(SERVICES["db"]["healthcheck"]["test"])[:2] == ["CMD", "pg_isready"]
    worker = words(SERVICES["worker"]["healthcheck"]["test"])[1]
    assert worker.startswith("celery -A kam.celery inspect ping")
    from django.urls import resolve

    assert resolve("/healthz")
    assert resolve("/readyz")


def test_the_image_copies_what_the_program_needs() -> None:
    kept = {
        line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    for path in kept - {"docs/openapi.yaml"}:
        assert (CHECKOUT / path).exists(), path
    from django.conf import settings

    apps = {app.split(".")[0] for app in settings.INSTALLED_APPS if (CHECKOUT / app.split(".")[0]).is_dir()}
    assert apps <= kept
    runtime = (CHECKOUT / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert "USER kam" in runtime, "the image does not run as root"
    assert runtime.index("USER kam") < runtime.index("CMD [")


@pytest.mark.xdist_group("embedded")
def test_the_role_script_gives_what_the_embedded_server_gives(make_data_dir: Callable[[], Path]) -> None:
    """The script of the postgres image, run on an empty cluster, against what embedding prepares."""
    folder = open_folder(make_data_dir())
    bare = Database(folder)
    folder.passwords()
    bare._create()
    bare._start()
    subprocess.run(
        ["bash", str(CHECKOUT / "docker" / "postgres" / "10-roles.sh")],
        check=True,
        env={
            "PATH": f"{postgres_program('psql').parent}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(bare.port),
            "PGPASSWORD": folder.passwords()["superuser"],
            "POSTGRES_USER": SUPERUSER,
            "KAM_OWNER_PASSWORD": folder.passwords()["owner"],
            "KAM_APP_PASSWORD": folder.passwords()["app"],
        },
    )
    embedded = Database(open_folder(ensure_servers(make_data_dir()).data_dir))
    assert bare.ready()
    queries = {
        "roles": "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, "
        f"rolcanlogin FROM pg_roles WHERE rolname IN ('{OWNER}', '{APP}') ORDER BY 1",
        "members": "SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members ORDER BY 1, 2",
        "defaults": "SELECT defaclrole::regrole::text, defaclnamespace::regnamespace::text, defaclobjtype, "
        "defaclacl::text FROM pg_default_acl ORDER BY 1, 2, 3",
        "schema": "SELECT nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname = 'public'",
        "database": "SELECT datdba::regrole::text, datacl::text, datlocprovider, datlocale FROM pg_database "
        "WHERE datname = 'kam'",
        "extensions": "SELECT extname FROM pg_extension ORDER BY 1",
    }
    answers = []
    for database in (bare, embedded):
        connection = psycopg2.connect(database.url(SUPERUSER))
        with connection, connection.cursor() as cursor:
            found = {}
            for name, query in queries.items():
                cursor.execute(query)
                found[name] = cursor.fetchall()
        connection.close()
        answers.append(found)
    assert answers[0] == answers[1]
    assert {(extension,) for extension in EXTENSIONS} <= set(answers[0]["extensions"])


def test_compose_itself_accepts_the_file() -> None:
    """Where the client can: `docker compose config`."""
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no docker compose client here")
    environment = os.environ | {
        name: given(name) for name in (*SECRETS, "KAM_ALLOWED_HOSTS", "KAM_PUBLIC_URL")
    }
    result = subprocess.run(
        ["docker", "compose", "--profile", "manage", "config", "--quiet"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
