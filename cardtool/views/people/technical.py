# SPDX-License-Identifier: Apache-2.0
"""What a page says for those who repair: codes, versions, readers, answers of cards, drivers."""

from collections.abc import Iterator

from cardtool.model.diagnosis import Diagnosis
from cardtool.model.snapshot import Card, Failure, ModuleInfo, Snapshot
from cardtool.text import Text
from cardtool.views.people import contents


def rows(diagnosis: Diagnosis, text: Text) -> list[tuple[str, str]]:
    """Return labels and values; the values are masked already."""
    snapshot, host = diagnosis.snapshot, diagnosis.snapshot.host
    return [
        (text.label("html-codes"), " ".join(contents.codes_for_support(diagnosis))),
        (text.label("html-tool"), snapshot.tool),
        (text.label("html-elapsed"), f"{snapshot.elapsed_s:.1f} s"),
        (text.label("html-system"), f"{host.release or host.platform} ({host.machine})"),
        *((text.label("certificate-reader"), words) for words in _readers(snapshot)),
        *((text.label("certificate-driver"), words) for words in _drivers(snapshot)),
    ]


def _readers(snapshot: Snapshot) -> Iterator[str]:
    """Yield each reader with the answer to reset of its card."""
    if not isinstance(snapshot.readers, Failure):
        for reader in snapshot.readers:
            is_card = isinstance(reader.card, Card)
            yield f"{reader.name}: ATR {reader.card.atr}" if is_card else reader.name  # type: ignore[union-attr]


def _drivers(snapshot: Snapshot) -> Iterator[str]:
    for module in snapshot.modules:
        is_told = isinstance(module.info, ModuleInfo)
        yield f"{module.path} ({module.info.version})" if is_told else module.path  # type: ignore[union-attr]
