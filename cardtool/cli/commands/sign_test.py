# SPDX-License-Identifier: Apache-2.0
"""`sign-test`: the only command that asks for a PIN, on the terminal and once."""

import sys
from datetime import UTC, datetime

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.asking import ask, ask_unseen, tell
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import LOOKING, SHOWING
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.showing import show
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.probe import signing_jobs
from cardtool.probe.signing_jobs import Signed, Unsigned, Why
from cardtool.rules.codes import reason
from cardtool.rules.signing import (
    Candidate,
    candidates,
    deciding,
    is_spied_on,
    pin_state,
    with_flags,
)
from cardtool.views.data import json as data
from cardtool.views.people import terminal

_LIMIT_S = 30.0
"""Seconds for logging in and signing, by default; a slow card takes several."""


class _WarningRefusal(Refusal):
    exit_code = 1


class _CriticalRefusal(Refusal):
    exit_code = 2


_UNSIGNED = {
    Why.UNREACHED: "sign-unreached",
    Why.NO_MECHANISM: "sign-no-mechanism",
    Why.NO_KEY: "sign-no-key",
    Why.NOT_VERIFIED: "sign-not-verified",
}
"""Reasons that are not about the PIN -> their sentences; any other is `sign-refused`."""


@click.command("sign-test")
@click.option("--reader", metavar="TEXT", default="",
              help="Use the certificate in the reader whose name contains TEXT.")  # fmt: skip
@click.option("--last-try", is_flag=True,
              help="Go on where few tries of the PIN are left; asks once more.")  # fmt: skip
@settings(*SHOWING, *LOOKING, known=("terminal", "json"))
def sign_test(asked: Asked, reader: str, *, last_try: bool) -> int:
    """Have the card sign a random number; the only command that asks for a PIN.

    The PIN is asked for on the terminal and tried once. A wrong PIN costs one of three tries.
    """
    if not sys.stdin.isatty():
        raise Refusal(code="sign-no-terminal")
    snapshot = look(asked)
    usable = candidates(snapshot, datetime.now(UTC), asked_for=bool(asked.option("module")))
    if not usable:
        return show(asked, [judge(asked, snapshot)]) or UNKNOWN
    chosen = _choose(usable, reader, asked)
    if is_spied_on(chosen):
        raise Refusal(code="sign-spy", module=chosen.module.path)
    _agree(asked, snapshot, chosen, last_try=last_try)
    _sign(asked, snapshot, chosen)
    return 0


def _choose(usable: tuple[Candidate, ...], reader: str, asked: Asked) -> Candidate:
    """Return the certificate to sign with; if several fit, ask which."""
    fitting = tuple(candidate for candidate in usable if reader in candidate.place)
    if not fitting:
        places = ", ".join(dict.fromkeys(candidate.place for candidate in usable))
        raise Refusal(code="sign-reader", reader=reader, found=places)
    if len(fitting) == 1:
        return fitting[0]
    signers = [(candidate.place, candidate.certificate) for candidate in fitting]
    tell(terminal.choice(signers, asked.text, paper(asked)))
    typed = ask(asked.text.label("sign-number"))
    numbers = {str(number): candidate for number, candidate in enumerate(fitting, 1)}
    if typed not in numbers:
        raise Refusal(code="sign-number", count=len(fitting))
    return numbers[typed]


def _agree(asked: Asked, snapshot: Snapshot, chosen: Candidate, *, last_try: bool) -> None:
    """Say what will happen, and go on only if the PIN may be tried.

    Raises:
        Refusal: few tries are left, and the option or the confirmation is missing.
        click.exceptions.Exit: the PIN cannot be used at all; the diagnosis says why.
    """
    state = pin_state(chosen)
    if not state.usable or (state.risky and not last_try):
        status = _show_state(asked, snapshot, chosen)
        if state.usable:
            raise _WarningRefusal(code="sign-last-try")
        raise click.exceptions.Exit(status)
    tell(terminal.notice(chosen.place, chosen.certificate, asked.text, paper(asked)))
    if state.risky:
        word = asked.text.label("sign-confirm-word")
        tell(f"{asked.text.label('sign-last')}\n")
        if ask(f"{asked.text.label('sign-confirm')} ({word})") != word:
            raise Refusal(code="sign-not-confirmed")


def _sign(asked: Asked, snapshot: Snapshot, chosen: Candidate) -> None:
    """Ask for the PIN, have the card sign, and show what came of it."""
    signing_jobs.keep_out_of_core()
    limit_s = asked.option("timeout") or asked.config.timeout_s or _LIMIT_S
    pin = _ask_pin(asked)
    tell(f"{asked.text.label('sign-waiting')}\n")
    with signing_jobs.environment(chosen.module, snapshot) as environment:
        question = signing_jobs.Sign(
            path=chosen.module.path,
            environment=environment,
            slot_id=chosen.slot.id,
            flags=chosen.token.flags,
            sha256=chosen.stored.sha256,
        )
        answer = signing_jobs.sign(question, pin, timeout_s=limit_s)
    del pin
    match answer:
        case Failure():
            raise _lost(answer)
        case Unsigned(why=Why.LOGIN):
            raise _not_let_in(answer, asked, snapshot, chosen)
        case Unsigned():
            raise _unsigned(answer, chosen.certificate.key)
        case Signed():
            _show_signed(asked, chosen, answer.mechanism)


def _ask_pin(asked: Asked) -> bytes:
    pin = ask_unseen(asked.text.label("sign-pin"))
    if not pin:
        raise Refusal(code="sign-pin-empty")
    if len(pin) > signing_jobs.PIN_LIMIT_BYTES:
        raise Refusal(code="sign-pin-long", limit=signing_jobs.PIN_LIMIT_BYTES)
    return pin


def _show_signed(asked: Asked, chosen: Candidate, mechanism: str) -> None:
    signed = (chosen.place, chosen.certificate, mechanism)
    if asked.format.name == "json":
        write(asked, [data.signed(*signed)])
    else:
        write(asked, [terminal.signed(*signed, asked.text, paper(asked))])


def _lost(loss: Failure) -> Refusal:
    """Say that the worker gave no answer, so that it is not known whether the PIN was tried."""
    if loss.name == "WAITED":
        return Refusal(code="sign-waited")
    code = "sign-hung" if loss.name == "TIMEOUT" else "sign-crashed"
    return _CriticalRefusal(code=code, reason=loss.name)


def _not_let_in(answer: Unsigned, asked: Asked, snapshot: Snapshot, chosen: Candidate) -> Refusal:
    """Say that the login was refused, and show the state of the PIN now."""
    status = 0
    if answer.flags is not None:
        now, changed = with_flags(snapshot, chosen, answer.flags)
        if not pin_state(changed).is_well:  # not every token tells how many tries are left
            status = _show_state(asked, now, changed)
    if answer.reason is None or answer.reason.name != "CKR_PIN_INCORRECT":
        return _CriticalRefusal(code="sign-login-refused", reason=_symbol(answer))
    refusal = _CriticalRefusal if status == _CriticalRefusal.exit_code else _WarningRefusal
    return refusal(code="sign-pin-wrong", reason=_symbol(answer))


def _unsigned(answer: Unsigned, key: str) -> Refusal:
    if answer.why is Why.CHANGED:
        return Refusal(code="sign-changed")
    code = _UNSIGNED.get(answer.why, "sign-refused")
    return _CriticalRefusal(code=code, key=key, reason=_symbol(answer))


def _symbol(answer: Unsigned) -> str:
    """Return the module's error in a form that a person can look up."""
    return "-" if answer.reason is None else reason(answer.reason)


def _show_state(asked: Asked, snapshot: Snapshot, chosen: Candidate) -> int:
    """Show the diagnosis, decided by the state of the chosen token's PIN; return its status."""
    return show(asked, [deciding(judge(asked, snapshot), chosen)])
