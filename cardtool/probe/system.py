# SPDX-License-Identifier: Apache-2.0
"""The job system: USB, services and running programs, where native code tells. Runs in a worker."""

import msgspec

from cardtool.probe import clients, jobs, services, usb

_QUESTIONS = msgspec.json.Decoder(jobs.LookAtUsb | jobs.ListServices | jobs.FindClients)

_LIMIT_S = 4.0
"""Less than the one who asks waits: what was seen by then is better than nothing."""


def answer(question: bytes) -> bytes:
    """Look, and tell what was seen."""
    asked = _QUESTIONS.decode(question)
    if isinstance(asked, jobs.LookAtUsb):
        return jobs.encode(usb.look(timeout_s=_LIMIT_S))
    if isinstance(asked, jobs.ListServices):
        return jobs.encode(services.look(_LIMIT_S))
    return jobs.encode(clients.look(asked.own, _LIMIT_S))


def leave() -> None:
    """Do nothing: nothing is held."""
