"""Looking into embedded servers from outside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil
import psycopg2
import psycopg2.extensions

from kam.embedded import (
    Servers,
)
from kam.embedded_database import Database
from kam.embedded_folder import open_folder, processes_in
from kam.embedded_redis import RedisServer


@contextlib.contextmanager
def session(url: str | None) -> Iterator[psycopg2.extensions.cursor]:
    assert url is not None
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def rows(url: str | None, query: str) -> list[tuple[object, ...]]:
    with session(url) as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def postmaster(servers: Servers) -> int:
    data = Database(open_folder(servers.data_dir)).data
    return int((data / "postmaster.pid").read_text().split()[0])


def processes(servers: Servers) -> list[psutil.Process]:
    folder = open_folder(servers.data_dir)
    found = processes_in(Database(folder).data, names=("postgres",))
    return found + processes_in(RedisServer(folder).data, names=("redis-server", "valkey-server"))
