# SPDX-License-Identifier: Apache-2.0
"""`cardtool certs export`: the only output that always names its holder."""

import base64
import os
import textwrap
from collections.abc import Iterable
from pathlib import Path

import click

from cardtool.cli.asked import Asked, settings
from cardtool.cli.judging import judge
from cardtool.cli.looking import look
from cardtool.cli.options import CARD, SHOWING, PathName
from cardtool.cli.output import write_bytes, write_file
from cardtool.cli.refusal import Refusal
from cardtool.model.chain import chain
from cardtool.model.snapshot import CertificateObject, Snapshot

_NAME_DIGITS = 16
"""Digits of the fingerprint in a file's name; a label would be personal."""

FORMS = {"pem": "pem", "der": "der", "chain": "chain.pem"}
"""Form of a certificate -> ending of the file's name."""

_Objects = dict[str, CertificateObject]  # by their fingerprint


@click.command()
@click.option("-o", "--output", type=PathName(), metavar="FILE|FOLDER",
              help="Where to: one file for all, or one file each in a folder; "
              "otherwise standard output.")  # fmt: skip
@click.option("--form", type=click.Choice(["pem", "der", "chain"]), default="pem",
              show_default=True,
              help="chain: PEM, each followed by its issuers on the cards.")  # fmt: skip
@click.option("--sha256", "prefixes", multiple=True, metavar="PREFIX",
              help="Only certificates whose fingerprint begins so; may be repeated.")  # fmt: skip
@settings(*SHOWING, *CARD, known=())
def export(asked: Asked, output: str | None, form: str, prefixes: tuple[str, ...]) -> None:
    """Write the certificates as PEM, DER or chains.  They hold the holder's name and number."""
    snapshot = look(asked)
    known = _certificates(snapshot)
    if not known:
        raise Refusal(code="export-unread", verdict=judge(asked, snapshot).verdict)
    chosen = _chosen(known, prefixes, form)
    bodies = {name: _formed(certificate, form, known) for name, certificate in chosen.items()}
    if output is not None and (Path(output).is_dir() or output.endswith(("/", os.sep))):
        _into_folder(Path(output), bodies, FORMS[form])
        return
    body = _together(bodies, form)
    if output is None or output == "-":
        write_bytes(asked, [body])
    else:
        write_file(Path(output), body)


def _chosen(known: _Objects, prefixes: tuple[str, ...], form: str) -> _Objects:
    """Return the certificates with these fingerprints; for chains, those that issued no other."""
    wanted = tuple(prefix.replace(":", "").upper() for prefix in prefixes) or ("",)
    chosen = {name: certificate for name, certificate in known.items() if name.startswith(wanted)}
    if not chosen:
        raise Refusal(code="export-nothing", found=_fingerprints(known))
    return _leaves(chosen) if form == "chain" else chosen


def _together(bodies: dict[str, bytes], form: str) -> bytes:
    """Join what goes into one file; refuse a form of which a file holds only one."""
    if form == "der" and len(bodies) > 1:
        raise Refusal(code="export-several", found=_fingerprints(bodies))
    if form == "chain" and len(bodies) > 1:
        raise Refusal(code="export-several-chains", found=_fingerprints(bodies))
    return b"".join(bodies.values())


def _into_folder(folder: Path, bodies: dict[str, bytes], ending: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(code="output-folder", file=str(folder), reason=reason) from error
    for name, body in bodies.items():
        write_file(folder / f"{name[:_NAME_DIGITS]}.{ending}", body)


def _fingerprints(names: Iterable[str]) -> str:
    return ", ".join(name[:_NAME_DIGITS] for name in names) or "-"


def _certificates(snapshot: Snapshot) -> _Objects:
    """Return each certificate once, though several modules may have read it."""
    return {stored.sha256: stored for stored in snapshot.certificates() if stored.der is not None}


def _leaves(chosen: _Objects) -> _Objects:
    """Return the certificates that issued none of the others; if there are none, return all."""
    chains = [chain(certificate, chosen.values()) for certificate in chosen.values()]
    issuers = {issuer.sha256 for links in chains for issuer in links[1:]}
    leaves = {name: leaf for name, leaf in chosen.items() if name not in issuers}
    return leaves or chosen


def _formed(leaf: CertificateObject, form: str, known: _Objects) -> bytes:
    """Return a certificate as it is, as PEM, or as PEM with its issuers after it.

    Bytes that are no certificate are written too, so that they can be examined.
    """
    if form == "der":
        return _der(leaf)
    links = chain(leaf, known.values()) if form == "chain" else (leaf,)
    return b"".join(_pem(_der(certificate)) for certificate in links)


def _der(stored: CertificateObject) -> bytes:
    return bytes.fromhex(stored.der or "")


def _pem(der: bytes) -> bytes:
    """Source: RFC 7468 §5."""
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    text = "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
    return text.encode()
