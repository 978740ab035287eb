# SPDX-License-Identifier: Apache-2.0
"""`cardtool fleet send`."""

from pathlib import Path

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge, tell_event_log
from cardtool.cli.looking import look
from cardtool.cli.options import LOOKING, SHOWING
from cardtool.cli.output import write
from cardtool.cli.refusal import Refusal
from cardtool.fleet.sending.delivery import HandOver, destination
from cardtool.fleet.sending.parcel import allowed, parcel
from cardtool.fleet.sending.spool import Answer, Report, Spool
from cardtool.model.snapshot import SnapshotError
from cardtool.model.surroundings import IdentityPolicy, Origin, Running
from cardtool.probe import identity, last_good

_WAITS = 1
_REFUSED = 2

_AWAY = {
    "": "fleet-away",
    "access": "fleet-away-access",
    "busy": "fleet-away-busy",
    "certificate": "fleet-away-certificate",
}
"""`Answer.kind` -> why the snapshots wait."""


@click.command()
@click.option("--to", metavar="FOLDER|ADDRESS",
              help="A folder on a file share, or https://...  [default: of the configuration file]"
              )  # fmt: skip
@settings(*SHOWING, *LOOKING, known=())
def send(asked: Asked, to: str | None) -> int:
    """Look at this machine and send the snapshot to be collected.

    Exit status: delivered 0, tried again at the next run 1, refused by the receiver 2,
    cannot be sent like this 3.  People are hashed unless the configuration file says otherwise.
    """
    named = to or asked.config.fleet.to
    if not named:
        raise Refusal(code="fleet-nowhere")
    hand_over, folder = destination(named, asked.config.fleet), _folder()
    running, report = _sent(asked, hand_over, folder)
    status = _tell(asked, report, folder / "spool" / "refused")
    if running is not None:  # the card was not read: it was not sent
        pid = "-" if running.pid is None else running.pid
        Refusal(code="fleet-check-running", program=running.program, pid=pid).show()
        status = max(status, _WAITS)
    return status


def _sent(asked: Asked, hand_over: HandOver, folder: Path) -> tuple[Running | None, Report]:
    """Send a snapshot and those that wait; if another check keeps the card, send only these."""
    key = _key(asked)
    spool = Spool(folder / "spool", asked.config.fleet.spool_limit)
    patience_s = 2 * asked.config.fleet.timeout_s
    origin = _origin(asked, folder)
    snapshot = look(asked, is_patient=True)
    hand_over = _as_allowed(hand_over, origin, key)
    try:
        if snapshot.running is None:
            if asked.config.event_log:
                tell_event_log(asked, judge(asked, snapshot))
            _keep(spool, *parcel(snapshot, origin, key, identity.names()), hand_over, patience_s)
        return snapshot.running, spool.deliver(hand_over, patience_s)
    except OSError as error:
        raise Refusal(code="fleet-spool", reason=error.strerror or str(error)) from error


def _key(asked: Asked) -> bytes:
    """Return the key of the site's hash; with a new key everybody would become somebody else."""
    key = asked.config.identity.key
    if key is None and asked.config.fleet.kept == "hashed":
        raise Refusal(code="fleet-key")
    return bytes.fromhex(key or "")


def _folder() -> Path:
    folder = last_good.folder()
    if folder is None:
        raise Refusal(code="fleet-state")
    return folder.absolute()


def _origin(asked: Asked, folder: Path) -> Origin:
    """Return what the receiver learns about this workstation besides the snapshot."""
    settings = asked.config.fleet
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


def _as_allowed(hand_over: HandOver, origin: Origin, key: bytes) -> HandOver:
    """Return a function that hands a snapshot over with what today's policy allows."""

    def handed(name: str, body: bytes) -> Answer:
        try:
            name, body = allowed(name, body, origin.identity, key, identity.names())
        except SnapshotError:
            return Answer("refused", reason="no snapshot")
        return hand_over(name, body)

    return handed


def _keep(spool: Spool, name: str, body: bytes, hand_over: HandOver, patience_s: float) -> None:
    """Store the snapshot first; if there is no room, deliver what waits and try again."""
    try:
        dropped = spool.put(name, body)
    except OSError:
        spool.deliver(hand_over, patience_s)
        dropped = spool.put(name, body)
    if dropped:
        Refusal(code="fleet-dropped", dropped=dropped).show()


def _tell(asked: Asked, report: Report, refused: Path) -> int:
    """Say what became of the snapshots, and return the exit status."""
    last, reason = report.last, report.last.reason
    if report.refused:
        Refusal(
            code="fleet-refused", reason=reason, refused=report.refused, folder=str(refused)
        ).show()
    if last.state == "away" and report.passed != report.waiting:
        Refusal(code=_AWAY[last.kind], reason=reason, waiting=report.waiting).show()
    if report.passed:
        Refusal(code="fleet-passed", reason=reason, passed=report.passed).show()
    if report.delivered:
        write(asked, [f"{asked.text.label('send-delivered')}: {report.delivered}\n"])
    if report.refused:
        return _REFUSED
    return _WAITS if last.state == "away" else 0
