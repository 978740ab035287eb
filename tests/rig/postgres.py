# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server of its own, reached by a socket alone, gone with the tests.

It makes databases and says where they are; what is kept in them is not its business.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

OWNER = "rig"
"""A user of the server who may do everything, without a password."""
GUARDED = "guarded"
"""One who needs a password."""
PASSWORD = "rig-password-1923"  # noqa: S105 - of a server that lives as long as the tests
_HBA = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "40",
    "autovacuum": "off",
}


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest; None: not installed.

    Debian keeps them where no PATH leads.
    """
    newest_last = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if newest_last:
        return newest_last[-1].parent
    other = shutil.which("initdb")
    return Path(other).resolve().parent if other else None


def _version(program: Path) -> float:
    return float(program.parent.parent.name)


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


class Cluster:
    """One server with its databases; a context manager."""

    def __init__(self) -> None:
        """Describe a server in a new folder, whose name is short enough for a socket."""
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._count = itertools.count(1)

    def __enter__(self) -> Self:
        """Make the server and start it."""
        data = self._folder / "data"
        if _is_root():  # PostgreSQL refuses to run as root
            shutil.chown(self._folder, "nobody")
        self._run("initdb", "-D", str(data), "-U", OWNER, "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        (data / "pg_hba.conf").write_text(_HBA, encoding="utf-8")
        lines = [f"{name} = '{value}'\n" for name, value in _SETTINGS.items()]
        lines.append(f"unix_socket_directories = '{self._folder}'\n")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(lines)
        self._run("pg_ctl", "-D", str(data), "-w", "-l", str(self._folder / "log"), "start")
        self.sql(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server and remove it."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    def database(self) -> str:
        """Make an empty database, and return its address."""
        name = f"db{next(self._count)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, name: str, user: str = OWNER) -> str:
        """Return the address of a database, there or not, for a user and a password."""
        return f"postgresql://{user}@/{name}?host={self._folder}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement, and return what it gives."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-h", str(self._folder), "-U", OWNER,
                         "-d", database, "-v", "ON_ERROR_STOP=1", "-c", statement)  # fmt: skip

    def _run(self, program: str, *arguments: str) -> str:
        folder = programs()
        assert folder is not None
        user = "nobody" if _is_root() else None
        # the server inherits what pg_ctl was given: a pipe for its output would never end
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [folder / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                user=user,
                extra_groups=None if user is None else [],
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                check=False,
            )
            said.seek(0)
            text = said.read().decode(errors="replace")
        assert done.returncode == 0, f"{program}: {text}"
        return text.strip()
