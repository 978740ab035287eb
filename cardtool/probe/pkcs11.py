# SPDX-License-Identifier: Apache-2.0
"""The job pkcs11: opens one module and hands it to `cryptoki`. Runs in a worker.

Its libraries are loaded before the first question, while the parent still loads its own.
"""

import os
from contextlib import suppress
from typing import Any

import msgspec
import pkcs11
import pkcs11._pkcs11  # what `lib` would load with the first module
from pkcs11.exceptions import PKCS11Error

from cardtool.probe import cryptoki, jobs

_modules: list[Any] = []
"""The one opened module of this process; python-pkcs11 keeps it for the process anyway."""


def answer(question: bytes) -> bytes:
    """Open a module, or read the token in one slot of the opened one."""
    asked = msgspec.json.decode(question)
    if asked["type"] == "open-module":
        os.environ.update(asked["environment"])
        return _open(asked["path"])
    return jobs.encode_answer(cryptoki.read_token(asked["slot_id"]))


def leave() -> None:
    """Finalise the module, so that the card is left as it was found."""
    for module in _modules:
        with suppress(PKCS11Error):
            module.finalize()


def _open(path: str) -> bytes:
    refusal = _load(path)
    # python-pkcs11 0.10 has no exception for CKR_CRYPTOKI_ALREADY_INITIALIZED
    if refusal is not None and "already initialized" in str(refusal):
        cryptoki.accept_initialised(path)
        refusal = _load(path)
    if refusal is not None:
        return jobs.encode_answer(cryptoki.name_error(refusal))
    return jobs.encode_answer(cryptoki.describe(_modules[-1]))


def _load(path: str) -> PKCS11Error | None:
    try:
        _modules.append(pkcs11.lib(path))  # C_Initialize(NULL): some modules refuse any argument
    except PKCS11Error as error:
        return error
    return None
