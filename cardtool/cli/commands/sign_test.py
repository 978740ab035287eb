# SPDX-License-Identifier: Apache-2.0
"""`sign-test`: the only command that asks for a PIN, on the terminal and once."""

import sys
from datetime import UTC, datetime

import click

from cardtool.cli.asked import Asked
from cardtool.cli.asking import ask, ask_unseen, tell
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import LOOKING, SHOWING, options
from cardtool.cli.output import paper, write
from cardtool.cli.refusal import UNKNOWN, Refusal
from cardtool.cli.showing import show
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.probe import signing_jobs
from cardtool.probe.signing_jobs import Signed, Unsigned, Why
from cardtool.rules.desk import reason
from cardtool.rules.signing import (
    Candidate,
    candidates,
    deciding,
    is_spied_on,
    pin_state,
    with_flags,
)
from cardtool.views.people import signature
from cardtool.views.people.signature import Signer

_LIMIT_S = 30.0
"""Seconds for logging in and signing, by default; a slow card takes several."""

_CRITICAL = 2
"""Exit status of the severity critical."""


class _WarningRefusal(Refusal):
    """A refusal with the exit status of a warning."""

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
    asked = Asked(ctx, ("terminal", "json"))
    if not sys.stdin.isatty():
        raise Refusal(code="sign-no-terminal")
    snapshot = look(asked)
    found = candidates(snapshot, datetime.now(UTC), asked_for=bool(asked.option("module")))
    if not found:
        ctx.exit(show(asked, [judge(asked, snapshot)]) or UNKNOWN)
    chosen = _choose(found, reader, asked)
    if is_spied_on(chosen):
        raise Refusal(code="sign-spy", module=chosen.module.path)
    _agree(asked, snapshot, chosen, last_try=last_try)
    _sign(asked, snapshot, chosen)


def _choose(found: tuple[Candidate, ...], reader: str, asked: Asked) -> Candidate:
    """Return the certificate to sign with; if several fit, ask which.

    Raises:
        Refusal: there is none in a reader of that name, or no number of the list was typed.
    """
    fitting = tuple(candidate for candidate in found if reader in candidate.place)
    if not fitting:
        places = ", ".join(dict.fromkeys(candidate.place for candidate in found))
        raise Refusal(code="sign-reader", reader=reader, found=places)
    if len(fitting) == 1:
        return fitting[0]
    signers = [_signer(candidate, asked) for candidate in fitting]
    tell(signature.choice(signers, asked.text, paper(asked)))
    typed = ask(asked.text.label("sign-number"))
    numbers = {str(number): candidate for number, candidate in enumerate(fitting, 1)}
    if typed not in numbers:
        raise Refusal(code="sign-number", count=len(fitting))
    return numbers[typed]


def _signer(chosen: Candidate, asked: Asked) -> Signer:
    """Return what is shown about a candidate."""
    return Signer(
        reader=chosen.place,
        holder=chosen.certificate.holder,
        until=asked.text.moment(chosen.certificate.not_after_at),
        key=chosen.certificate.key,
    )


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
    tell(signature.notice(_signer(chosen, asked), asked.text, paper(asked)))
    if state.risky:
        word = asked.text.label("sign-confirm-word")
        tell(f"{asked.text.label('sign-last')}\n")
        if ask(f"{asked.text.label('sign-confirm')} ({word})") != word:
            raise Refusal(code="sign-not-confirmed")


def _sign(asked: Asked, snapshot: Snapshot, chosen: Candidate) -> None:
    """Ask for the PIN, have the card sign, and show what came of it.

    Raises:
        Refusal: the card did not sign.
    """
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
            _show_signed(asked, _signer(chosen, asked), answer.mechanism)


def _ask_pin(asked: Asked) -> bytes:
    """Read the PIN from the terminal without showing it.

    Raises:
        Refusal: what was typed cannot be a PIN, or the terminal could not hide it.
        click.Abort: the person left.
    """
    pin = ask_unseen(asked.text.label("sign-pin"))
    if not pin:
        raise Refusal(code="sign-pin-empty")
    if len(pin) > signing_jobs.PIN_LIMIT_BYTES:
        raise Refusal(code="sign-pin-long", limit=signing_jobs.PIN_LIMIT_BYTES)
    return pin


def _show_signed(asked: Asked, signer: Signer, mechanism: str) -> None:
    if asked.format.name == "json":
        write(asked, [signature.signed_json(signer, mechanism)])
    else:
        write(asked, [signature.signed(signer, mechanism, asked.text, paper(asked))])


def _lost(loss: Failure) -> Refusal:
    """Say that the worker gave no answer: whether the PIN was tried is not known."""
    if loss.name == "WAITED":
        return Refusal(code="sign-waited")
    if loss.name == "TIMEOUT":
        return _CriticalRefusal(code="sign-hung", reason=loss.name)
    return _CriticalRefusal(code="sign-crashed", reason=loss.name)


def _not_let_in(answer: Unsigned, asked: Asked, snapshot: Snapshot, chosen: Candidate) -> Refusal:
    """Say that the login was refused, and show how the PIN stands now."""
    status = 0
    if answer.flags is not None:
        now, changed = with_flags(snapshot, chosen, answer.flags)
        if not pin_state(changed).is_well:  # not every token tells how many tries are left
            status = _show_state(asked, now, changed)
    reason = _symbol(answer)
    if answer.reason is None or answer.reason.name != "CKR_PIN_INCORRECT":
        return _CriticalRefusal(code="sign-login-refused", reason=reason)
    if status == _CRITICAL:
        return _CriticalRefusal(code="sign-pin-wrong", reason=reason)
    return _WarningRefusal(code="sign-pin-wrong", reason=reason)


def _unsigned(answer: Unsigned, key: str) -> Refusal:
    """Return the refusal for a reason that is not about the PIN."""
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


def _symbol(answer: Unsigned) -> str:
    """Return the module's error in a form that a person can look up."""
    return "-" if answer.reason is None else reason(answer.reason)


def _show_state(asked: Asked, snapshot: Snapshot, chosen: Candidate) -> int:
    """Show the diagnosis, decided by the state of the chosen token's PIN; return its status."""
    return show(asked, [deciding(judge(asked, snapshot), chosen)])
