# SPDX-License-Identifier: Apache-2.0
"""The store: a database of workstations, their snapshots and certificates.

Opens SQLite or PostgreSQL, and brings the tables up to date.
"""

import logging
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from cardtool import files
from cardtool.fleet.store.tables import SCHEMA
from cardtool.model.refused import Refused

_BUSY_MS = 60_000
_CONNECT_S = 10
_LOCK = 0x63617264746F6F6C
"""Key of the advisory lock under which PostgreSQL is migrated: "cardtool"."""
_SQLITE_HEADER = b"SQLite format 3\0"
_ROWS = 2000
"""Rows that are fetched at once."""
WHOLE: dict[str, Any] = {"stream_results": False, "yield_per": None}
"""Options of a query with a short answer on a connection of `reading`, as if it were `asking`."""

# SQLAlchemy logs a traceback of Ctrl-C while it closes a connection, and raises it as well
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())


Progress = Callable[[int, int], None]
"""Called with how many snapshots have been judged and how many there are in all."""


class Store:
    """An open database; threads and processes may share one."""

    def __init__(self, address: str, *, may_make: bool = True) -> None:
        """Open the database of an address: a file, sqlite:///FILE or postgresql://… alike.

        Raises:
            Refused: it cannot be opened, a newer cardtool made it, or it does not exist and
                `may_make` is false.
        """
        url = _url(address)
        self.place = _place(url)
        """Its name in messages, which never holds a password."""
        self.progress: Progress = lambda _done, _number: None
        """Called while many snapshots are judged; a command with a terminal sets its own."""
        self.is_sqlite = url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            _prepare_file(url, may_make=may_make)
        self.engine: Engine = _engine(url)
        # closes the connections even if nobody calls `close`
        weakref.finalize(self, self.engine.dispose)
        try:
            self._bring_up_to_date(may_make=may_make)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together or not at all.

        `writing`, `reading` and `asking` raise `Refused` in place of the database's own errors.
        """
        with self._connected(cardtool_writes=True) as connection, connection.begin():
            yield connection

    def reading(self) -> AbstractContextManager[Connection]:
        """Give a connection that fetches rows in parts, so that memory stays flat."""
        return self._connected(stream_results=True, yield_per=_ROWS)

    def asking(self) -> AbstractContextManager[Connection]:
        """Give a connection for few rows, which fetches each answer whole.

        For an answer that is fetched in parts PostgreSQL uses a single process, and plans as if
        most rows were never fetched. Source: its documentation, §15.2, `cursor_tuple_fraction`.
        """
        return self._connected()

    @contextmanager
    def _connected(self, **options: Any) -> Iterator[Connection]:  # noqa: ANN401 - SQLAlchemy's
        try:
            with self.engine.connect() as connection:
                yield connection.execution_options(**options)
        except DBAPIError as error:
            raise self._refusal(error) from error

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def _bring_up_to_date(self, *, may_make: bool) -> None:
        with self.reading() as connection:
            schema = schema_of(connection)
        if schema == SCHEMA:
            return
        if not schema and not may_make:
            raise Refused(code="store-missing", store=self.place)
        if schema and schema > SCHEMA:
            raise Refused(code="store-newer", store=self.place, found=schema, known=SCHEMA)
        from cardtool.fleet.store.migrations import upgrade  # noqa: PLC0415 - Alembic takes its time

        with self.writing() as connection:
            if not self.is_sqlite:  # in SQLite the transaction itself is the lock
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if schema_of(connection) != SCHEMA:  # check again under the lock
                upgrade(connection)

    def _refusal(self, error: DBAPIError) -> Refused:
        """Return the refusal for an error of the database."""
        message = str(error.orig).strip()
        codes = {
            "file is not a database": "store-no-database",
            "readonly": "store-read-only",
            "read-only": "store-read-only",
            "permission denied": "store-read-only",
            "database is locked": "store-busy",
            "authentication failed": "store-login",
            "no password supplied": "store-login",
            "disk is full": "store-full",
        }
        code = next((code for part, code in codes.items() if part in message), "store-failed")
        reason = " ".join(message.splitlines()[:2])
        return Refused(code=code, store=self.place, reason=reason)


def schema_of(connection: Connection) -> str | None:
    """Return the version of a database's tables; None: it has no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _url(address: str) -> URL:
    if "://" not in address:
        return URL.create("sqlite", database=str(Path(address).absolute()))
    try:
        url = make_url(address)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise Refused(code="store-address") from error
    if backend == "sqlite" and url.database:
        return url.set(drivername="sqlite")
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise Refused(code="store-address")


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    server = url.host or url.query.get("host") or "localhost"
    port = "" if url.port is None else f":{url.port}"
    return f"{server}{port}/{url.database or ''}"


def _prepare_file(url: URL, *, may_make: bool) -> None:
    """Make the file, readable by its owner only; SQLite would make it readable by everybody."""
    name = str(url.database)
    if name == ":memory:" or name.startswith("file:"):
        return
    file = Path(name)
    if not may_make and not os.path.lexists(file):
        raise Refused(code="store-missing", store=name)
    try:
        with suppress(FileExistsError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with files.opened(file) as opened:
            head = opened.read(len(_SQLITE_HEADER))
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(code="store-failed", store=name, reason=reason) from error
    if head and head != _SQLITE_HEADER:
        raise Refused(code="store-no-database", store=name, reason="")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        limit = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_S}
        return create_engine(url, connect_args=limit)
    engine = create_engine(url)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's, or a wrapper
    """Set what SQLite does not remember from one connection to the next.

    `_begin` begins transactions, because those of the module sqlite3 commit before a change of
    tables. Source: https://www.sqlite.org/pragma.html.
    """
    connection.isolation_level = None
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        with suppress(Exception):  # a file that is read-only stays as it is
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA cache_size = -32768")


def _begin(connection: Connection) -> None:
    """Lock at once for writing: SQLite refuses a reader that begins to write later."""
    writes = connection.get_execution_options().get("cardtool_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
