# SPDX-License-Identifier: Apache-2.0
"""The certificates on the tokens of a workstation, one entry each: in short, or all there is."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec
from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.catalog import issuers
from cardtool.model.certificate import Certificate, Judged, Name
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import CertificateObject, Failure, Slot, Token, chain
from cardtool.model.trust import Trust
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape, harmless
from cardtool.views.identifiers import named
from cardtool.views.paper import Paper, hanging
from cardtool.views.people.drivers import failure


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One token with what lies on it."""

    module: str
    """Path of the PKCS#11 module it was read through."""
    reader: str | None
    token: Token


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What `certs --format json` writes for one workstation."""

    schema: int = 1
    tokens: tuple[Holding, ...]
    judged: Mapping[str, Judged] = {}
    """By fingerprint; of one that cannot be read there is nothing."""
    trust: tuple[Trust, ...] | None = None
    """What the issuers' servers said; None where nobody asked them."""


def render(
    diagnoses: Iterable[Diagnosis],
    text: Text,
    paper: Paper | None = None,
    *,
    judged: Mapping[str, Judged] | None = None,
    everything: bool = False,
) -> Iterator[str]:
    """Yield one entry per certificate, or one line where there is none.

    `judged` says by fingerprint what a certificate is and when it ends.
    """
    sheet = paper or Paper()
    for diagnosis in diagnoses:
        found = False
        asked = {trust.sha256: trust for trust in diagnosis.snapshot.trust or ()}
        for module, slot, token in diagnosis.snapshot.tokens():
            certificates = token.certificates
            if isinstance(certificates, Failure):
                found = True
                yield sheet.print([Line(failure(certificates), overflow="fold"), Line()])
                continue
            for one in certificates:
                found = True
                rows = _short(one, (judged or {}).get(one.sha256), diagnosis.at, text)
                if one.sha256 in asked:
                    rows |= _online(asked[one.sha256], text)
                if everything:
                    rows |= _rest(one, diagnosis, text) | {"certificate-driver": module.path}
                yield sheet.print(_entry(one, rows | _place(one, slot, token), text))
        if not found:
            words = (text.label("no-certificates"), text.says(harmless(diagnosis.deciding)))
            yield sheet.print(Line(one, overflow="fold") for one in words)


def render_json(
    diagnoses: Iterable[Diagnosis],
    _text: Text | None = None,
    *,
    judged: Mapping[str, Judged] | None = None,
) -> Iterator[str]:
    """Yield one document of tokens per workstation."""
    for diagnosis in diagnoses:
        tokens = tuple(
            Holding(module=module.path, reader=slot.reader, token=token)
            for module, slot, token in diagnosis.snapshot.tokens()
        )
        yield document(Listing(tokens=tokens, judged=judged or {}, trust=diagnosis.snapshot.trust))


def _entry(one: CertificateObject, rows: Mapping[str, str], text: Text) -> Iterator[RenderableType]:
    content = one.content
    title = failure(content) if isinstance(content, Failure) else content.subject.first("CN")
    yield Line(escape(title or one.label), style="bold", overflow="fold")
    yield hanging((f"{text.label(key)}:", escape(value)) for key, value in rows.items() if value)
    # apart from the others, whose labels are longer: so it is whole on a page of 80 columns
    yield hanging([(f"{text.label('certificate-sha256')}:", escape(one.sha256))])
    yield Line()


def _short(
    one: CertificateObject, judged: Judged | None, at: datetime, text: Text
) -> dict[str, str]:
    content = one.content
    if isinstance(content, Failure):
        return {}
    end = judged.ends_at if judged else content.not_after_at
    is_cut = end < content.not_after_at
    issuer = content.issuer.first("CN") or content.issuer.first("O") or ""
    return {
        "certificate-kind": text.label(f"kind-{judged.kind}") if judged else "",
        "certificate-number": content.subject.first("serialNumber") or "",
        "certificate-issuer": issuer,
        "certificate-begins": text.moment(content.not_before_at),
        "certificate-ends": text.moment(content.not_after_at),
        "certificate-issuer-ends": text.moment(end) if is_cut else "",
        "certificate-days": str((end - at).days),
        "certificate-key": content.key,
        "certificate-serial": content.shown_serial,
        "certificate-authority": text.label("yes" if content.is_ca else "no"),
    }


def _online(trust: Trust, text: Text) -> dict[str, str]:
    """Return what the issuers' servers said, or which of them gave no answer."""
    roots = {root.id: root.name for root in issuers()}
    held = bool(trust.anchor) and not trust.problem
    unproven = f"{text.label('chain-unproven')} ({trust.problem or '-'})"
    rows = {"certificate-chain": roots.get(trust.anchor, trust.anchor) if held else unproven}
    if (status := trust.status) is None:
        rows["certificate-status"] = text.label("status-none")
    else:
        since = status.revoked_at
        rows |= {
            "certificate-status": text.label(f"status-{status.status}"),
            "certificate-since": text.moment(since) if since else "",
            "certificate-reason": status.reason,
            "certificate-said": text.moment(status.said_at),
            "certificate-source": f"{status.url} ({status.source.upper()})",
        }
    tried = ", ".join(f"{attempt.url} ({attempt.name})" for attempt in trust.attempts)
    return rows | {"certificate-tried": tried}


def _place(one: CertificateObject, slot: Slot, token: Token) -> dict[str, str]:
    return {
        "certificate-label": one.label,
        "certificate-token": token.label.strip(),
        "certificate-reader": slot.reader or slot.description.strip(),
    }


def _rest(one: CertificateObject, diagnosis: Diagnosis, text: Text) -> dict[str, str]:
    """Return what the short form leaves out; of bytes that make no certificate, what is known."""
    content = one.content
    rows = {"certificate-id": one.id}
    if isinstance(content, Failure):
        size = {"certificate-size": str(len(one.der) // 2)} if one.der else {}
        return {"certificate-unreadable": content.detail} | size | rows

    def all_named(identifiers: Iterable[str]) -> str:
        return ", ".join(named(identifier, text) for identifier in identifiers)

    limit = content.qc_limit
    power = f" x 10^{limit.exponent}" if limit and limit.exponent else ""
    return {
        "certificate-subject": _whole(content.subject),
        "certificate-issuer-name": _whole(content.issuer),
        "certificate-issuer-here": _issuer_here(one, content, diagnosis, text),
        "certificate-signature": named(content.signature_algorithm, text),
        "certificate-usage": ", ".join(content.key_usage),
        "certificate-purposes": all_named(content.extended_key_usage),
        "certificate-policies": all_named(content.policies),
        "certificate-statements": all_named(content.qc_statements),
        "certificate-types": all_named(content.qc_types),
        "certificate-limit": f"{limit.amount}{power} {limit.currency}" if limit else "",
        "certificate-key-id": content.subject_key_id,
        "certificate-issuer-key-id": content.authority_key_id,
        "certificate-crl": ", ".join(content.crl_urls),
        "certificate-ocsp": ", ".join(content.ocsp_urls),
        "certificate-issuer-file": ", ".join(content.ca_issuer_urls),
        "certificate-other": all_named(content.other_extensions),
        "certificate-unreadable": ", ".join(content.unreadable),
        **rows,
    }


def _issuer_here(
    one: CertificateObject, content: Certificate, diagnosis: Diagnosis, text: Text
) -> str:
    """Say whether the issuer's certificate lies on a card here, and which it is."""
    if content.subject == content.issuer:
        return text.label("issuer-self")
    lists = (token.certificates for _, _, token in diagnosis.snapshot.tokens())
    known = [each for some in lists if not isinstance(some, Failure) for each in some]
    issuers = chain(one, known)[1:]
    return f"{text.label('yes')} ({issuers[0].sha256[:16]})" if issuers else text.label("no")


def _whole(name: Name) -> str:
    return ", ".join(f"{attribute.type}={attribute.value}" for attribute in name.attributes)
