# SPDX-License-Identifier: Apache-2.0
"""How many certificates are read and judged a second on one core, beside what reads them alone.

Run it with the environment that `./run test` makes: `.venv/bin/python benchmarks/certificate.py`.
Beside it stands plain cryptography, made to decode the same: names, moments and extensions.
cryptography takes 40 ms to be loaded, in which some 300 certificates are read without it.
Rounds are short and interleaved, and the median of their ratios is what counts.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography import x509

from cardtool.model.certificate import Certificate
from cardtool.probe.certificate import parse
from cardtool.rules.kinds import Kind, kind
from tests.rig import certificates

_TARGET = 0.25
_PEOPLE = 50
_KEYS: dict[str, certificates.KeyKind] = {"P-384": "ec", "RSA 2048": "rsa"}


def _made(key: certificates.KeyKind) -> list[bytes]:
    return [
        certificates.nes(
            name=f"Gülşen {number} İĞNECİ",
            number=certificates.tckn(number),
            not_before=datetime(2025, 1, 1, tzinfo=UTC),
            not_after=datetime(2027, 12, 31, tzinfo=UTC),
            key=key,
        )
        for number in range(_PEOPLE)
    ]


def _mine(der: bytes) -> None:
    content = parse(der)
    if not isinstance(content, Certificate) or kind(content) is not Kind.NES:
        sys.exit("this is no NES")


def _theirs(der: bytes) -> None:
    loaded = x509.load_der_x509_certificate(der)
    said = (
        [each.value for each in loaded.subject],
        [each.value for each in loaded.issuer],
        loaded.not_valid_before_utc,
        loaded.not_valid_after_utc,
        [each.value for each in loaded.extensions],
    )
    if not all(said):
        sys.exit("this is no NES")


def _rate(job: Callable[[bytes], None], made: Sequence[bytes]) -> float:
    start = time.process_time()
    for der in made:
        job(der)
    return len(made) / (time.process_time() - start)


def _row(what: str, made: Sequence[bytes], rounds: int) -> bool:
    jobs = {"mine": _mine, "theirs": _theirs}
    turns = [{name: _rate(job, made) for name, job in jobs.items()} for _ in range(rounds + 1)]
    turns = turns[1:]  # the first warms up
    rate = {name: statistics.median(each[name] for each in turns) for name in jobs}
    ratio = statistics.median(each["mine"] / each["theirs"] for each in turns)
    verdict = "ok" if ratio >= _TARGET else "MISSED"
    print(
        f"{what:8} read and judged {rate['mine']:7.0f}/s, cryptography {rate['theirs']:7.0f}/s: "
        f"{ratio:4.2f} (target {_TARGET:g})  {verdict}"
    )
    return ratio >= _TARGET


def main() -> int:
    """Compare, print, and return 1 when the target was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    rows = [_row(name, _made(key), rounds) for name, key in _KEYS.items()]
    return 0 if all(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
