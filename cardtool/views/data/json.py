# SPDX-License-Identifier: Apache-2.0
"""JSON: diagnoses as documents one after another, and records one on a line.

A diagnosis has the format of docs/diagnosis.schema.json, a line that of docs/summary.schema.json;
every line has every key. Source: RFC 8259, and ndjson.org.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from cardtool.model.certificate import Certificate, Judged
from cardtool.model.diagnosis import Diagnosis, Finding, Severity

if TYPE_CHECKING:  # a program that wants data does not wait for words
    from cardtool.text import Text


def render(diagnoses: Iterable[Diagnosis], _text: "Text | None" = None) -> Iterator[str]:
    """Yield one document per diagnosis; codes and facts need no language."""
    for diagnosis in diagnoses:
        yield document(diagnosis)


def render_record(record: object, _text: "Text | None" = None) -> Iterator[str]:
    """Yield any record as one document."""
    yield document(record)


def render_list(records: Iterable[msgspec.Struct], _text: "Text | None" = None) -> Iterator[str]:
    """Yield a JSON list of records, one on a line."""
    before = "["
    for line in render_lines(records):
        yield before + "\n" + line.rstrip("\n")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def render_lines(records: Iterable[msgspec.Struct], _text: "Text | None" = None) -> Iterator[str]:
    """Yield a line for each workstation, or other record."""
    encoder = msgspec.json.Encoder()
    for record in records:
        try:
            yield f"{encoder.encode(record).decode()}\n"
        except UnicodeEncodeError:  # half a surrogate pair, which no JSON in UTF-8 can hold
            yield f"{encoder.encode(_mended(msgspec.to_builtins(record))).decode()}\n"


def drivers(diagnoses: Iterable[Diagnosis], _text: "Text | None" = None) -> Iterator[str]:
    """Yield one document of modules per workstation, as in the snapshot but without their slots."""
    for diagnosis in diagnoses:
        modules = [
            msgspec.structs.replace(module, slots=None) for module in diagnosis.snapshot.modules
        ]
        yield document({"schema": 1, "modules": modules})


def certificates(
    diagnoses: Iterable[Diagnosis],
    _text: "Text | None" = None,
    *,
    judged: Mapping[str, Judged] = {},
    file: int | None = None,
) -> Iterator[str]:
    """Yield one document of tokens per workstation; what cannot be read is not in `judged`.

    `trust` is what the issuers' servers answered; null: they were not asked. `file` is the place in
    the order of several files; null: there is one, or cards were looked at.
    """
    for diagnosis in diagnoses:
        tokens = [
            {"module": module.path, "reader": slot.reader, "token": token}
            for module, slot, token in diagnosis.snapshot.tokens()
        ]
        trust = diagnosis.snapshot.trust
        yield document(
            {"schema": 1, "file": file, "tokens": tokens, "judged": judged, "trust": trust}
        )


def signed(place: str, signer: Certificate, mechanism: str) -> str:
    """Return for programs that the card signs, without its holder's name."""
    return document(
        {
            "code": "card-signs",
            "severity": Severity.OK.value,
            "reader": place,
            "key": signer.key,
            "mechanism": mechanism,
        }
    )


def document(content: object) -> str:
    """Return a document that people can read as well."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode() + "\n"


def explained(finding: Finding, text: "Text") -> dict[str, Any]:
    """Return what a finding means, what to do about it and who does it."""
    steps = [
        {"code": step, "actor": actor.value, "says": text.step(step, finding.facts | finding.road)}
        for step, actor in zip(finding.steps, finding.actors, strict=True)
    ]
    return {
        "code": finding.code,
        "number": finding.number,
        "severity": finding.severity.value,
        "means": text.means(finding.code, finding.facts.get("phase")),
        "steps": steps,
    }


def _mended(value: object) -> object:
    """Return a value in which a question mark stands for each half of a pair."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list() | tuple():
            return list(map(_mended, value))
        case dict():
            return {name: _mended(part) for name, part in value.items()}
        case _:
            return value
