# SPDX-License-Identifier: Apache-2.0
"""The PKCS#11 modules of a workstation: what each is, what it is for, whether it was used."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from rich.console import RenderableType
from rich.text import Text as Line

from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import Failure, Library, Module
from cardtool.text import Text
from cardtool.views.data.json import document
from cardtool.views.harmless import escape, harmless
from cardtool.views.paper import Paper, hanging


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What `drivers --format json` writes for one workstation."""

    schema: int = 1
    modules: tuple[Module, ...]
    """As in the snapshot, without their slots."""


def render(
    diagnoses: Iterable[Diagnosis],
    text: Text,
    paper: Paper | None = None,
    products: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Yield the list of one workstation's modules; `products` says by path what each is for."""
    sheet = paper or Paper()
    for diagnosis in diagnoses:
        modules = diagnosis.snapshot.modules
        if diagnosis.snapshot.running is not None:  # "Used: no" would be taken for a verdict
            yield sheet.print(
                [Line(text.says(harmless(diagnosis.deciding)), overflow="fold"), Line()]
            )
        if not modules:
            yield sheet.print([Line(text.label("no-drivers"))])
        for module in modules:
            yield sheet.print(_entry(module, text, (products or {}).get(module.path, "")))


def render_json(diagnoses: Iterable[Diagnosis], _text: Text | None = None) -> Iterator[str]:
    """Yield one document of modules per workstation."""
    for diagnosis in diagnoses:
        modules = tuple(
            msgspec.structs.replace(one, slots=None) for one in diagnosis.snapshot.modules
        )
        yield document(Listing(modules=modules))


def _entry(module: Module, text: Text, product: str) -> Iterator[RenderableType]:
    yield Line(escape(module.path), style="bold", overflow="fold")
    rows = {
        "driver-product": product,
        "driver-version": _version(module),
        "driver-library": _library(module.library),
        "driver-source": text.label(f"source-{module.source.value}"),
        "driver-used": text.label("no" if module.slots is None else "yes"),
    }
    if isinstance(module.slots, Failure):
        rows["driver-used"] = failure(module.slots)
    yield hanging((f"{text.label(key)}:", value) for key, value in rows.items() if value)
    yield Line()


def _version(module: Module) -> str:
    match module.info:
        case None:
            return ""
        case Failure():
            return failure(module.info)
        case info:
            return escape(
                f"{info.version}, {info.description.strip()}, {info.manufacturer.strip()}"
            )


def _library(library: Library | Failure) -> str:
    if isinstance(library, Failure):
        return failure(library)
    return f"{library.bits} bit, {', '.join(map(escape, library.machines))}"


def failure(refused: Failure) -> str:
    """Return a failure in one line, for support."""
    number = "" if refused.code is None else f" (0x{refused.code:X})"
    return escape(f"{refused.api}: {refused.name}{number} {refused.detail}".strip())
