"""What both embedded servers stand on: a folder, a lock, passwords, a free port, and who runs them.

Under root neither server may run as root, and the user they run as may be unable to reach the checkout
(below a 0700 home, say). Then the servers' own files live in `/var/lib/kam/<hash of the data folder>`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import random
import secrets
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

FALLBACK_ROOT = Path("/var/lib/kam")
LOCK_TIMEOUT = 180.0
# Below the range from which systems take ports of outgoing connections, so that a kept port stays free.
PORTS = range(20_000, 32_000)


class EmbeddedServerError(RuntimeError):
    """A server that should be embedded cannot run; the message says in one line why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The system account that owns the servers' files and runs them; `None` in `uid` means ourselves."""

    uid: int | None
    gid: int | None
    name: str

    def popen_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that run a command as this account, in a folder it can enter."""
        common: dict[str, Any] = {"cwd": "/", "umask": 0o077, "stdin": subprocess.DEVNULL}
        if self.uid is None:
            return common
        return common | {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, path: Path, *, how: str) -> bool:
        """Whether this account may do `how` (`r`, `w`, `x` as in test(1)) with `path`; the kernel answers."""
        result = subprocess.run(
            ["/bin/sh", "-c", f'test -{how} "$1"', "sh", str(path)], check=False, **self.popen_arguments()
        )
        return result.returncode == 0

    def own(self, path: Path) -> None:
        """Give `path` to this account, for it alone."""
        os.chmod(path, 0o700 if path.is_dir() else 0o600)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True, kw_only=True)
class ServerFolder:
    """The data folder of one checkout and the reachable folder that holds the servers' own files."""

    root: Path
    home: Path
    account: Account

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def state_file(self) -> Path:
        return self.root / "servers.json"

    def state(self) -> dict[str, Any]:
        """What was decided before (ports, who started the servers); empty when nothing was."""
        try:
            return dict(json.loads(self.state_file.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def remember(self, **values: Any) -> None:
        """Keep `values` for the next start."""
        write_private(self.state_file, json.dumps(self.state() | values, indent=1), mode=0o644)

    def passwords(self) -> dict[str, str]:
        """The random passwords of this folder, made at the first call.

        Raises EmbeddedServerError when a database exists but its passwords were lost.
        """
        with contextlib.suppress(FileNotFoundError):
            return dict(json.loads(self.secrets_file.read_text()))
        if (self.home / "postgres" / "PG_VERSION").exists():
            raise EmbeddedServerError(
                f"{self.secrets_file} is gone, but {self.home / 'postgres'} holds a database: "
                "put the file back from a backup, or remove the database folder to start anew."
            )
        made = {who: secrets.token_urlsafe(24) for who in ("superuser", "owner", "app", "redis")}
        write_private(self.secrets_file, json.dumps(made))
        return made

    def port(self, name: str) -> int:
        """The port kept under `name`, or another free one where a stranger listens there now."""
        kept = self.state().get(f"{name}_port")
        if isinstance(kept, int) and port_is_free(kept):
            return kept
        taken = {value for key, value in self.state().items() if key.endswith("_port")}
        candidates = random.Random(f"{self.root}:{name}").sample(PORTS, len(PORTS))  # noqa: S311
        for candidate in candidates:
            if candidate not in taken and port_is_free(candidate):
                self.remember(**{f"{name}_port": candidate})
                return candidate
        raise EmbeddedServerError(f"no free port on 127.0.0.1 between {PORTS.start} and {PORTS.stop}")


def open_folder(data_dir: Path) -> ServerFolder:
    """Make the data folder ready and decide who runs the servers and where their files live."""
    root = data_dir.resolve()
    try:
        root.mkdir(parents=True, exist_ok=True)
        if root.stat().st_uid == os.geteuid():
            root.chmod(0o711)
    except OSError as error:
        raise EmbeddedServerError(f"the data folder {root} cannot be used: {error.strerror}") from None
    if not os.access(root, os.W_OK | os.X_OK):
        raise EmbeddedServerError(
            f"the data folder {root} belongs to {_user_name(root.stat().st_uid)}: "
            "run as that user, or set KAM_DATA_DIR to another folder."
        )
    account = _choose_account(root)
    home = root
    if account.uid is not None and not account.reaches(root, how="x"):
        home = FALLBACK_ROOT / hashlib.sha256(str(root).encode()).hexdigest()[:12]
        FALLBACK_ROOT.mkdir(mode=0o755, exist_ok=True)
        home.mkdir(mode=0o711, exist_ok=True)
    return ServerFolder(root=root, home=home, account=account)


def _choose_account(root: Path) -> Account:
    """Ourselves when unprivileged; under root the owner of an existing database, `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return Account(uid=None, gid=None, name=_user_name(os.geteuid()))
    data = root / "postgres"
    owner = data.stat().st_uid if data.exists() else 0
    if owner:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwuid(owner)
            return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)
        return Account(uid=owner, gid=data.stat().st_gid, name=str(owner))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=name)
    raise EmbeddedServerError("no user `postgres` or `nobody` on this machine: run as an ordinary user.")


def reachable_copy(folder: ServerFolder, *, parts: Sequence[Path], probe: Path, version: str) -> Path:
    """`probe` itself when the servers' account can run it, else its copy in a folder it can reach.

    `parts` are the files and folders to copy together, all siblings of one folder above `probe`.
    """
    if folder.account.uid is None or folder.account.reaches(probe, how="x"):
        return probe
    base = parts[0].parent
    target = folder.home / "programs" / version
    copy = target / probe.relative_to(base)
    if not copy.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for part in parts:
            if part.is_dir():
                shutil.copytree(part, fresh / part.name, symlinks=True)
            elif part.exists():
                (fresh / part.relative_to(base)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(part, fresh / part.relative_to(base))
        _let_others_read(fresh)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        target.parent.chmod(0o755)
    return copy


def _let_others_read(root: Path) -> None:
    for path in [root, *root.rglob("*")]:
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        runnable = path.is_dir() or mode & stat.S_IXUSR
        path.chmod(0o755 if runnable else 0o644)


@contextlib.contextmanager
def locked(path: Path, *, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold the exclusive lock of `path`; the kernel frees it when its holder dies, so none goes stale.

    Raises EmbeddedServerError when another process keeps it for `timeout` seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + timeout
        while not try_lock(descriptor, exclusive=True):
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"another process has been starting the servers for {timeout:.0f} s ({path})"
                )
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, *, exclusive: bool) -> bool:
    """Take the lock of an open file without waiting; False when somebody else holds it."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write `path` whole or not at all, readable by its owner only unless `mode` says otherwise."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def processes_in(folder: Path, *, names: tuple[str, ...]) -> list[psutil.Process]:
    """Living processes called one of `names` (as a prefix) whose working folder is `folder`.

    A server process works in its own data folder, so this finds exactly its processes even when its pid
    file is stale and the number in it belongs to a stranger by now.
    """
    found = []
    for process in psutil.process_iter(["name"]):
        if not (process.info["name"] or "").startswith(names):
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == folder:
                found.append(process)
    return found


def last_lines(path: Path, *, count: int = 5) -> str:
    """The end of a log, on one line, for an error message."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    return " | ".join(line.strip() for line in lines[-count:]) or "its log is empty"


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
