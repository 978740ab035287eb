# SPDX-License-Identifier: Apache-2.0
"""The questions that the parent asks its workers, and their answers. Imports nothing native."""

from typing import TypeVar

import msgspec

from cardtool.model.limits import fitted
from cardtool.model.snapshot import Failure, ModuleInfo, Reader, Slot, Token
from cardtool.model.trust import Online, Trust
from cardtool.probe.isolation import LostWorkerError, Worker

T = TypeVar("T")


class ListReaders(msgspec.Struct, frozen=True, kw_only=True, tag="list-readers"):
    """Job pcsc: which readers are there, and what is in them."""

    verify: tuple[str, ...] = ()
    """Readers whose card was just read: their drivers are asked whether it is still in."""
    settle_s: float = 0.0
    """How long to wait until PC/SC notices a missing card, and as long again until it is back."""
    poll_s: float = 0.0
    """How long PC/SC takes to notice a missing card, if the reader's driver cannot be asked."""


class AwaitChange(msgspec.Struct, frozen=True, kw_only=True, tag="await-change"):
    """Job watch: the readers as soon as they differ from the last answer."""

    wait_s: float
    """After this time the readers are returned even if nothing has changed."""


class OpenModule(msgspec.Struct, frozen=True, kw_only=True, tag="open-module"):
    """Job pkcs11: load a module and list its slots."""

    path: str
    environment: dict[str, str] = {}
    """Variables set in the worker before the module is loaded."""


class ReadToken(msgspec.Struct, frozen=True, kw_only=True, tag="read-token"):
    """Job pkcs11: read the token in one slot of the opened module."""

    slot_id: int


class ProveTrust(msgspec.Struct, frozen=True, kw_only=True, tag="prove-trust"):
    """Job online: chain and revocation of certificates, all as DER in hex."""

    wanted: tuple[str, ...]
    others: tuple[str, ...]
    """The other certificates that were read; issuers may be among them."""
    settings: Online


class OpenedModule(msgspec.Struct, frozen=True, kw_only=True, tag="opened"):
    """Answer to `OpenModule`."""

    info: ModuleInfo
    slots: tuple[Slot, ...]
    """Without tokens; a slot that could not be described holds its `Failure`."""
    occupied: tuple[int, ...]
    """Identifiers of the slots that say a token is in them."""


READERS = msgspec.json.Decoder[tuple[Reader, ...] | Failure](tuple[Reader, ...] | Failure)
OPENED = msgspec.json.Decoder[OpenedModule | Failure](OpenedModule | Failure)
TOKEN = msgspec.json.Decoder[Token | Failure | None](Token | Failure | None)
TRUST = msgspec.json.Decoder[tuple[Trust, ...] | Failure](tuple[Trust, ...] | Failure)
Question = ListReaders | AwaitChange | OpenModule | ReadToken | ProveTrust
encode = msgspec.json.encode  # questions and answers on the wire


def encode_answer(record: object) -> bytes:
    """Write an answer as a line for the wire; what is too long in it is cut."""
    return encode(fitted(record))


def ask(
    worker: Worker, question: Question, answer: "msgspec.json.Decoder[T]", *, timeout_s: float
) -> T | Failure:
    """Return a worker's answer, or why there is none as `Failure(worker, ...)`."""
    try:
        return answer.decode(worker.ask(encode(question), timeout_s=timeout_s))
    except LostWorkerError as loss:
        return Failure(api="worker", name=loss.name, code=loss.code, detail=loss.detail)
    except msgspec.DecodeError as error:
        return Failure(api="worker", name="NONSENSE", detail=str(error))
