# SPDX-License-Identifier: Apache-2.0
"""Lists the PKCS#11 modules of a workstation, and the certificates on its tokens."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.catalog import issuers
from cardtool.catalog.toml import shipped
from cardtool.model.certificate import Certificate, Judged, Name
from cardtool.model.chain import chain
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.once import once
from cardtool.model.snapshot import CertificateObject, Failure, Module
from cardtool.model.trust import Trust
from cardtool.text import Text
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import PAPER, Paper, hanging


def drivers(
    diagnoses: Iterable[Diagnosis],
    text: Text,
    paper: Paper = PAPER,
    products: Mapping[str, str] = {},
) -> Iterator[str]:
    """Yield the list of one workstation's modules; `products` says by path what each is for."""
    for diagnosis in diagnoses:
        modules = diagnosis.snapshot.modules
        if diagnosis.snapshot.running is not None:  # "Used: no" would be taken for a verdict
            yield paper.print([Line(text.says(harmless(diagnosis.deciding))), Line()])
        if not modules:
            yield paper.print([Line(text.label("no-drivers"))])
        for module in modules:
            rows = {"driver-product": products.get(module.path, "")}
            yield paper.print(_entry(module.path, text, rows | _driver(module, text)))


def certificates(  # noqa: PLR0913 - those of every view, and what is shown besides
    diagnoses: Iterable[Diagnosis],
    text: Text,
    paper: Paper = PAPER,
    *,
    judged: Mapping[str, Judged] = {},
    everything: bool = False,
    file: str = "",
) -> Iterator[str]:
    """Yield one entry for each certificate, or say that there is none.

    `judged` says by fingerprint what a certificate is and when it ends; `everything` shows all that
    is in it. `file` names the one of several files that they come from.
    """
    for diagnosis in diagnoses:
        places = diagnosis.snapshot.tokens()
        if not any(token.certificates for _, _, token in places):  # a failure is shown instead
            words = (text.label("no-certificates"), text.says(harmless(diagnosis.deciding)))
            yield paper.print(map(Line, words))
        trusts = {trust.sha256: trust for trust in diagnosis.snapshot.trust or ()}
        for module, slot, token in places:
            if isinstance(token.certificates, Failure):
                yield paper.print([Line(_failure(token.certificates)), Line()])
                continue
            for stored in token.certificates:
                rows = _short(stored, judged.get(stored.sha256), diagnosis.at, text)
                if stored.sha256 in trusts:
                    rows |= _online(trusts[stored.sha256], text)
                if everything:
                    rows |= _rest(stored, diagnosis, text) | {"certificate-driver": module.path}
                rows |= {
                    "certificate-label": stored.label,
                    "certificate-token": token.label.strip(),
                    "certificate-reader": slot.reader or slot.description.strip(),
                    "certificate-file": file,
                }
                # apart, because the other labels are longer: so it fits whole on a page of 80
                # columns
                digest = {"certificate-sha256": stored.sha256}
                yield paper.print(_entry(_title(stored), text, rows, digest))


def _entry(title: str, text: Text, *parts: Mapping[str, str]) -> Iterator[RenderableType]:
    """Yield a title and each part below it: the keys of labels, and the values that are known."""
    yield Line(escape(title), style="bold")
    for rows in parts:
        shown = ((f"{text.label(key)}:", escape(value)) for key, value in rows.items() if value)
        yield hanging(shown)
    yield Line()


def _driver(module: Module, text: Text) -> dict[str, str]:
    info, library, slots = module.info, module.library, module.slots
    used = text.label("no" if slots is None else "yes")
    version = ""
    if isinstance(info, Failure):
        version = _failure(info)
    elif info:
        version = f"{info.version}, {info.description.strip()}, {info.manufacturer.strip()}"
    return {
        "driver-version": version,
        "driver-library": _failure(library)
        if isinstance(library, Failure)
        else f"{library.bits} bit, {', '.join(library.machines)}",
        "driver-source": text.label(f"source-{module.source.value}"),
        "driver-used": _failure(slots) if isinstance(slots, Failure) else used,
    }


def _failure(failure: Failure) -> str:
    """Return a failure in one line, for support."""
    number = "" if failure.code is None else f" (0x{failure.code:X})"
    return escape(f"{failure.api}: {failure.name}{number} {failure.detail}".strip())


def _title(stored: CertificateObject) -> str:
    content = stored.content
    if isinstance(content, Failure):
        return _failure(content)
    return content.subject.first("CN") or stored.label


def _short(
    stored: CertificateObject, judged: Judged | None, at: datetime, text: Text
) -> dict[str, str]:
    content = stored.content
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


def _rest(stored: CertificateObject, diagnosis: Diagnosis, text: Text) -> dict[str, str]:
    """Return what the short form leaves out, also of bytes that are no certificate."""
    content = stored.content
    if isinstance(content, Failure):
        size = str(len(stored.der) // 2) if stored.der else ""
        return {
            "certificate-unreadable": content.detail,
            "certificate-size": size,
            "certificate-id": stored.id,
        }

    def all_named(identifiers: Iterable[str]) -> str:
        return ", ".join(named(identifier, text) for identifier in identifiers)

    limit = content.qc_limit
    power = f" x 10^{limit.exponent}" if limit and limit.exponent else ""
    return {
        "certificate-subject": _whole(content.subject),
        "certificate-issuer-name": _whole(content.issuer),
        "certificate-issuer-here": _issuer_here(stored, content, diagnosis, text),
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
        "certificate-id": stored.id,
    }


def _issuer_here(
    stored: CertificateObject, content: Certificate, diagnosis: Diagnosis, text: Text
) -> str:
    """Say whether the issuer's certificate lies on a card here, and which it is."""
    if content.subject == content.issuer:
        return text.label("issuer-self")
    issuer = next(iter(chain(stored, diagnosis.snapshot.certificates())[1:]), None)
    return f"{text.label('yes')} ({issuer.sha256[:16]})" if issuer else text.label("no")


def _whole(name: Name) -> str:
    return ", ".join(f"{attribute.type}={attribute.value}" for attribute in name.attributes)


def named(identifier: str, text: Text) -> str:
    """Return an object identifier with its name before it, as support people know it, or as it is.

    Names of standards are the same in every language; the others are words of `[label]`.
    """
    word = _identifiers()["words"].get(identifier)
    name = text.label(word) if word else _identifiers()["names"].get(identifier)
    return f"{name} ({identifier})" if name else escape(identifier)


@once
def _identifiers() -> dict[str, dict[str, str]]:
    return shipped("identifiers.toml", dict[str, dict[str, str]])
