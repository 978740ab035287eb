# SPDX-License-Identifier: Apache-2.0
"""The job sign: the only code that logs in to a token. Runs in a worker of its own.

C_Login as the user is called in one place, once a process. The PIN is in local variables only.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import BinaryIO

import msgspec
import pkcs11
from pkcs11 import Attribute, ObjectClass
from pkcs11.exceptions import PKCS11Error

from cardtool.model.snapshot import CertificateObject, Failure, Token
from cardtool.probe import jobs
from cardtool.probe import pkcs11 as opening
from cardtool.probe.certificate import trim
from cardtool.probe.challenge import Challenge
from cardtool.probe.cryptoki import name_error
from cardtool.probe.pkcs11_facts import Handle, flag_names, read_token
from cardtool.probe.signing_jobs import Sign, Signed, Unsigned, Why

_PIN_FLAGS = ("CKF_USER_PIN_", "CKF_SO_PIN_")


def answer(lines: BinaryIO, question: bytes) -> bytes:
    """Answer the question, with the PIN from the next line.

    The PIN is read before anything can fail: an unread PIN would be taken for a question.
    """
    pin = lines.readline()
    asked = msgspec.json.decode(question, type=Sign)
    try:
        return jobs.encode(_sign(asked, pin))
    except (
        PKCS11Error
    ) as error:  # errors before the login; those after it are handled where they occur
        return jobs.encode(Unsigned(why=Why.UNREACHED, reason=name_error(error)))


def _sign(asked: Sign, pin: bytes) -> Signed | Unsigned | Failure:
    if not pin.endswith(b"\n"):  # the parent has gone, and a part of a PIN would be a wrong PIN
        return Failure(api="worker", name="NONSENSE", detail="no whole PIN came")
    opened = _open(asked)
    if isinstance(opened, Unsigned):
        return opened
    slot, der, identifier = opened
    try:
        challenge = Challenge(der)
        choices = challenge.choices(slot.get_mechanisms())
    except ValueError:
        choices = ()
    if not choices:
        return Unsigned(why=Why.NO_MECHANISM)
    return _watch(
        slot, asked, der, partial(_try, pin[:-1].decode(), identifier, challenge, choices[0])
    )


def _watch(
    slot: Handle, asked: Sign, der: bytes, attempt: Callable[[Handle, Handle], Signed | Unsigned]
) -> Signed | Unsigned:
    """Check the card again, and make the attempt during a session that ends with the card."""
    token = slot.get_token()
    witness = token.open()
    try:
        if not _is_agreed(token, witness, asked, der):
            return Unsigned(why=Why.CHANGED)
        return attempt(token, witness)
    finally:
        with suppress(PKCS11Error):
            witness.close()


def _is_agreed(token: Handle, witness: Handle, asked: Sign, der: bytes) -> bool:
    """Tell, just before the login, whether the PIN and the certificate are still as agreed to."""
    if _pin_state(flag_names(int(token.flags))) != _pin_state(asked.flags):
        return False
    certificates = list(witness.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    return any(
        trim(_attribute(certificate, Attribute.VALUE) or b"") == der for certificate in certificates
    )


def _try(  # noqa: PLR0913, PLR0917 - each is needed once the PIN is out
    pin: str,
    identifier: str,
    challenge: Challenge,
    choice: tuple[pkcs11.Mechanism, bytes],
    token: Handle,
    witness: Handle,
) -> Signed | Unsigned:
    """Log in once, and sign if the card is still the same as before the login."""
    try:
        session = token.open(user_pin=pin)  # C_OpenSession and C_Login, never again
    except PKCS11Error as error:
        return Unsigned(why=Why.LOGIN, reason=name_error(error), flags=_flags_now(token.slot))
    try:
        try:
            list(witness.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
        except PKCS11Error as error:  # another card took the PIN, or this one was put back
            return Unsigned(why=Why.NOT_SIGNED, reason=name_error(error))
        return _prove(session, identifier, challenge, choice, pin)
    finally:
        with suppress(PKCS11Error):  # it dies with a card that was pulled
            session.close()  # C_Logout and C_CloseSession


def _open(asked: Sign) -> tuple[Handle, bytes, str] | Unsigned:
    """Return the slot, the certificate and its CKA_ID, if nothing has changed since the consent."""
    question = jobs.OpenModule(path=asked.path, environment=asked.environment)
    opened = jobs.OPENED.decode(opening.answer(jobs.encode(question)))
    if isinstance(opened, Failure):
        return Unsigned(why=Why.UNREACHED, reason=opened)
    if asked.slot_id not in {slot.id for slot in opened.slots}:
        return Unsigned(why=Why.CHANGED)
    token = read_token(asked.slot_id).token
    if isinstance(token, Failure):
        return Unsigned(why=Why.UNREACHED, reason=token)
    if token is None or _pin_state(token.flags) != _pin_state(asked.flags):
        return Unsigned(why=Why.CHANGED)
    stored = _certificate(token, asked.sha256)
    if stored is None or stored.der is None:
        return Unsigned(why=Why.CHANGED)
    slots = pkcs11.lib(asked.path).get_slots()  # of the module that is already loaded
    slot = next(slot for slot in slots if slot.slot_id == asked.slot_id)
    return slot, bytes.fromhex(stored.der), stored.id


def _certificate(token: Token, sha256: str) -> CertificateObject | None:
    certificates = () if isinstance(token.certificates, Failure) else token.certificates
    return next((certificate for certificate in certificates if certificate.sha256 == sha256), None)


def _pin_state(flags: tuple[str, ...]) -> set[str]:
    return {flag for flag in flags if flag.startswith(_PIN_FLAGS)}


def _prove(
    session: Handle,
    identifier: str,
    challenge: Challenge,
    choice: tuple[pkcs11.Mechanism, bytes],
    pin: str,
) -> Signed | Unsigned:
    """Sign with each key that may be the certificate's until one's signature verifies."""
    mechanism, data = choice
    refusal: Failure | None = None
    signatures = 0
    try:
        keys = _keys(session, identifier, challenge)
        for key in keys:
            # A key that wants the PIN for each signature gets the one that was just accepted.
            again = {"pin": pin} if _attribute(key, Attribute.ALWAYS_AUTHENTICATE) else {}
            try:
                signature = key.sign(data, mechanism=mechanism, **again)
            except PKCS11Error as error:
                refusal = name_error(error)
                if again:
                    break  # it may have been the PIN
                continue
            signatures += 1
            if challenge.is_signed(signature):
                return Signed(mechanism=f"CKM_{mechanism.name}")
    except PKCS11Error as error:
        return Unsigned(why=Why.NOT_SIGNED, reason=name_error(error))
    if not keys:
        return Unsigned(why=Why.NO_KEY)
    return Unsigned(why=Why.NOT_VERIFIED if signatures else Why.NOT_SIGNED, reason=refusal)


def _keys(session: Handle, identifier: str, challenge: Challenge) -> list[Handle]:
    """Return the private keys that may be the certificate's.

    Two keys can share a CKA_ID, and a key can lack it; then its modulus must be the certificate's.
    """
    same, others = [], []
    for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
        is_its = challenge.has_modulus(_attribute(key, Attribute.MODULUS))
        if not hasattr(key, "sign") or is_its is False:
            continue
        if _attribute(key, Attribute.KEY_TYPE) not in (None, challenge.key_type):
            continue
        if (_attribute(key, Attribute.ID) or b"").hex().upper() == identifier:
            same.append(key)
        elif is_its:
            others.append(key)
    return same or others


def _attribute(key: Handle, attribute: Attribute) -> Handle:
    try:
        return key[attribute]
    except PKCS11Error:  # an attribute the token does not have
        return None


def _flags_now(slot: Handle) -> tuple[str, ...] | None:
    try:
        return flag_names(int(slot.get_token().flags))
    except PKCS11Error:
        return None
