# SPDX-License-Identifier: Apache-2.0
"""The job pkcs11: opens one module and hands it to `pkcs11_facts`. Runs in a worker.

Most modules read the whole card while they are opened; all else is loaded meanwhile.
"""

import json
import os
import threading
from contextlib import suppress
from typing import Any

import pkcs11
from pkcs11.exceptions import PKCS11Error

_INITIALISED = "already initialized"
"""python-pkcs11 0.10 at CKR_CRYPTOKI_ALREADY_INITIALIZED, for which it has no exception."""

_modules: list[Any] = []
"""The one opened module of this process; python-pkcs11 keeps it for the process anyway."""


def answer(question: bytes) -> bytes:
    """Open a module, or read the token in one slot of the opened one."""
    asked = json.loads(question)
    if asked["type"] == "open-module":
        os.environ.update(asked["environment"])
        return _open(asked["path"])
    from cardtool.probe import jobs, pkcs11_facts  # noqa: PLC0415 - loaded while opening

    return jobs.encode_answer(pkcs11_facts.read_token(asked["slot_id"]))


def leave() -> None:
    """Finalise the module, so that the card is left as it was found."""
    for module in _modules:
        with suppress(PKCS11Error):
            module.finalize()


def _open(path: str) -> bytes:
    loading = threading.Thread(target=_load_facts, daemon=True)
    loading.start()
    refusal = _load(path)
    loading.join()  # one thread at a time loads something of ours
    from cardtool.probe import cryptoki, jobs, pkcs11_facts  # noqa: PLC0415 - by now it is loaded

    if refusal is not None and _INITIALISED in str(refusal):
        cryptoki.accept_initialised(path)
        refusal = _load(path)
    if refusal is not None:
        return jobs.encode_answer(cryptoki.name_error(refusal))
    return jobs.encode_answer(pkcs11_facts.describe(_modules[-1]))


def _load(path: str) -> PKCS11Error | None:
    try:
        _modules.append(pkcs11.lib(path))  # C_Initialize(NULL): some modules refuse any argument
    except PKCS11Error as error:
        return error
    return None


def _load_facts() -> None:
    import cardtool.probe.pkcs11_facts  # noqa: F401, PLC0415 - see `_open`
