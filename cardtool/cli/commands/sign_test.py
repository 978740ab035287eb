# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""`sign-test`: the only command that asks for a PIN, on the terminal and once."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cardtool.cli.options import LOOKING, SHOWING, options, value
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.session import Session

if TYPE_CHECKING:
    from cardtool.cli.signers import Candidate
    from cardtool.model.snapshot import Failure, Snapshot
    from cardtool.probe.signing_jobs import Unsigned
    from cardtool.views.people.signature import Signer

_LIMIT_S = 30.0
"""For logging in and signing, where nobody said otherwise: a slow card takes several seconds."""

_CRITICAL = 2
"""Exit status of this severity."""


class _WarningRefusal(Refusal):
    """A refusal that is as bad as a warning."""

    exit_code = 1


class _CriticalRefusal(Refusal):
    """A refusal that says why the card does not sign."""

    exit_code = _CRITICAL


@click.command("sign-test")
@click.option("--reader", metavar="TEXT", default="",
              help="Use the certificate in the reader whose name contains TEXT.")  # fmt: skip
@click.option("--last-try", is_flag=True,
              help="Go on where few tries of the PIN are left; asks once more.")  # fmt: skip
@options(*SHOWING, *LOOKING)
@click.pass_context
def sign_test(ctx: click.Context, reader: str, *, last_try: bool) -> None:
    """Have the card sign a random number; the only command that asks for a PIN.

    The PIN is asked for on the terminal and tried once. A wrong PIN costs one of three tries.
    """
    from cardtool.cli.signers import candidates, choose, is_spied_on

    session = Session(ctx, ("terminal", "json"))
    if not sys.stdin.isatty():
        raise Refusal(code="sign-no-terminal")
    snapshot = session.look()
    found = candidates(snapshot, datetime.now(UTC), asked_for=bool(value(ctx, "module")))
    if not found:
        diagnosis = session.judge(snapshot)
        session.show([diagnosis])
        ctx.exit(session.worst or UNKNOWN)
    chosen = choose(found, reader, session)
    if is_spied_on(chosen):
        raise Refusal(code="sign-spy", module=chosen.module.path)
    _agree(session, snapshot, chosen, last_try=last_try)
    _sign(session, snapshot, chosen)


def _agree(session: Session, snapshot: "Snapshot", chosen: "Candidate", *, last_try: bool) -> None:
    """Go on only where the PIN may be tried, and say what will happen.

    Raises:
        Refusal: few tries are left, and it was not said twice that one may be used.
        click.exceptions.Exit: the PIN cannot be used at all; the diagnosis says why.
    """
    from cardtool.cli import signers
    from cardtool.views.people import signature

    state = signers.pin_state(chosen)
    if not state.usable or (state.risky and not last_try):
        status = _show_state(session, snapshot, chosen)
        if state.usable:
            raise _WarningRefusal(code="sign-last-try")
        raise click.exceptions.Exit(status)
    shown = signature.notice(signers.shown(chosen, session), session.text, session.paper())
    signers.tell(shown)
    if state.risky:
        word = session.text.label("sign-confirm-word")
        signers.tell(f"{session.text.label('sign-last')}\n")
        asked = f"{session.text.label('sign-confirm')} ({word})"
        if signers.ask(asked) != word:
            raise Refusal(code="sign-not-confirmed")


def _sign(session: Session, snapshot: "Snapshot", chosen: "Candidate") -> None:
    """Ask for the PIN, have the card sign, and show what came of it.

    Raises:
        Refusal: the card did not sign.
    """
    from cardtool.cli import signers
    from cardtool.model.snapshot import Failure
    from cardtool.probe import signing_jobs

    signing_jobs.keep_out_of_core()
    limit_s = value(click.get_current_context(), "timeout") or session.config.timeout_s or _LIMIT_S
    pin = signers.ask_pin(session.text.label("sign-pin"), signing_jobs.PIN_LIMIT_BYTES)
    signers.tell(f"{session.text.label('sign-waiting')}\n")
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
        case signing_jobs.Unsigned(why=signing_jobs.Why.LOGIN):
            raise _not_let_in(answer, session, snapshot, chosen)
        case signing_jobs.Unsigned():
            raise _unsigned(answer, chosen.certificate.key)
        case signing_jobs.Signed():
            _show_signed(session, signers.shown(chosen, session), answer.mechanism)


def _show_signed(session: Session, signer: "Signer", mechanism: str) -> None:
    from cardtool.views.people import signature

    if session.format == "json":
        session.write([signature.signed_json(signer, mechanism)])
    else:
        session.write([signature.signed(signer, mechanism, session.text, session.paper())])


def _lost(loss: "Failure") -> Refusal:
    """Say that the worker gave no answer: whether the PIN was tried is not known."""
    if loss.name == "WAITED":
        return Refusal(code="sign-waited")
    if loss.name == "TIMEOUT":
        return _CriticalRefusal(code="sign-hung", reason=loss.name)
    return _CriticalRefusal(code="sign-crashed", reason=loss.name)


def _not_let_in(
    answer: "Unsigned", session: Session, snapshot: "Snapshot", chosen: "Candidate"
) -> Refusal:
    """Say that the login was refused, and show how the PIN stands now."""
    from cardtool.cli.signers import pin_state, with_flags

    status = 0
    if answer.flags is not None:
        now, changed = with_flags(snapshot, chosen, answer.flags)
        if not pin_state(changed).is_well:  # a token need not tell how many tries are left
            status = _show_state(session, now, changed)
    reason = _symbol(answer)
    if answer.reason is None or answer.reason.name != "CKR_PIN_INCORRECT":
        return _CriticalRefusal(code="sign-login-refused", reason=reason)
    if status == _CRITICAL:
        return _CriticalRefusal(code="sign-pin-wrong", reason=reason)
    return _WarningRefusal(code="sign-pin-wrong", reason=reason)


def _unsigned(answer: "Unsigned", key: str) -> Refusal:
    """Say why the card did not sign, of those reasons that are not about the PIN."""
    from cardtool.probe.signing_jobs import Why

    match answer.why:
        case Why.UNREACHED:
            return _CriticalRefusal(code="sign-unreached", reason=_symbol(answer))
        case Why.CHANGED:
            return Refusal(code="sign-changed")
        case Why.NO_MECHANISM:
            return _CriticalRefusal(code="sign-no-mechanism", key=key)
        case Why.NO_KEY:
            return _CriticalRefusal(code="sign-no-key")
        case Why.NOT_VERIFIED:
            return _CriticalRefusal(code="sign-not-verified")
        case _:
            return _CriticalRefusal(code="sign-refused", reason=_symbol(answer))


def _symbol(answer: "Unsigned") -> str:
    """Give what the module said as a person would look it up."""
    from cardtool.rules.desk import reason

    return "-" if answer.reason is None else reason(answer.reason)


def _show_state(session: Session, snapshot: "Snapshot", chosen: "Candidate") -> int:
    """Show the diagnosis, decided by the state of the chosen token's PIN; return its status."""
    from cardtool.cli.signers import deciding

    diagnosis = deciding(session.judge(snapshot), chosen)
    session.show([diagnosis])
    return diagnosis.severity.exit_status
