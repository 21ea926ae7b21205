"""The embedded servers: same after every start, safe against kills, neighbours, strangers and lost files."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import redis

from kam.embedded import (
    EmbeddedServerError,
    Servers,
    ensure_servers,
    hold_servers,
    restart_dead_servers,
    stop_servers,
)
from kam.embedded_database import Database
from kam.embedded_folder import open_folder, processes_in
from kam.embedded_redis import RedisServer
from tests.ops.probing import postmaster, processes, rows, session

pytestmark = pytest.mark.xdist_group("embedded")
CHECKOUT = Path(__file__).resolve().parents[2]
RECOVERY_SECONDS = 5.0


def position(high: str, low: str) -> int:
    """A place in PostgreSQL's log as a number of bytes."""
    return (int(high, 16) << 32) + int(low, 16)


class TestStart:
    def test_a_second_start_finds_the_same_servers(self, servers: Servers) -> None:
        again = ensure_servers(servers.data_dir)
        assert again.started == []
        assert (again.database_url, again.owner_database_url, again.redis_url) == (
            servers.database_url,
            servers.owner_database_url,
            servers.redis_url,
        )

    def test_many_at_once_start_each_server_once(self, make_data_dir: Callable[[], Path]) -> None:
        folder = make_data_dir()
        code = (
            "import sys, json; from pathlib import Path; from kam.embedded import ensure_servers;"
            "s = ensure_servers(Path(sys.argv[1]));"
            "print(json.dumps([s.started, s.database_url, s.redis_url]))"
        )
        racing = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(folder)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        answers = [json.loads(process.communicate(timeout=90)[0]) for process in racing]
        assert sorted(name for started, *_ in answers for name in started) == ["postgres", "redis"]
        assert len({tuple(urls) for _, *urls in answers}) == 1

    def test_stopping_leaves_no_process_and_starting_again_keeps_rows(self, servers: Servers) -> None:
        with session(servers.owner_database_url) as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS kept (n int); INSERT INTO kept VALUES (1)")
        before = rows(servers.database_url, "SELECT count(*) FROM kept")
        stop_servers(servers.data_dir)
        assert processes(servers) == []
        again = ensure_servers(servers.data_dir)
        assert again.started == ["postgres", "redis"]
        assert again.database_url == servers.database_url
        assert rows(servers.database_url, "SELECT count(*) FROM kept") == before

    def test_configured_servers_are_left_alone(
        self, monkeypatch: pytest.MonkeyPatch, make_data_dir: Callable[[], Path]
    ) -> None:
        folder = make_data_dir()
        monkeypatch.delenv("KAM_EMBEDDED", raising=False)
        monkeypatch.setenv("KAM_DATA_DIR", str(folder))
        monkeypatch.setenv("DATABASE_URL", "postgresql://kam_app:x@db.example/kam")
        monkeypatch.setenv("OWNER_DATABASE_URL", "postgresql://kam_owner:x@db.example/kam")
        monkeypatch.setenv("REDIS_URL", "redis://redis.example/0")
        monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
        found = ensure_servers()
        assert found.embedded == ()
        assert found.database_url == "postgresql://kam_app:x@db.example/kam"
        assert found.owner_database_url == "postgresql://kam_owner:x@db.example/kam"
        assert found.broker_url == "redis://redis.example/0"
        assert list(folder.iterdir()) == []

    def test_a_port_taken_by_a_stranger_is_given_up(self, make_data_dir: Callable[[], Path]) -> None:
        folder = make_data_dir()
        first = ensure_servers(folder)
        stop_servers(folder)
        with socket.create_server(("127.0.0.1", urlsplit(first.database_url).port or 0)):
            second = ensure_servers(folder)
            assert urlsplit(second.database_url).port != urlsplit(first.database_url).port
            assert rows(second.database_url, "SELECT 1") == [(1,)]

    def test_without_any_redis_work_goes_through_files(
        self, monkeypatch: pytest.MonkeyPatch, make_data_dir: Callable[[], Path]
    ) -> None:
        folder = make_data_dir()
        monkeypatch.setattr(RedisServer, "program", lambda self: None)
        for name in ("CELERY_BROKER_URL", "REDIS_URL"):
            monkeypatch.delenv(name, raising=False)
        with hold_servers(folder) as found:
            assert (found.redis_url, found.broker_url, found.embedded) == (
                None,
                "filesystem://",
                ("postgres",),
            )
            environment = {**os.environ, **found.environment()}
        code = (
            "from kam.celery import app\n"
            "with app.connection() as connection:\n"
            "    queue = connection.SimpleQueue('kam')\n"
            "    queue.put({'shard': 7})\n"
            "    print(queue.get(timeout=5).payload)"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert result.stdout.strip() == "{'shard': 7}", result.stderr

    def test_a_data_folder_that_is_a_file_is_one_clear_line(self, make_data_dir: Callable[[], Path]) -> None:
        file = make_data_dir() / "file"
        file.touch()
        with pytest.raises(EmbeddedServerError, match="cannot be used") as caught:
            ensure_servers(file)
        assert "\n" not in str(caught.value)

    def test_lost_passwords_of_an_existing_database_are_said_plainly(
        self, make_data_dir: Callable[[], Path]
    ) -> None:
        folder = make_data_dir()
        ensure_servers(folder)
        stop_servers(folder)
        (folder / "secrets.json").rename(folder / "elsewhere.json")
        with pytest.raises(EmbeddedServerError, match="put the file back from a backup"):
            ensure_servers(folder)
        (folder / "elsewhere.json").rename(folder / "secrets.json")
        assert ensure_servers(folder).started == ["postgres", "redis"]


class TestHolders:
    def test_the_last_holder_stops_what_a_holder_started(self, make_data_dir: Callable[[], Path]) -> None:
        folder = make_data_dir()
        with hold_servers(folder) as outer:
            with hold_servers(folder):
                pass
            assert rows(outer.database_url, "SELECT 1") == [(1,)]
        assert processes(outer) == []

    def test_a_holder_leaves_what_a_lone_command_started(self, servers: Servers) -> None:
        with hold_servers(servers.data_dir):
            pass
        assert rows(servers.database_url, "SELECT 1") == [(1,)]

    def test_run_gives_its_command_the_addresses_and_its_exit_code(
        self, make_data_dir: Callable[[], Path], outside_environment: dict[str, str]
    ) -> None:
        folder = make_data_dir()
        code = (
            "import os, sys, psycopg2; psycopg2.connect(os.environ['DATABASE_URL']);"
            "psycopg2.connect(os.environ['OWNER_DATABASE_URL']); sys.exit(7)"
        )
        result = subprocess.run(
            [sys.executable, "-m", "kam.embedded", "run", sys.executable, "-c", code],
            cwd=CHECKOUT,
            env=outside_environment | {"KAM_DATA_DIR": str(folder)},
            check=False,
            timeout=90,
        )
        assert result.returncode == 7
        assert processes_in(folder / "postgres", names=("postgres",)) == []


class TestKills:
    def test_a_killed_database_keeps_every_acknowledged_row(self, servers: Servers) -> None:
        with session(servers.owner_database_url) as cursor:
            cursor.execute("DROP TABLE IF EXISTS counted; CREATE TABLE counted (n int)")
        acknowledged = 0
        for round_number in range(int(os.environ.get("KAM_KILLS", "3"))):
            with session(servers.owner_database_url) as cursor:
                for _ in range(50):
                    cursor.execute("INSERT INTO counted VALUES (%s)", [round_number])
                    acknowledged += 1
                os.kill(postmaster(servers), signal.SIGKILL)
                begun = time.monotonic()
                again = ensure_servers(servers.data_dir)
            assert again.started == ["postgres"]
            assert time.monotonic() - begun < RECOVERY_SECONDS
            assert again.database_url == servers.database_url
            assert rows(servers.database_url, "SELECT count(*) FROM counted") == [(acknowledged,)]

    def test_a_whole_killed_process_tree_comes_back(self, servers: Servers) -> None:
        killed = processes(servers)
        for process in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        while processes(servers):
            time.sleep(0.01)
        begun = time.monotonic()
        assert sorted(restart_dead_servers(servers)) == ["postgres", "redis"]
        assert time.monotonic() - begun < RECOVERY_SECONDS
        assert rows(servers.database_url, "SELECT 1") == [(1,)]
        assert restart_dead_servers(servers) == []

    @pytest.mark.slow
    def test_recovery_is_quick_right_after_a_bulk_load(self, servers: Servers) -> None:
        """Measured by the log to replay and its CPU time: seconds on a busy test machine say little."""
        with session(servers.owner_database_url) as cursor:
            cursor.execute(
                "DROP TABLE IF EXISTS bulk;"
                "CREATE TABLE bulk (id uuid PRIMARY KEY, account int, code text UNIQUE, amount numeric);"
                "CREATE INDEX ON bulk (account);"
                "INSERT INTO bulk SELECT uuidv7(), n % 10000, n::text, n FROM generate_series(1, 1000000) n"
            )
            os.kill(postmaster(servers), signal.SIGKILL)
        ensure_servers(servers.data_dir)
        assert rows(servers.database_url, "SELECT count(*) FROM bulk") == [(1_000_000,)]
        with session(servers.owner_database_url) as cursor:
            cursor.execute("DROP TABLE bulk")

        log = Database(open_folder(servers.data_dir)).log.read_text()
        start = re.findall(r"redo starts at ([0-9A-F]+)/([0-9A-F]+)", log)[-1]
        done = re.findall(
            r"redo done at ([0-9A-F]+)/([0-9A-F]+) .*user: ([\d.]+) s, system: ([\d.]+) s", log
        )[-1]
        replayed = position(done[0], done[1]) - position(*start)
        assert 0 < replayed < 256 * 1024 * 1024
        assert float(done[2]) + float(done[3]) < 3.0

    def test_a_killed_redis_keeps_what_is_older_than_a_second(self, servers: Servers) -> None:
        assert servers.redis_url is not None
        with redis.Redis.from_url(servers.redis_url) as client:
            client.set("kept", "yes")
            time.sleep(1.3)
        for process in processes_in(
            RedisServer(open_folder(servers.data_dir)).data, names=("redis-server", "valkey-server")
        ):
            process.kill()
        assert ensure_servers(servers.data_dir).started == ["redis"]
        with redis.Redis.from_url(servers.redis_url) as client:
            assert client.get("kept") == b"yes"

    def test_a_stale_pid_file_naming_a_living_stranger_does_not_block(self, servers: Servers) -> None:
        data = Database(open_folder(servers.data_dir)).data
        stale = (data / "postmaster.pid").read_text().splitlines()
        stop_servers(servers.data_dir)
        (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *stale[1:]]) + "\n")
        shutil.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)
        assert "postgres" in ensure_servers(servers.data_dir).started


class TestNeighbours:
    def test_two_checkouts_side_by_side(self, servers: Servers, make_data_dir: Callable[[], Path]) -> None:
        other = ensure_servers(make_data_dir())
        mine = {urlsplit(servers.database_url).port, urlsplit(servers.redis_url or "").port}
        theirs = {urlsplit(other.database_url).port, urlsplit(other.redis_url or "").port}
        assert not mine & theirs
        stop_servers(other.data_dir)
        assert processes(other) == []
        assert rows(servers.database_url, "SELECT 1") == [(1,)]
