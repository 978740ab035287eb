# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`cardtool fleet send`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardtool.cli.options import LOOKING, SHOWING, options
from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session

if TYPE_CHECKING:
    from cardtool.fleet.sending.delivery import HandOver
    from cardtool.fleet.sending.spool import Report, Spool
    from cardtool.model.origin import Origin

_WAITS = 1
_REFUSED = 2


@click.command()
@click.option(
    "--to",
    metavar="FOLDER|ADDRESS",
    help="A folder on a file share, or https://...  [default: of the configuration file]",
)
@options(*SHOWING, *LOOKING)
@click.pass_context
def send(ctx: click.Context, to: str | None) -> None:
    """Look at this machine and send the snapshot to be collected.

    Exit status: delivered 0, tried again at the next run 1, refused by the receiver 2,
    cannot be done so 3.  Who is in it is hashed unless the configuration file says otherwise.
    """
    session = Session(ctx, ())
    hand_over = _destination(session, to)
    key = _key(session)
    folder = _folder()
    origin = _origin(session, folder)
    snapshot = session.look(is_patient=True)

    from cardtool.fleet.sending.parcel import parcel
    from cardtool.fleet.sending.spool import Spool
    from cardtool.probe import accounts

    hand_over = _as_allowed(hand_over, origin, key)

    spool = Spool(folder / "spool", session.config.fleet.spool_limit)
    patience_s = 2 * session.config.fleet.timeout_s
    try:
        if snapshot.running is None:
            _keep(spool, *parcel(snapshot, origin, key, accounts.own()), hand_over, patience_s)
        report = spool.deliver(hand_over, patience_s)
    except OSError as error:
        raise Refusal(code="fleet-spool", reason=error.strerror or str(error)) from error
    status = _tell(session, report, folder / "spool" / "refused")
    if (other := snapshot.running) is not None:  # the card was not read: no state of this desk
        pid = "-" if other.pid is None else other.pid
        Refusal(code="fleet-check-running", program=other.program, pid=pid).show()
        status = max(status, _WAITS)
    ctx.exit(status)


def _destination(session: Session, to: str | None) -> "HandOver":
    from cardtool.fleet.sending.delivery import destination

    named = to or session.config.fleet.to
    if not named:
        raise Refusal(code="fleet-nowhere")
    return destination(named, session.config.fleet)


def _key(session: Session) -> bytes:
    """Return the key of the site's hash: one drawn anew would make everybody somebody else."""
    key = session.config.identity.key
    if key is None and session.config.fleet.kept == "hashed":
        raise Refusal(code="fleet-key")
    return bytes.fromhex(key or "")


def _folder() -> Path:
    from cardtool.probe import last_good

    folder = last_good.folder()
    if folder is None:
        raise Refusal(code="fleet-state")
    return folder.absolute()


def _origin(session: Session, folder: Path) -> "Origin":
    from cardtool.model.origin import IdentityPolicy, Origin
    from cardtool.probe import identity

    settings = session.config.fleet
    try:
        host_id = identity.host_id(settings.host_id, folder / "host-id")
    except OSError as error:
        raise Refusal(code="fleet-spool", reason=error.strerror or str(error)) from error
    return Origin(
        host_id=host_id,
        unit=settings.unit or "",
        user=identity.user(),
        identity=IdentityPolicy(settings.kept),
    )


def _as_allowed(hand_over: "HandOver", origin: "Origin", key: bytes) -> "HandOver":
    """Return what hands over no more of a person than today's policy lets leave."""
    from cardtool.fleet.sending.parcel import allowed
    from cardtool.fleet.sending.spool import Answer
    from cardtool.model.snapshot import SnapshotError
    from cardtool.probe import accounts

    def handed(name: str, body: bytes) -> Answer:
        try:
            name, body = allowed(name, body, origin.identity, key, accounts.own())
        except SnapshotError:
            return Answer("refused", reason="no snapshot")
        return hand_over(name, body)

    return handed


def _keep(spool: "Spool", name: str, body: bytes, hand_over: "HandOver", patience_s: float) -> None:
    """Keep the snapshot before anything else, or once what waits has made room for it.

    Raises:
        OSError: there was no room for it all the same.
    """
    try:
        dropped = spool.put(name, body)
    except OSError:
        spool.deliver(hand_over, patience_s)
        dropped = spool.put(name, body)
    if dropped:
        Refusal(code="fleet-dropped", dropped=dropped).show()


def _tell(session: Session, report: "Report", refused: Path) -> int:
    """Say what became of it, and return the exit status."""
    last, reason = report.last, report.last.reason
    if report.refused:
        Refusal(
            code="fleet-refused", reason=reason, refused=report.refused, folder=str(refused)
        ).show()
    if last.state == "away" and report.passed != report.waiting:
        if last.kind == "certificate":
            away = Refusal(code="fleet-away-certificate", reason=reason, waiting=report.waiting)
        elif last.kind == "access":
            away = Refusal(code="fleet-away-access", reason=reason, waiting=report.waiting)
        elif last.kind == "busy":
            away = Refusal(code="fleet-away-busy", waiting=report.waiting)
        else:
            away = Refusal(code="fleet-away", reason=reason, waiting=report.waiting)
        away.show()
    if report.passed:
        Refusal(code="fleet-passed", reason=reason, passed=report.passed).show()
    if report.delivered:
        session.write([f"{session.text.label('send-delivered')}: {report.delivered}\n"])
    if report.refused:
        return _REFUSED
    return _WAITS if last.state == "away" else 0
