# SPDX-License-Identifier: Apache-2.0
"""Reads files of certificates: DER, PEM, and the bundles of PKCS#7."""

import base64
import binascii
import hashlib
import re
from contextlib import suppress

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import CertificateObject, Slot, Token
from cardtool.probe import certificate, der
from cardtool.probe.der import DerError
from cardtool.probe.pasted.parts import Parts, module

MOST = 64
"""Certificates of a file that are read; a bundle has a handful."""

_BEGIN = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?(?:CERTIFICATE|PKCS7|CMS)-----")
_END = b"-----END "

_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
"""The object identifier that a bundle begins with. Source: RFC 5652 §5.1."""

_CERTIFICATES = 0xA0

_TOOL = "certificate file"
"""Shown instead of the file's name, which may name a person that no certificate names."""


class TooManyError(Exception):
    """A file holds more than `MOST` certificates."""


def read(body: bytes) -> Parts | None:
    """Return the certificates of a file; None: there is none in it that can be read.

    Raises:
        TooManyError: there are more than `MOST`.
    """
    ders = dict.fromkeys(_unwrapped(body))
    stored = tuple(
        CertificateObject(
            content=content,
            sha256=hashlib.sha256(one).hexdigest().upper(),
            der=one.hex().upper(),
        )
        for one in ders
        if isinstance(content := certificate.parse(one), Certificate)
    )
    is_cut = len(_BEGIN.findall(body)) > MOST  # repeated ones may stand before others
    if len(stored) > MOST or (stored and is_cut):
        raise TooManyError
    if not stored:
        return None
    slot = Slot(id=0, description=_TOOL, token=Token(label="", certificates=stored))
    return Parts(tool=_TOOL, seen=("certificate",), modules=(module(_TOOL, slot),))


def _unwrapped(body: bytes) -> list[bytes]:
    """Return the DER of each certificate, in the order of the file."""
    found: list[bytes] = []
    if body[:1] == b"\x30":
        return _of_der(body)
    for begin in list(_BEGIN.finditer(body))[: MOST + 1]:
        end = body.find(_END, begin.end())
        with suppress(binascii.Error, ValueError):
            found += _of_der(base64.b64decode(b"".join(body[begin.end() : end].split())))
    return found


def _of_der(data: bytes) -> list[bytes]:
    if _SIGNED_DATA in data[:32]:
        try:
            return _bundle(data)
        except (DerError, ValueError):
            return []
    return [certificate.trim(data)]


def _bundle(data: bytes) -> list[bytes]:
    """Return the certificates of a bundle, which is a signature without content.

    Raises:
        DerError: it is none.
    """
    outer, _ = der.element(data, whole=False)
    _, wrapped = list(der.elements(outer.content))[:2]
    inner, _ = der.element(wrapped.content, whole=False)
    for field in der.elements(inner.content):
        if field.tag == _CERTIFICATES:
            return _each(field.content)
    return []


def _each(content: bytes) -> list[bytes]:
    """Return the elements of a set with their tags and lengths."""
    found: list[bytes] = []
    place = 0
    while place < len(content) and len(found) <= MOST:
        _, end = der.extent(content, place)
        found.append(content[place:end])
        place = end
    return found
