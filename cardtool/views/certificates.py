# SPDX-License-Identifier: Apache-2.0
"""The certificates on the tokens of a workstation, one entry each."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.model.certificate import Certificate
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import CertificateObject, Failure, Slot, Token
from cardtool.text import Text
from cardtool.views.drivers import failure
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import Paper, hanging


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


def render(diagnoses: Iterable[Diagnosis], text: Text, paper: Paper | None = None) -> Iterator[str]:
    """Yield one entry per certificate, or one line where there is none."""
    sheet = paper or Paper()
    for each in diagnoses:
        found = False
        for _, slot, token in each.snapshot.tokens():
            certificates = token.certificates
            if isinstance(certificates, Failure):
                found = True
                yield sheet.print([Line(failure(certificates), overflow="fold"), Line()])
                continue
            for one in certificates:
                found = True
                yield sheet.print(_entry(one, slot, token, each.at, text))
        if not found:
            words = (text.label("no-certificates"), text.says(harmless(each.deciding)))
            yield sheet.print(Line(one, overflow="fold") for one in words)


def render_json(diagnoses: Iterable[Diagnosis], text: Text | None = None) -> Iterator[str]:
    """Yield one document of tokens per workstation."""
    del text
    for each in diagnoses:
        tokens = tuple(
            Holding(module=module.path, reader=slot.reader, token=token)
            for module, slot, token in each.snapshot.tokens()
        )
        body = msgspec.json.encode(Listing(tokens=tokens))
        yield msgspec.json.format(body, indent=2).decode() + "\n"


def _entry(
    one: CertificateObject, slot: Slot, token: Token, at: datetime, text: Text
) -> Iterator[RenderableType]:
    content = one.content
    if isinstance(content, Failure):
        title, rows = failure(content), {}
    else:
        title, rows = content.subject.first("CN") or one.label, _contents(content, at, text)
    rows |= {
        "certificate-label": one.label,
        "certificate-token": token.label.strip(),
        "certificate-reader": slot.reader or slot.description.strip(),
    }
    yield Line(escape(title), style="bold", overflow="fold")
    yield hanging((f"{text.label(key)}:", escape(value)) for key, value in rows.items() if value)
    # apart from the others, whose labels are longer: so it is whole on a page of 80 columns
    yield hanging([(f"{text.label('certificate-sha256')}:", escape(one.sha256))])
    yield Line()


def _contents(content: Certificate, at: datetime, text: Text) -> dict[str, str]:
    issuer = content.issuer.first("CN") or content.issuer.first("O") or ""
    return {
        "certificate-number": content.subject.first("serialNumber") or "",
        "certificate-issuer": issuer,
        "certificate-begins": text.moment(content.not_before_at),
        "certificate-ends": text.moment(content.not_after_at),
        "certificate-days": str((content.not_after_at - at).days),
        "certificate-key": content.key,
        "certificate-serial": content.serial,
        "certificate-authority": text.label("yes" if content.is_ca else "no"),
    }
