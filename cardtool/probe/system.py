# SPDX-License-Identifier: Apache-2.0
"""The job system: USB, services and running programs, where native code tells. Runs in a worker."""

import msgspec

from cardtool.probe import clients, jobs, services, usb

_QUESTIONS = msgspec.json.Decoder(jobs.LookAtUsb | jobs.ListServices | jobs.FindClients)


def answer(question: bytes) -> bytes:
    """Look, and tell what was seen."""
    asked = _QUESTIONS.decode(question)
    if isinstance(asked, jobs.LookAtUsb):
        return jobs.encode_answer(usb.look(timeout_s=asked.limit_s))
    if isinstance(asked, jobs.ListServices):
        return jobs.encode_answer(services.look(asked.limit_s))
    return jobs.encode_answer(clients.look(asked.own, asked.limit_s))


def leave() -> None:
    """Do nothing: nothing is held."""
