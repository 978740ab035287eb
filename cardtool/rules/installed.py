# SPDX-License-Identifier: Apache-2.0
"""Findings about installed modules: several products, copies that differ, one not to be loaded.

None of them is about what a module answered; that is `modules` and `tokens`.
"""

import ntpath
from collections.abc import Iterator
from datetime import datetime

from cardtool import catalog
from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import Library, Module, Snapshot
from cardtool.rules import desk, fitting
from cardtool.rules.codes import finding
from cardtool.rules.policy import Policy

_ENDS_WITHOUT_SERVICE = "akisp11"
"""On Windows, loading it while the service is down ends the process.

Source: drivers_notes/middleware.md#what-a-reader-of-certificates-must-survive.
"""


def check(snapshot: Snapshot, _at: datetime, _policy: Policy) -> Iterator[Finding]:
    """Give findings for card modules as files, whether or not one was loaded."""
    installed = [
        (known, each, each.library)
        for each in snapshot.modules
        if isinstance(each.library, Library)
        and (known := catalog.module_at(each.path)) is not None
        and known.purpose == "card"
    ]
    products = sorted({known.package for known, _, _ in installed})
    if len(products) > 1:
        yield finding("drivers-several", products=", ".join(products))
    sizes: dict[tuple[str, str], dict[str, int]] = {}
    for known, module, library in installed:
        if _is_held_back(module, snapshot):
            yield finding("driver-held-back", module=module.path)
        if (
            library.size_bytes > 0
            and fitting.fits(module, snapshot)
            and _is_needed(module, snapshot)
        ):
            copies = sizes.setdefault((known.package, ntpath.basename(module.path).lower()), {})
            copies[module.path] = library.size_bytes
    for (product, _), copies in sizes.items():
        if len(set(copies.values())) > 1:
            yield finding("driver-copies-differ", product=product, paths=", ".join(copies))


def _is_needed(module: Module, snapshot: Snapshot) -> bool:
    return any(fitting.is_for(module, card) for card in desk.signing_cards(snapshot))


def _is_held_back(module: Module, snapshot: Snapshot) -> bool:
    return (
        snapshot.host.platform == "win32"
        and desk.is_gone(snapshot.readers)
        and module.info is None
        and fitting.module_id(module) == _ENDS_WITHOUT_SERVICE
        and fitting.fits(module, snapshot)
    )
