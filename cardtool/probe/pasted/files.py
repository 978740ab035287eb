# SPDX-License-Identifier: Apache-2.0
"""Reads files of certificates: DER, PEM, and the bundles of PKCS#7."""

import base64
import binascii
import codecs
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

_OTHERS = (
    ("key", re.compile(rb"-----BEGIN (?:\w+ )*PRIVATE KEY-----")),
    ("public-key", re.compile(rb"-----BEGIN (?:\w+ )?PUBLIC KEY-----|\Assh-\w+ AAAA")),
    ("request", re.compile(rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----")),
    ("crl", re.compile(rb"-----BEGIN X509 CRL-----")),
    ("document", re.compile(rb"\A(?:%PDF-|PK\x03\x04|\xd0\xcf\x11\xe0)")),
)
"""Kinds of files that are given for a certificate. Source: RFC 7468, and how the formats begin."""

_DATA = bytes.fromhex("06092A864886F70D010701")
"""The object identifier near the beginning of a PKCS#12 file. Source: RFC 7292 §4."""

_BEGIN = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?(?:CERTIFICATE|PKCS7|CMS)-----")
_END = b"-----END "
_BARE = re.compile(rb"\s*MII[0-9A-Za-z+/=\s]+")
"""A certificate as PEM without its first and last line, as web pages and XML hold it."""
_MOST_BARE = 64 * 1024

_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
"""The object identifier that a bundle begins with. Source: RFC 5652 §5.1."""

_CERTIFICATES, _INTEGER = 0xA0, 0x02
_NEAR = 40
"""Bytes after which a PKCS#12 file has said what is in it."""

_TOOL = "certificate file"
"""Shown instead of the file's name, which may name a person that no certificate names."""


class TooManyError(Exception):
    """A file holds more than `MOST` certificates."""


def kind(body: bytes) -> str:
    """Tell what a file is that is no certificate (`file-KIND` of `[label]`); empty: unknown."""
    for name, begins in _OTHERS:
        if begins.search(body[:_MOST_BARE]):
            return name
    with suppress(DerError, ValueError, StopIteration):
        outer, _ = der.element(body, whole=False)
        first, second = list(der.elements(outer.content))[:2]
        if first.tag == _INTEGER:  # a version: that of a PKCS#12 file or of a key
            return "pfx" if _DATA in second.content[:_NEAR] else "key"
        inner = next(iter(der.elements(first.content)))
        if inner.tag == _INTEGER:
            return "request" if inner.content == b"\0" else "crl"
    return ""


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
    is_cut = len(_BEGIN.findall(_as_bytes(body))) > MOST  # repeated ones may stand before others
    if len(stored) > MOST or (stored and is_cut):
        raise TooManyError
    if not stored:
        return None
    slot = Slot(id=0, description=_TOOL, token=Token(label="", certificates=stored))
    return Parts(tool=_TOOL, seen=("certificate",), modules=(module(_TOOL, slot),))


def _unwrapped(body: bytes) -> list[bytes]:
    """Return the DER of each certificate, in the order of the file."""
    found: list[bytes] = []
    body = _as_bytes(body)
    if body[:1] == b"\x30":
        return _of_der(body)
    if len(body) <= _MOST_BARE and _BARE.fullmatch(body):
        with suppress(binascii.Error, ValueError):
            return _of_der(base64.b64decode(b"".join(body.split())))
    for begin in list(_BEGIN.finditer(body))[: MOST + 1]:
        end = body.find(_END, begin.end())
        with suppress(binascii.Error, ValueError):
            found += _of_der(base64.b64decode(b"".join(body[begin.end() : end].split())))
    return found


def _as_bytes(body: bytes) -> bytes:
    """Return the text of a file that PowerShell or an editor wrote as UTF-16 in single bytes."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode("ascii", "replace")
    return body


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
