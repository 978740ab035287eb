# SPDX-License-Identifier: Apache-2.0
"""Reads files of certificates: DER, PEM, and the bundles of PKCS#7."""

import base64
import binascii
import codecs
import hashlib
import re
from contextlib import suppress

from cardtool.model.certificate import Certificate
from cardtool.model.encodings import utf16
from cardtool.model.snapshot import CertificateObject, Slot, Token
from cardtool.probe import certificate, der
from cardtool.probe.der import DerError
from cardtool.probe.pasted.parts import Parts, module

MOST = 64
"""Certificates of a file that are read; a bundle has a handful."""

_OTHERS = (
    ("key", re.compile(rb"-----BEGIN (?:\w+ )*PRIVATE KEY-----")),
    ("public-key", re.compile(rb"-----BEGIN (?:\w+ )?PUBLIC KEY-----|\Assh-\w+ AAAA")),
    ("pfx", re.compile(rb"-----BEGIN PKCS ?#?12-----")),
    ("request", re.compile(rb"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----")),
    ("crl", re.compile(rb"-----BEGIN X509 CRL-----")),
    (
        "document",
        re.compile(rb"\A(?:%PDF-|PK\x03\x04|\xd0\xcf\x11\xe0|Rar!|7z\xbc\xaf|\x1f\x8b\x08)"),
    ),
    (
        "picture",
        re.compile(rb"\A(?:\xff\xd8\xff|\x89PNG|GIF8|BM.{4}\0\0\0\0|.{4}ftyphei)", re.DOTALL),
    ),
    ("shortcut", re.compile(rb"\AL\0\0\0\x01\x14\x02\0")),
    ("pgp", re.compile(rb"-----BEGIN PGP ")),
    ("keystore", re.compile(rb"\A(?:\xfe\xed\xfe\xed|\xce\xce\xce\xce)")),
    ("page", re.compile(rb"\A\s*<(?:!doctype html|html)\b", re.IGNORECASE)),
    ("mail", re.compile(rb"^(?:MIME-Version|Content-Type): ", re.IGNORECASE | re.MULTILINE)),
    ("printed", re.compile(rb"^\s{0,8}Certificate:\s{1,9}Data:\s", re.MULTILINE)),
    ("people", re.compile(rb"\A(?=.{0,300}?[;,\t]).{0,200}?(?:TCKN|Kimlik No)", re.IGNORECASE)),
)
"""Kinds of files that are given for a certificate. Source: RFC 7468, and how the formats begin."""

_DATA = bytes.fromhex("06092A864886F70D010701")
"""The object identifier near the beginning of a PKCS#12 file. Source: RFC 7292 §4."""

_BEGIN = re.compile(
    rb"-----BEGIN (?:X509 |TRUSTED )?(?:CERTIFICATE|PKCS ?#?7(?: SIGNED DATA)?|CMS)-----"
)
_END = b"-----END "
_BARE = re.compile(rb"\s*MII[0-9A-Za-z+/=\s]+")
"""A certificate as PEM without its first and last line, as web pages and XML hold it."""
_BARE_HEX = re.compile(rb"\s*30[\s:]?8[1-3][0-9A-Fa-f\s:]+")
"""A certificate as the digits of its bytes."""
_IN_XML = re.compile(rb"<(?:\w{1,20}:)?X509Certificate>([^<]{1,65536})</")
"""Source: W3C, XML Signature Syntax and Processing, §4.5.4."""
_MOST_BARE = 64 * 1024

_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
"""The object identifier that a bundle begins with. Source: RFC 5652 §5.1."""

_WITHIN = re.compile(rb"\x30(?:\x81.|\x82..)\x30(?:\x81.|\x82..)\xa0\x03\x02\x01\x02", re.DOTALL)
"""How each certificate of version 3 begins. Source: RFC 5280 §4.1."""

_CERTIFICATES = 0xA0
_NEAR = 40
"""Bytes after which a PKCS#12 file has said what is in it."""

_TOOL = "certificate file"
"""Shown instead of the file's name, which may name a person that no certificate names."""


class TooManyError(Exception):
    """A file holds more than `MOST` certificates."""


def kind(body: bytes) -> str:
    """Tell what a file is that is no certificate (`file-KIND` of `[label]`); empty: unknown."""
    body = _as_bytes(body)
    for name, begins in _OTHERS:
        if begins.search(body[:_MOST_BARE]):
            return name
    body = _bare(body) or body
    with suppress(DerError, ValueError, StopIteration):
        outer, _ = der.element(body, whole=False)
        first, second = list(der.elements(outer.content))[:2]
        if first.tag == der.INTEGER:  # a version: that of a PKCS#12 file or of a key
            return "pfx" if _DATA in second.content[:_NEAR] else "key"
        inner = next(iter(der.elements(first.content)))
        if inner.tag == der.OID:  # an algorithm: of a key, which is encrypted if it is secret
            return {der.OCTET_STRING: "key", der.BIT_STRING: "public-key"}.get(second.tag, "")
        if inner.tag == der.INTEGER:
            return "request" if inner.content == b"\0" else "crl"
    with suppress(DerError):
        is_cut = body[:1] == b"\x30" and body[1:2] > b"\x80" and der.extent(body, 0)[1] > len(body)
        if is_cut:
            return "pfx" if _DATA in body[:_NEAR] else "cut"
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
    if bare := _bare(body):
        return _of_der(bare)
    for inside in _IN_XML.findall(body)[: MOST + 1]:
        found += _of_der(_bare(inside))
    for begin in list(_BEGIN.finditer(body))[: MOST + 1]:
        end = body.find(_END, begin.end())
        with suppress(binascii.Error, ValueError):
            found += _of_der(base64.b64decode(b"".join(body[begin.end() : end].split())))
    return found


def _as_bytes(body: bytes) -> bytes:
    """Return the text of a file without marks of its encoding; anything else stays as it is.

    PowerShell and editors write UTF-16. In JSON and settings, ends of lines are written out.
    """
    if encoding := utf16(body):
        body = body.decode(encoding, "replace").removeprefix("\ufeff").encode("ascii", "replace")
    body = body.removeprefix(codecs.BOM_UTF8)
    if body[:1] == b"\x30":
        return body
    return body.replace(b"\\r", b"").replace(b"\\n", b"\n")


def _bare(body: bytes) -> bytes:
    """Return the bytes that a text of base64 or of hexadecimal digits stands for, if it is one."""
    if len(body) > _MOST_BARE:
        return b""
    with suppress(binascii.Error, ValueError):
        if _BARE.fullmatch(body):
            return base64.b64decode(b"".join(body.split()))
        if _BARE_HEX.fullmatch(body):
            return bytes.fromhex(re.sub(rb"[\s:]", b"", body).decode())
    return b""


def _of_der(data: bytes) -> list[bytes]:
    if _SIGNED_DATA in data[:32]:
        try:
            return _bundle(data)
        except (DerError, ValueError):
            return _found_within(data)
    with suppress(DerError, ValueError):
        return [certificate.trim(data)] if der.extent(data, 0)[1] <= len(data) else []
    return []


def _found_within(data: bytes) -> list[bytes]:
    """Return the certificates in a signature without lengths (BER), as Java writes it."""
    found: list[bytes] = []
    for begin in list(_WITHIN.finditer(data))[: MOST + 1]:
        with suppress(DerError, ValueError):
            _, end = der.extent(data, begin.start())
            found.append(data[begin.start() : end])
    return found


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
