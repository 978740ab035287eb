# SPDX-License-Identifier: Apache-2.0
"""Certificates out of a card into files; the only output that always names its holder."""

import base64
import os
import textwrap
from pathlib import Path

from cardtool.cli.refusal import Refusal
from cardtool.cli.session import Session, write_file
from cardtool.model.snapshot import Failure, Snapshot

_NAME_DIGITS = 16
"""Digits of the fingerprint in a file's name, which must not hold the label: it is personal."""


def export(session: Session, output: str | None, form: str, prefixes: tuple[str, ...]) -> None:
    """Write the certificates whose fingerprint begins with one of the prefixes.

    Raises:
        Refusal: there is none, or one file is to hold several DER certificates.
    """
    found = _certificates(session.look())
    wanted = tuple(each.replace(":", "").upper() for each in prefixes) or ("",)
    chosen = {name: der for name, der in found.items() if name.startswith(wanted)}
    if not chosen:
        raise Refusal(code="export-nothing", found=_fingerprints(found))
    if output is not None and (Path(output).is_dir() or output.endswith(("/", os.sep))):
        _into_folder(Path(output), chosen, form)
        return
    if form == "der" and len(chosen) > 1:
        raise Refusal(code="export-several", found=_fingerprints(chosen))
    body = b"".join(_formed(der, form) for der in chosen.values())
    if output is None or output == "-":
        session.write_bytes(body)
    else:
        write_file(Path(output), body)


def _into_folder(folder: Path, chosen: dict[str, bytes], form: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="output-folder", file=str(folder), reason=reason) from error
    for name, der in chosen.items():
        write_file(folder / f"{name[:_NAME_DIGITS]}.{form}", _formed(der, form))


def _fingerprints(some: dict[str, bytes]) -> str:
    return ", ".join(name[:_NAME_DIGITS] for name in some) or "-"


def _certificates(snapshot: Snapshot) -> dict[str, bytes]:
    """Return DER by fingerprint: one certificate may be seen through several modules."""
    return {
        each.sha256: bytes.fromhex(each.der)
        for _, _, token in snapshot.tokens()
        if not isinstance(token.certificates, Failure)
        for each in token.certificates
        if each.der is not None
    }


def _formed(der: bytes, form: str) -> bytes:
    """Return a certificate as it is, or as PEM. Source: RFC 7468 §5."""
    if form == "der":
        return der
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    text = "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
    return text.encode()
