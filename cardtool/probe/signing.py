# SPDX-License-Identifier: Apache-2.0
"""The job sign: the only code that logs in to a token. Runs in its own worker.

C_Login as the user is called in one place, once a process. The PIN is in local variables only.
"""

import hashlib
import os
from collections.abc import Collection
from contextlib import suppress
from typing import BinaryIO

import msgspec
import pkcs11
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error

from cardtool.model.snapshot import Failure
from cardtool.probe import jobs
from cardtool.probe import pkcs11 as opening
from cardtool.probe.certificate import trim
from cardtool.probe.cryptoki import Handle, attribute, flag_names, name_error, read_token
from cardtool.probe.signing_jobs import Sign, Signed, Unsigned, Why

_PIN_FLAGS = ("CKF_USER_PIN_", "CKF_SO_PIN_")

_DIGEST_INFO_SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")
"""What CKM_RSA_PKCS wants before a SHA-256 digest. Source: RFC 8017 §9.2, note 1."""

_REFUSALS = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion)
"""How cryptography refuses a certificate or its key."""

_LONG_KEY_BITS = 384


class Challenge:
    """A random number for the key of one certificate."""

    def __init__(self, der: bytes) -> None:
        """Make it for a certificate.

        Raises:
            ValueError: it cannot be read whole, or its key is neither RSA nor EC.
        """
        try:
            public = x509.load_der_x509_certificate(der).public_key()
        except _REFUSALS as error:
            raise ValueError(str(error)) from error
        if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            text = f"{type(public).__name__} is neither RSA nor EC"
            raise ValueError(text)  # noqa: TRY004 - it is the card's, no caller's
        is_rsa = isinstance(public, rsa.RSAPublicKey)
        is_long = not is_rsa and public.key_size >= _LONG_KEY_BITS
        self._public = public
        self._number = os.urandom(32)
        self._hash = hashes.SHA384() if is_long else hashes.SHA256()
        self.key_type = KeyType.RSA if is_rsa else KeyType.EC

    def choices(self, offered: Collection[object]) -> tuple[tuple[Mechanism, bytes], ...]:
        """Return how a token that offers these mechanisms can sign it, best first.

        Each is a mechanism and the bytes to give to it. Source: PKCS#11 v2.40 §2.1.6, §2.3.6.
        """
        digest = hashlib.new(self._hash.name, self._number).digest()
        if self.key_type is KeyType.RSA:
            known = (
                (Mechanism.SHA256_RSA_PKCS, self._number),
                (Mechanism.RSA_PKCS, _DIGEST_INFO_SHA256 + digest),
            )
        else:
            with_hash = Mechanism[f"ECDSA_{self._hash.name.upper()}"]
            known = ((Mechanism.ECDSA, digest), (with_hash, self._number))
        return tuple(choice for choice in known if choice[0] in offered)

    def is_signed(self, signature: bytes) -> bool:
        """Tell whether this is the certificate's signature of the random number."""
        try:
            if isinstance(self._public, rsa.RSAPublicKey):
                self._public.verify(signature, self._number, padding.PKCS1v15(), self._hash)
            else:  # r and s side by side; source: PKCS#11 v2.40 §2.3.1, RFC 3279 §2.2.3
                half = len(signature) // 2
                parts = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
                self._public.verify(
                    encode_dss_signature(*parts), self._number, ec.ECDSA(self._hash)
                )
        except InvalidSignature:
            return False
        return True

    def has_modulus(self, modulus: bytes | None) -> bool | None:
        """Tell whether a private key has the certificate's modulus; None: it is not known.

        Private EC keys have no public value. Source: PKCS#11 v2.40 §2.3.4.
        """
        if not modulus or not isinstance(self._public, rsa.RSAPublicKey):
            return None
        return int.from_bytes(modulus) == self._public.public_numbers().n


def answer(lines: BinaryIO, question: bytes) -> bytes:
    """Answer the question, with the PIN from the next line.

    The PIN is read before anything can fail, because an unread PIN would be taken for the next
    question.
    """
    pin = lines.readline()
    asked = msgspec.json.decode(question, type=Sign)
    try:
        return jobs.encode(_sign(asked, pin))
    except PKCS11Error as error:  # before the login; what goes wrong later has other answers
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
    token = slot.get_token()
    witness = token.open()  # a session that ends with the card
    try:
        if not _is_agreed(token, witness, asked, der):
            return Unsigned(why=Why.CHANGED)
        return _try(pin[:-1].decode(), identifier, challenge, choices[0], token, witness)
    finally:
        with suppress(PKCS11Error):
            witness.close()


def _is_agreed(token: Handle, witness: Handle, asked: Sign, der: bytes) -> bool:
    """Tell, just before the login, whether PIN state and certificate are still as agreed."""
    if _pin_state(flag_names(int(token.flags))) != _pin_state(asked.flags):
        return False
    stored = list(witness.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    return der in [trim(attribute(one, Attribute.VALUE) or b"") for one in stored]


def _try(  # noqa: PLR0913, PLR0917 - each is needed once the PIN is out
    pin: str,
    identifier: str,
    challenge: Challenge,
    choice: tuple[Mechanism, bytes],
    token: Handle,
    witness: Handle,
) -> Signed | Unsigned:
    """Log in once, and sign if the card is still the same as before the login."""
    try:
        session = token.open(user_pin=pin)  # C_OpenSession and C_Login, never again
    except PKCS11Error as error:
        flags = None
        with suppress(PKCS11Error):
            flags = flag_names(int(token.slot.get_token().flags))
        return Unsigned(why=Why.LOGIN, reason=name_error(error), flags=flags)
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
    token = read_token(asked.slot_id)
    if isinstance(token, Failure):
        return Unsigned(why=Why.UNREACHED, reason=token)
    if token is None or _pin_state(token.flags) != _pin_state(asked.flags):
        return Unsigned(why=Why.CHANGED)
    stored = () if isinstance(token.certificates, Failure) else token.certificates
    matching = [one for one in stored if one.sha256 == asked.sha256 and one.der is not None]
    if not matching:
        return Unsigned(why=Why.CHANGED)
    slots = pkcs11.lib(asked.path).get_slots()  # of the module that is already loaded
    slot = next(slot for slot in slots if slot.slot_id == asked.slot_id)
    return slot, bytes.fromhex(matching[0].der or ""), matching[0].id


def _pin_state(flags: tuple[str, ...]) -> set[str]:
    return {flag for flag in flags if flag.startswith(_PIN_FLAGS)}


def _prove(
    session: Handle,
    identifier: str,
    challenge: Challenge,
    choice: tuple[Mechanism, bytes],
    pin: str,
) -> Signed | Unsigned:
    """Sign with each key that may be the certificate's, until a signature verifies."""
    mechanism, data = choice
    refusal: Failure | None = None
    signatures = 0
    try:
        keys = _keys(session, identifier, challenge)
        for key in keys:
            # A key that wants the PIN for each signature gets the one that was just accepted.
            again = {"pin": pin} if attribute(key, Attribute.ALWAYS_AUTHENTICATE) else {}
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
        is_its = challenge.has_modulus(attribute(key, Attribute.MODULUS))
        if not hasattr(key, "sign") or is_its is False:
            continue
        if attribute(key, Attribute.KEY_TYPE) not in (None, challenge.key_type):
            continue
        if (attribute(key, Attribute.ID) or b"").hex().upper() == identifier:
            same.append(key)
        elif is_its:
            others.append(key)
    return same or others
