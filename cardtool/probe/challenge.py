# SPDX-License-Identifier: Apache-2.0
"""The random number that a card is to sign, and whether it did. Runs in a worker.

Knows keys and signatures, and nothing of tokens.
"""

import hashlib
import os
from collections.abc import Collection

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import KeyType, Mechanism

_DIGEST_INFO_SHA256 = bytes.fromhex("3031300D060960864801650304020105000420")
"""What CKM_RSA_PKCS wants before a SHA-256 digest. Source: RFC 8017 §9.2, note 1."""

_CHALLENGE_BYTES = 32
_REFUSALS = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion)
"""How cryptography refuses a certificate or its key."""

_P384_BITS = 384


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
        self._public = public
        self._number = os.urandom(_CHALLENGE_BYTES)
        self.key_type = KeyType.RSA if isinstance(public, rsa.RSAPublicKey) else KeyType.EC

    def choices(self, offered: Collection[object]) -> tuple[tuple[Mechanism, bytes], ...]:
        """Return how a token that offers these mechanisms can sign it, best first.

        Each is a mechanism and the bytes to give to it. Source: PKCS#11 v2.40 §2.1.6, §2.3.6.
        """
        sha256 = hashlib.sha256(self._number).digest()
        if isinstance(self._public, rsa.RSAPublicKey):
            known = (
                (Mechanism.SHA256_RSA_PKCS, self._number),
                (Mechanism.RSA_PKCS, _DIGEST_INFO_SHA256 + sha256),
            )
        elif self._public.key_size >= _P384_BITS:
            digest = hashlib.sha384(self._number).digest()
            known = ((Mechanism.ECDSA, digest), (Mechanism.ECDSA_SHA384, self._number))
        else:
            known = ((Mechanism.ECDSA, sha256), (Mechanism.ECDSA_SHA256, self._number))
        return tuple(choice for choice in known if choice[0] in offered)

    def is_signed(self, signature: bytes) -> bool:
        """Tell whether the certificate's key made this signature of it."""
        try:
            if isinstance(self._public, rsa.RSAPublicKey):
                self._public.verify(signature, self._number, padding.PKCS1v15(), hashes.SHA256())
            else:
                is_long = self._public.key_size >= _P384_BITS
                algorithm = ec.ECDSA(hashes.SHA384() if is_long else hashes.SHA256())
                self._public.verify(_as_der(signature), self._number, algorithm)
        except InvalidSignature:
            return False
        return True

    def has_modulus(self, modulus: bytes | None) -> bool | None:
        """Tell whether a private key's CKA_MODULUS is the certificate's; None: that tells nothing.

        Private EC keys have no public value. Source: PKCS#11 v2.40 §2.3.4.
        """
        if not modulus or not isinstance(self._public, rsa.RSAPublicKey):
            return None
        return int.from_bytes(modulus) == self._public.public_numbers().n


def _as_der(signature: bytes) -> bytes:
    """Turn r and s side by side into DER. Source: PKCS#11 v2.40 §2.3.1; RFC 3279 §2.2.3."""
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
