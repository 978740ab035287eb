# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet import`."""

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cardtool.cli.asked import Asked, settings
from cardtool.cli.options import DATABASE, PathName, showing
from cardtool.cli.output import write
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.model.snapshot import SIZE_LIMIT_BYTES
from cardtool.model.surroundings import IdentityPolicy
from cardtool.text import Text
from cardtool.views.harmless import escape

if TYPE_CHECKING:
    from cardtool.fleet.importing.finishing import Report, Wording
    from cardtool.fleet.importing.pieces import Trouble


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=PathName())
@click.option("--rejected", metavar="FOLDER", type=PathName(),
              help="Where to put what is no snapshot.  [default: `rejected` beside each file]"
              )  # fmt: skip
@click.option("--remove/--keep", default=False,
              help="Whether to remove files that were imported whole.  [default: keep]"
              )  # fmt: skip
@settings(*showing("terminal", "json"), DATABASE)
def import_(asked: Asked, paths: tuple[str, ...], rejected: str | None, *, remove: bool) -> int:
    """Import snapshots into the store: files, folders, `-`.

    Read are .json, .ndjson and .jsonl, with .gz or without; a file that is named may be called
    anything. Importing a file twice changes nothing: files that were imported stay where they are
    unless --remove is given. A file of a folder that holds what is no snapshot is moved to
    `rejected`, with the reason beside it; one that was named stays where it is, and the reason is
    said. Either exits 3.
    """
    _check(paths, rejected)
    report = _imported(asked, paths, rejected, remove=remove)
    write(asked, _shown(report, asked.text if asked.format.name == "terminal" else None))
    return UNKNOWN if report.set_aside else 0


def _check(paths: tuple[str, ...], rejected: str | None) -> None:
    """Refuse what is not there, and a folder for rejected files that is a link."""
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise Refusal(code="import-missing", file=path)
    if rejected is not None and Path(rejected).is_symlink():
        raise Refusal(code="import-link", file=rejected)


def _imported(
    asked: Asked, paths: tuple[str, ...], rejected: str | None, *, remove: bool
) -> "Report":
    """Import the files, and return what became of them."""
    from cardtool.fleet.importing.judging import Terms, judged_blocks  # noqa: PLC0415 - zstandard

    terms = Terms(
        at=datetime.now(UTC),
        policy=asked.config.days(),
        identity=IdentityPolicy(asked.config.fleet.identity or "full"),
        rejected=None if rejected is None else Path(rejected),
    )
    try:
        with judged_blocks(map(Path, paths), terms) as judged:
            # SQLAlchemy is loaded while the other processes judge
            from cardtool.cli.opening import opened  # noqa: PLC0415
            from cardtool.fleet.importing.run import import_judged  # noqa: PLC0415

            store = opened(asked, may_make=True)
            return import_judged(store, judged, terms, says=_says(asked.text), remove=remove)
    except BrokenExecutor as error:
        raise Refusal(code="import-ended") from error


def _says(text: Text) -> "Wording":
    def says(trouble: "Trouble", file: str) -> str:
        named: dict[str, str | int] = {"file": file, "reason": trouble.detail}
        return escape(text.refusal(trouble.code, {**named, "limit": SIZE_LIMIT_BYTES}))

    return says


def _shown(report: "Report", text: Text | None) -> Iterator[str]:
    if text is None:
        yield msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
        return
    for name in ("read", "new", "known", "set_aside", "passed_over"):
        yield f"{text.label('import-' + name.replace('_', '-'))}: {getattr(report, name)}\n"
    for name in ("folders", "left", "stuck"):
        for lines in getattr(report, name):
            shown = "\n    ".join(map(escape, lines.splitlines()))
            yield f"{text.label('import-' + name)}: {shown}\n"
