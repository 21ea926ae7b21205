"""Server folders for these tests alone: short-lived, reachable by the account that runs the servers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kam.embedded import Servers, ensure_servers, stop_servers


@pytest.fixture(scope="session")
def make_data_dir() -> Iterator[Callable[[], Path]]:
    """Makes empty data folders; servers in them are stopped and the folders removed at the end."""
    made: list[Path] = []

    def make() -> Path:
        # Not tmp_path: below pytest's 0700 folder the fallback for unreachable folders would take over.
        folder = Path(tempfile.mkdtemp(prefix="kam-ops-", dir="/tmp"))
        folder.chmod(0o711)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        stop_servers(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(make_data_dir: Callable[[], Path]) -> Servers:
    """Embedded servers in a folder of their own, running."""
    return ensure_servers(make_data_dir())


@pytest.fixture
def outside_environment() -> dict[str, str]:
    """The environment without anything that would point a child process at servers."""
    pointing = {"DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "KAM_EMBEDDED"}
    return {name: value for name, value in os.environ.items() if name not in pointing}
