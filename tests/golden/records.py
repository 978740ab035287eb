# SPDX-License-Identifier: Apache-2.0
"""What each kind of list is shown of in the golden files: few records that fill every field."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from cardtool.catalog import procedures
from cardtool.model.certificate import Judged, MoneyLimit
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.lists import Change, Forecast, ReaderState, Renewals, Seen, Summary
from cardtool.model.procedure import Guide
from cardtool.model.redact import mask
from cardtool.model.snapshot import Failure
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import dated, judge_certificates
from cardtool.rules.timeline import with_moments
from tests.described import FILES, read
from tests.examples import ORDERS
from tests.golden.desk import AT, HOLDER, NUMBER, certificate, desk, held, person

_UNREAD = Failure(api="ctypes", name="OSError", code=None, detail="wrong ELF class: ELFCLASS32")


SEEN = (
    Seen(
        code="card-came",
        at=AT,
        severity=Severity.OK,
        verdict="nes-valid",
        readers=("ACS ACR39U ICC Reader 00 00",),
        holder=HOLDER,
        not_after_at=AT + timedelta(days=400),
    ),
    Seen(
        code="card-gone",
        at=AT,
        severity=Severity.CRITICAL,
        verdict="card-missing",
        codes=("card-missing",),
    ),
)
"""Two lines of `cardtool watch`."""


def _described(name: str) -> Diagnosis:
    (file,) = (each for each in FILES if each.stem == name)
    case = read(file)
    return diagnose(mask(case.desk()), case.at)


ASKED = _described("nes-revoked-replaced")
"""A desk with an NES of which the issuer was asked."""


def judgements() -> Mapping[str, Judged]:
    """Return what rules say of the certificates of `ASKED`."""
    return judge_certificates(ASKED.snapshot)


def certificates() -> Diagnosis:
    """Return a desk with a certificate that has everything, and with one that cannot be read."""
    whole = certificate(
        person(),
        extended_key_usage=("1.3.6.1.5.5.7.3.4",),
        policies=("2.16.792.1.2.1.1.5.7.1.1", "1.2.3"),
        qc_types=("0.4.0.1862.1.6.1",),
        qc_limit=MoneyLimit(currency="TRY", amount=5, exponent=3),
        subject_key_id="0A0B",
        authority_key_id="0C0D",
        crl_urls=("http://crl.example/a.crl",),
        ocsp_urls=("http://ocsp.example",),
        ca_issuer_urls=("http://ca.example/a.crt",),
        other_extensions=("1.3.6.1.5.5.7.1.3",),
        unreadable=("2.5.29.17",),
    )
    return diagnose(mask(desk(held(whole), held(_UNREAD, label="second"))), AT)


def drivers() -> Diagnosis:
    """Return a desk with a module that was used and one that could not be loaded."""
    snapshot = desk()
    broken = replace(snapshot.modules[0], path="/opt/old.so", info=_UNREAD, slots=_UNREAD)
    broken = replace(broken, library=_UNREAD)
    return diagnose(mask(replace(snapshot, modules=(*snapshot.modules, broken))), AT)


def calendar() -> Diagnosis:
    """Return a desk whose dates lie ahead."""
    return with_moments(diagnose(mask(desk()), AT), Policy())


def lines() -> list[Summary]:
    """Return a workstation that fills every column, one that has its card in a drawer, one bare."""
    whole = Summary(
        host="masa-17",
        host_id="0f" * 16,
        unit="Acil Servis; 2. kat",
        user="ayse",
        at=AT,
        taken_at=AT - timedelta(hours=3),
        severity=Severity.WARNING,
        verdict="nes-expiring",
        codes=("nes-expiring", "reader-driver-old"),
        reader=ReaderState.PRESENT,
        readers=("ACS ACR39U 00 00", "ACS ACR38U, 01 00"),
        holder=HOLDER,
        person=NUMBER,
        issuer="Kamu Elektronik Sertifika - Sürüm 6",
        sha256="ab" * 32,
        not_before_at=datetime(2024, 1, 10, 8, tzinfo=UTC),
        not_after_at=datetime(2027, 1, 10, 8, tzinfo=UTC),
        days_left=48,
        card_seen_at=AT - timedelta(hours=3),
        practice="nes-expiring",
    )
    whole = dated(whole, Policy())
    drawer = replace(
        whole,
        host="=masa-18",
        host_id="1e" * 16,
        unit="Vezne",
        severity=Severity.OK,
        verdict="nes-valid",
        codes=(),
        card_seen_at=AT - timedelta(days=9),
        sha256="cd" * 32,
        practice="",
    )
    bare = Summary(
        host="masa-19",
        at=AT,
        taken_at=AT - timedelta(days=2),
        severity=Severity.CRITICAL,
        verdict="reader-missing",
        codes=("reader-missing",),
        reader=ReaderState.MISSING,
    )
    return [whole, drawer, bare]


def changes() -> list[Change]:
    """Return a change of each kind."""
    first = Change(
        what="workstation-new", host="masa-17", host_id="0f" * 16, unit="Acil", taken_at=AT
    )
    old, new = "ab" * 32, "cd" * 32
    return [
        first,
        replace(first, what="verdict", before="nes-valid", after="nes-expired", by="time"),
        replace(first, what="reader-vanished", before="ACS ACR39U 00 00"),
        replace(first, what="reader-appeared", after="ACS ACR38U 01 00"),
        replace(first, what="card-changed", before=old, after=new),
        replace(first, what="card-renewed", before=old, after=new, ends_at=AT),
        Change(what="workstation-not-seen", host="masa-18", taken_at=AT),
    ]


def forecast() -> Forecast:
    """Return three months with a price, and what is overdue."""
    counts = {"2026-12": 3, "2027-01": 0, "2027-02": 12}
    return Forecast(
        at=AT,
        currency="TRY",
        lines=(
            Renewals(when="overdue", count=1, cost=1950.5),
            *(
                Renewals(when="month", month=month, count=count, cost=count * 1950.5)
                for month, count in counts.items()
            ),
            Renewals(when="later", count=2, cost=3901.0),
        ),
    )


def tally() -> dict[str, Counter[str]]:
    """Return how many workstations have which state of the reader."""
    return {"present": Counter(ok=12, warning=3), "missing": Counter(critical=4, unknown=1)}


def guides() -> list[Guide]:
    """Return the procedure with the most facts, as an institution has it."""
    institution = procedures.institution("kirikkale-ism", AT.date())
    return [procedures.guide(procedures.load()["renewal"], None, institution)]


orders = ORDERS
