# SPDX-License-Identifier: Apache-2.0
"""`cardtool remind`: a notice on the desktop before a certificate ends."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.commands.page import page
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import AT, CARD, SHOWING
from cardtool.cli.output import write
from cardtool.cli.refusal import Refusal
from cardtool.remind import desktop, due, memory, schedule
from cardtool.remind.memory import Kept, Memory
from cardtool.remind.notice import Notice, NotShownError
from cardtool.remind.schedule import NotScheduledError
from cardtool.rules import renewal

_WITHOUT_FORMAT = SHOWING[1:]


@click.command()
@click.option("--install", "mode", flag_value="install",
              help="Remind this user, after each logon and every morning.")  # fmt: skip
@click.option("--remove", "mode", flag_value="remove",
              help="Remind this user no longer, even if all users are reminded.")  # fmt: skip
@click.option("--run", "mode", flag_value="run", help="Show the notice that is due today, if any.")
@click.option("--applied", "mode", flag_value=due.APPLIED,
              help="Say that you have applied, as the button of the last notice does.")  # fmt: skip
@click.option("--later", "mode", flag_value=due.LATER,
              help="Have the last notice again tomorrow, as its button does.")  # fmt: skip
@settings(*_WITHOUT_FORMAT, *CARD, AT, known=())
def remind(asked: Asked, *, mode: str | None) -> None:
    """Remind of the end of the certificate by a notice on the desktop.

    A notice is due when renewal opens and 60, 30, 15, 7 and 1 days before the end, for the card
    that was read last. No PIN is asked for, and no name is kept.
    """
    if mode in {due.APPLIED, due.LATER}:
        memory.change(partial(due.answered, answer=mode))
    elif mode == "run":
        _run(asked)
    elif mode is None:
        asked.misuse("Say --install, --remove or --run.")
    else:
        _schedule(asked, is_wanted=mode == "install")


def _schedule(asked: Asked, *, is_wanted: bool) -> None:
    """Remind this user or stop it, and say so."""
    try:
        if is_wanted:
            schedule.install()
            memory.want()
        else:
            schedule.remove()
            memory.forget(is_off=schedule.is_for_all())
    except (NotScheduledError, OSError) as error:
        raise Refusal(code="remind-not-scheduled", reason=str(error)) from error
    write(asked, [asked.text.label("remind-installed" if is_wanted else "remind-removed") + "\n"])


def _run(asked: Asked) -> None:
    """Show the notice that is due and do what is chosen on it.

    With --at it is only tried: what was said is not remembered.
    """
    before = memory.recall()
    if before.is_off:
        return
    diagnosis = judge(asked, look(asked, is_patient=True))
    known = due.noted(before, diagnosis)
    is_tried = asked.option("at") is not None
    if not is_tried:
        known = memory.change(lambda now: due.noted(now, diagnosis))
    at = asked.text.local(diagnosis.at)
    kept = due.due(known, at, asked.config.days())
    if kept is None:
        return

    def remember(change: Callable[[Memory], Memory]) -> None:
        if not is_tried:
            memory.change(change)

    shown = partial(due.shown, sha256=kept.sha256, at=at)
    try:
        answer = desktop.show(_notice(asked, kept, at), partial(remember, shown))
    except NotShownError as error:
        raise Refusal(code="remind-not-shown", reason=str(error)) from error
    if answer == due.OPEN:
        click.get_current_context().invoke(page)
    elif answer:
        remember(partial(due.answered, answer=answer))


def _notice(asked: Asked, kept: Kept, at: datetime) -> Notice:
    """Put a notice into words."""
    text = asked.text
    apply_by_at = renewal.apply_by_at(kept.ends_at, asked.config.days().of(kept.issuer))
    if kept.answer == due.APPLIED:
        what = text.label("remind-applied-said")
    elif kept.is_seal:
        what = text.label("remind-seal-todo")
    elif at > apply_by_at:
        what = text.label("remind-late")
    else:
        what = text.label("remind-apply-by", day=text.plain_day(apply_by_at, at))
    return Notice(
        title=text.label("remind-seal" if kept.is_seal else "remind-nes"),
        body=f"{text.near('left', kept.ends_at, at)}. {what}",
        choices={name: text.label(f"remind-{name}") for name in (due.OPEN, due.APPLIED, due.LATER)},
        stays=due.is_nearly_late(kept, at),
    )
