# SPDX-License-Identifier: Apache-2.0
"""What issuers' servers say, as facts and as findings: own authority, real servers on loopback."""

import datetime as dt
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from msgspec.structs import replace

from cardtool.model.diagnosis import Finding
from cardtool.model.snapshot import CertificateObject, Token
from cardtool.model.trust import Online, Trust
from cardtool.probe import jobs, online
from cardtool.probe.certificate import parse
from cardtool.probe.online import cache, check
from cardtool.rules import diagnose
from tests.desks import READER, desk, module, slot
from tests.rig import web
from tests.rig.authority import (
    ISSUER,
    ROOT,
    Signer,
    answer,
    issue,
    key,
    nes,
    now,
    responder,
    revocation_list,
)
from tests.rig.web import Web

PATIENCE_S = 30.0
HOUR = dt.timedelta(hours=1)
SINCE = now() - 48 * HOUR
HOLD = x509.ReasonFlags.certificate_hold
STOLEN = x509.ReasonFlags.key_compromise
REVOKED = ocsp.OCSPCertStatus.REVOKED


pytestmark = pytest.mark.usefixtures("no_proxy")


def _settings(**some: Any) -> Online:  # noqa: ANN401 - of any kind
    return Online(**{"allow_private": True, "roots": (ROOT.sha256,), **some})


def _prove(leaf: Signer, *others: Signer, **some: Any) -> Trust:  # noqa: ANN401 - of any kind
    begun = time.monotonic()
    settings = _settings(**some)
    question = jobs.ProveTrust(
        wanted=(leaf.der.hex(),), others=tuple(each.der.hex() for each in others), settings=settings
    )
    (trust,) = check.prove(question)
    assert time.monotonic() - begun < settings.timeout_s + PATIENCE_S
    return trust


def _card(*stored: Signer) -> Token:
    return Token(
        label="AKIS",
        flags=("CKF_LOGIN_REQUIRED", "CKF_USER_PIN_INITIALIZED"),
        certificates=tuple(
            CertificateObject(content=parse(each.der), sha256=each.sha256, der=each.der.hex())
            for each in stored
        ),
    )


def _found(trust: Trust, leaf: Signer) -> dict[str, Finding]:
    """Return what is said at a desk whose card holds the certificate, as far as it is online's."""
    snapshot = desk(modules=(module(slot(_card(leaf))),))
    snapshot = replace(snapshot, trust=(trust,))
    findings = {each.code: each for each in diagnose(snapshot, now()).findings}
    is_refused = {"nes-revoked", "nes-suspended", "nes-untrusted"} & findings.keys()
    assert ("desk-ready" in findings) is not bool(is_refused)
    told = (
        "nes-trusted",
        "nes-untrusted",
        "nes-chain",
        "nes-status",
        "nes-revoked",
        "nes-suspended",
    )
    return {code: each for code, each in findings.items() if code.startswith(told)}


def _asked(server: Web, body: Callable[[Signer], bytes]) -> Signer:
    """Make an NES whose responder is on this server."""
    leaf = nes(ocsp_urls=[f"{server.url}/ocsp"])
    server.put("/ocsp", body(leaf))
    return leaf


def test_a_good_answer_and_a_known_root_are_two_findings(server: Web) -> None:
    said_at = now() - HOUR
    leaf = _asked(server, lambda leaf: answer(leaf, said_at=said_at))

    trust = _prove(leaf, ISSUER, ROOT)

    assert trust.chain == (leaf.sha256, ISSUER.sha256, ROOT.sha256)
    assert trust.anchor == ROOT.sha256
    assert trust.status is not None
    assert trust.status.source == "ocsp"
    assert trust.status.next_at == said_at + 24 * HOUR
    assert trust.attempts == ()
    found = _found(trust, leaf)
    assert list(found) == ["nes-trusted", "nes-status-good"]
    assert found["nes-trusted"].facts["root"] == ROOT.sha256
    assert found["nes-status-good"].facts["source"] == f"{server.url}/ocsp"
    (asked,) = server.seen
    assert ocsp.load_der_ocsp_request(asked.body).serial_number == leaf.certificate.serial_number


def test_a_revoked_certificate_is_told_with_since_and_reason(server: Web) -> None:
    leaf = _asked(
        server, lambda leaf: answer(leaf, status=REVOKED, revoked_at=SINCE, reason=STOLEN)
    )

    found = _found(_prove(leaf, ISSUER, ROOT), leaf)

    assert list(found) == ["nes-revoked", "nes-trusted"]
    assert found["nes-revoked"].facts["revoked_at"] == SINCE.isoformat()
    assert found["nes-revoked"].facts["reason"] == "keyCompromise"
    assert found["nes-revoked"].facts["reader"] == READER


def test_a_revocation_without_a_reason_is_unspecified(server: Web) -> None:
    leaf = _asked(server, lambda leaf: answer(leaf, status=REVOKED, revoked_at=SINCE))

    assert _found(_prove(leaf, ISSUER, ROOT), leaf)["nes-revoked"].facts["reason"] == "unspecified"


def test_a_certificate_on_hold_is_suspended(server: Web) -> None:
    leaf = _asked(server, lambda leaf: answer(leaf, status=REVOKED, revoked_at=SINCE, reason=HOLD))

    found = _found(_prove(leaf, ISSUER, ROOT), leaf)

    assert list(found) == ["nes-suspended", "nes-trusted"]
    assert found["nes-suspended"].facts["revoked_at"] == SINCE.isoformat()


def test_a_responder_that_does_not_know_it_is_believed_before_a_list(server: Web) -> None:
    leaf = nes(ocsp_urls=[f"{server.url}/ocsp"], crl_urls=[f"{server.url}/crl"])
    server.put("/ocsp", answer(leaf, status=ocsp.OCSPCertStatus.UNKNOWN))
    server.put("/crl", revocation_list())

    assert list(_found(_prove(leaf, ISSUER, ROOT), leaf)) == ["nes-status-unknown", "nes-trusted"]

    server.put("/crl", revocation_list((leaf, SINCE, STOLEN)))
    assert list(_found(_prove(leaf, ISSUER, ROOT), leaf)) == ["nes-revoked", "nes-trusted"]


def _by_stranger(leaf: Signer) -> bytes:
    other = issue("Başka", key(9))
    return answer(leaf, signer=responder(other))


def _by_unentitled(leaf: Signer) -> bytes:
    return answer(leaf, signer=nes())


def _by_wrong_key(leaf: Signer) -> bytes:
    body = answer(leaf)
    signature = ocsp.load_der_ocsp_response(body).signature
    return body.replace(signature, signature[:-1] + bytes((signature[-1] ^ 1,)))


SHA1 = bytes.fromhex("06052b0e03021a")
"""The object identifier in DER; its neighbour names no hash that anybody knows."""


def _by_rsa_in_name(leaf: Signer) -> bytes:
    body = asn1_ocsp.OCSPResponse.load(answer(leaf))
    basic = body["response_bytes"]["response"].parsed
    basic["signature_algorithm"] = {"algorithm": "sha256_rsa"}
    again: bytes = body.dump(force=True)  # type: ignore[attr-defined]
    return again


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (lambda leaf: answer(leaf, said_at=now() - 49 * HOUR), "EXPIRED"),
        (lambda leaf: answer(leaf, said_at=now() + HOUR), "EXPIRED"),
        (_by_stranger, "BAD_SIGNATURE"),
        (_by_unentitled, "BAD_SIGNATURE"),
        (_by_wrong_key, "BAD_SIGNATURE"),
        (lambda _: answer(nes()), "NOT_FOR_IT"),
        (lambda leaf: answer(leaf)[:-20], "DAMAGED"),
        (lambda leaf: answer(leaf).replace(SHA1, bytes.fromhex("06052b0e03021b")), "DAMAGED"),
        (_by_rsa_in_name, "DAMAGED"),
        (lambda _: b"<html>", "DAMAGED"),
        (lambda _: b"", "DAMAGED"),
        (lambda _: b"0" * 200_000, "TOO_LARGE"),
        (
            lambda _: ocsp.OCSPResponseBuilder.build_unsuccessful(
                ocsp.OCSPResponseStatus.TRY_LATER
            ).public_bytes(Encoding.DER),
            "REFUSED",
        ),
    ],
)
def test_an_answer_that_cannot_be_used_is_none(
    server: Web, body: Callable[[Signer], bytes], why: str
) -> None:
    leaf = _asked(server, body)

    trust = _prove(leaf, ISSUER, ROOT)

    assert trust.status is None
    assert [each.name for each in trust.attempts] == [why]
    found = _found(trust, leaf)
    assert list(found) == ["nes-status-unreachable", "nes-trusted"]
    assert found["nes-status-unreachable"].facts["urls"] == f"{server.url}/ocsp ({why})"


@pytest.mark.parametrize("signer", [ISSUER, responder(no_check=False)], ids=["itself", "other"])
def test_the_issuer_and_a_responder_that_could_be_revoked_may_answer(
    server: Web, signer: Signer
) -> None:
    leaf = _asked(server, lambda leaf: answer(leaf, signer=signer))

    assert "nes-status-good" in _found(_prove(leaf, ISSUER, ROOT), leaf)


def test_a_port_that_is_closed_a_slow_server_and_a_bad_redirect_are_told_apart(
    server: Web,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = f"http://127.0.0.1:{gone.getsockname()[1]}/"
    slow = server.put("/slow", web.dripping())
    private = server.put("/private", web.moved(f"{server.url}/ocsp"))
    leaf = nes(ocsp_urls=[closed, private, slow])

    trust = _prove(leaf, ISSUER, ROOT, timeout_s=2)

    assert [(each.url, each.name) for each in trust.attempts] == [
        (closed, "REFUSED"),
        (private, "REDIRECTED"),
        (slow, "TIMEOUT"),
    ]
    assert list(_found(trust, leaf)) == ["nes-status-unreachable", "nes-trusted"]


def test_a_certificate_without_addresses_has_nobody_to_ask() -> None:
    leaf = nes()

    found = _found(_prove(leaf, ISSUER, ROOT), leaf)

    assert found["nes-status-unreachable"].facts["urls"] == "-"


@pytest.mark.parametrize(
    ("reason", "code"),
    [(None, "nes-status-good"), (STOLEN, "nes-revoked"), (HOLD, "nes-suspended")],
)
def test_the_list_is_asked_where_no_responder_answers(
    server: Web, reason: x509.ReasonFlags | None, code: str
) -> None:
    leaf = nes(ocsp_urls=[f"{server.url}/none"], crl_urls=[f"{server.url}/crl"])
    others = (nes(), SINCE, STOLEN)
    entries = (others,) if reason is None else (others, (leaf, SINCE, reason))
    server.put("/crl", revocation_list(*entries))

    trust = _prove(leaf, ISSUER, ROOT)

    assert trust.status is not None
    assert trust.status.source == "crl"
    assert [each.name for each in trust.attempts] == ["HTTP_404"]
    assert code in _found(trust, leaf)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (revocation_list(said_at=now() - 72 * HOUR), "EXPIRED"),
        (revocation_list(signed_with=key(8)), "BAD_SIGNATURE"),
        (revocation_list(by=issue("Başka", key(9))), "NOT_FOR_IT"),
        (revocation_list()[:-9], "DAMAGED"),
        (b"-----BEGIN X509 CRL-----\n", "DAMAGED"),
    ],
    ids=["old", "forged", "another's", "cut", "half a PEM"],
)
def test_a_list_that_cannot_be_used_is_none(server: Web, body: bytes, why: str) -> None:
    leaf = nes(crl_urls=[server.put("/crl", body)])

    trust = _prove(leaf, ISSUER, ROOT)

    assert [each.name for each in trust.attempts] == [why]
    assert "nes-status-unreachable" in _found(trust, leaf)


def test_a_list_beyond_ten_megabytes_is_not_read(server: Web) -> None:
    leaf = nes(crl_urls=[server.put("/crl", web.endless)])

    assert [each.name for each in _prove(leaf, ISSUER, ROOT).attempts] == ["TOO_LARGE"]


def test_a_list_and_an_issuer_are_fetched_once_and_again_when_they_are_damaged(
    server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDTOOL_CACHE", str(tmp_path))
    issuer_url = server.put("/issuer.crt", ISSUER.der)
    leaf = nes(crl_urls=[server.put("/crl", revocation_list())], issuer_urls=[issuer_url])

    first = _prove(leaf, ROOT)
    second = _prove(leaf, ROOT)

    assert [each.target for each in server.seen] == ["/issuer.crt", "/crl"]
    assert first.status == second.status
    assert first.status is not None
    for file in (tmp_path / "online").iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    assert _prove(leaf, ROOT).status == first.status
    assert [each.target for each in server.seen] == ["/issuer.crt", "/crl"] * 2


def test_a_kept_list_that_is_not_genuine_is_fetched_anew(
    server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARDTOOL_CACHE", str(tmp_path))
    leaf = nes(crl_urls=[server.put("/crl", revocation_list((nes(), SINCE, STOLEN)))])
    _prove(leaf, ISSUER, ROOT)
    cache.remember(f"{server.url}/crl", revocation_list(signed_with=key(8)), now() + HOUR)

    assert "nes-status-good" in _found(_prove(leaf, ISSUER, ROOT), leaf)
    assert len(server.seen) == 2


def test_everything_goes_through_the_proxy_that_is_set(server: Web) -> None:
    leaf = nes(ocsp_urls=["http://ocsp.example/"], issuer_urls=["http://depo.example/issuer"])
    server.put("http://ocsp.example/", answer(leaf))
    server.put("http://depo.example/issuer", ISSUER.der)

    trust = _prove(leaf, ROOT, proxy=server.url, allow_private=False)

    assert list(_found(trust, leaf)) == ["nes-trusted", "nes-status-good"]


def _bundle(*signers: Signer) -> bytes:
    return pkcs7.serialize_certificates([each.certificate for each in signers], Encoding.DER)


def _pem(*signers: Signer) -> bytes:
    return b"".join(each.certificate.public_bytes(Encoding.PEM) for each in signers)


@pytest.mark.parametrize(
    "body", [ISSUER.der, _pem(ISSUER), _bundle(ROOT, ISSUER)], ids=["DER", "PEM", "bundle"]
)
def test_an_issuer_comes_from_the_address_in_the_certificate(server: Web, body: bytes) -> None:
    leaf = nes(issuer_urls=[server.put("/issuer", body)])

    trust = _prove(leaf, ROOT)

    assert trust.problem == ""
    assert trust.chain == (leaf.sha256, ISSUER.sha256, ROOT.sha256)


def test_a_whole_chain_comes_from_addresses(server: Web) -> None:
    between = issue("Ara", key(5), ROOT, issuer_urls=[server.put("/root", ROOT.der)])
    leaf = nes(between, issuer_urls=[server.put("/between", between.der)])

    assert _prove(leaf).anchor == ROOT.sha256


def test_an_issuer_comes_from_the_folder_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "all.pem").write_bytes(_pem(ISSUER, ROOT))
    (tmp_path / "notes.txt").write_text("no certificate")
    (tmp_path / "inner").mkdir()
    leaf = nes()

    assert _prove(leaf, certificates=str(tmp_path)).anchor == ROOT.sha256
    assert _prove(leaf, certificates=str(tmp_path / "none")).problem == "NO_ISSUER"


def test_a_root_that_is_not_pinned_is_told_by_its_fingerprint_and_nobody_is_asked(
    server: Web,
) -> None:
    leaf = _asked(server, answer)

    trust = _prove(leaf, ISSUER, ROOT, roots=())

    assert trust.status is None
    assert server.seen == []
    found = _found(trust, leaf)
    assert "nes-untrusted-unpinned" in found
    assert "nes-status-good" not in found
    assert found["nes-untrusted-unpinned"].facts["sha256"] == ROOT.sha256


def test_a_missing_issuer_leaves_the_chain_unproven_with_what_was_tried(server: Web) -> None:
    leaf = nes(issuer_urls=[f"{server.url}/none", server.put("/other", issue("X", key(6)).der)])

    found = _found(_prove(leaf), leaf)

    assert list(found) == ["nes-chain-unproven"]
    assert found["nes-chain-unproven"].facts["reason"] == "NO_ISSUER"
    assert found["nes-chain-unproven"].facts["urls"] == (
        f"{server.url}/none (HTTP_404), {server.url}/other (NOT_FOR_IT)"
    )


def test_a_forged_certificate_is_not_trusted() -> None:
    leaf = nes(signed_with=key(8))

    found = _found(_prove(leaf, ISSUER, ROOT), leaf)

    assert list(found) == ["nes-untrusted"]
    assert found["nes-untrusted"].facts["reason"] == "BAD_SIGNATURE"


def test_a_forged_issuer_from_the_network_is_only_no_issuer(server: Web) -> None:
    real = issue("Ara", key(5), ROOT)
    false = issue("Ara", key(5), ROOT, uses=("digital_signature",))
    url = server.put("/issuer", false.der)
    leaf = nes(real, issuer_urls=[url])

    trust = _prove(leaf)

    assert trust.problem == "NO_ISSUER"
    assert [each.name for each in trust.attempts] == ["NOT_AN_ISSUER"]


def test_who_may_not_issue_is_no_issuer() -> None:
    false = issue("Ara", key(5), ROOT, uses=("digital_signature",))
    leaf = nes(false)

    found = _found(_prove(leaf, false, ROOT), leaf)

    assert found["nes-untrusted"].facts["reason"] == "NOT_AN_ISSUER"


def test_who_may_not_have_authorities_below_it_has_none() -> None:
    above = issue("Üst", key(5), ROOT, path_length=0)
    below = issue("Alt", key(6), above)
    leaf = nes(below)

    found = _found(_prove(leaf, above, below, ROOT), leaf)

    assert found["nes-untrusted"].facts["reason"] == "NOT_AN_ISSUER"


def test_an_issuer_that_has_ended_is_told() -> None:
    ended = issue("Ara", key(5), ROOT, ends=now() - HOUR)
    leaf = nes(ended)

    assert _found(_prove(leaf, ended, ROOT), leaf)["nes-untrusted"].facts["reason"] == "EXPIRED"


def test_nothing_is_said_of_a_certificate_that_has_ended_itself() -> None:
    leaf = nes(ends=now() - HOUR)

    trust = _prove(leaf, ISSUER, ROOT)

    assert trust.problem == ""
    assert trust.anchor
    assert _found_at_all(trust, leaf) == set()


ENDED = issue("Ara", key(5), ROOT, begins=now() - 900 * 24 * HOUR, ends=now() - HOUR)
RENEWED = issue("Ara", key(5), ROOT)


@pytest.mark.parametrize(
    "first",
    [ENDED, issue("Ara", key(5), ends=now() + 999 * 24 * HOUR)],
    ids=["ended, of the same key", "self-signed, of the same key"],
)
@pytest.mark.parametrize("is_on_card", [True, False], ids=["on the card", "in the network"])
def test_a_namesake_before_the_issuer_that_counts_is_passed_over(
    server: Web,
    first: Signer,
    is_on_card: bool,  # noqa: FBT001 - a case
) -> None:
    leaf = nes(RENEWED, issuer_urls=[server.put("/issuer", RENEWED.der)])
    others = (first, RENEWED, ROOT) if is_on_card else (first, ROOT)

    trust = _prove(leaf, *others)

    assert trust.problem == ""
    assert trust.chain == (leaf.sha256, RENEWED.sha256, ROOT.sha256)
    assert bool(server.seen) is not is_on_card


def test_a_namesake_of_another_key_is_no_evidence_of_a_forgery() -> None:
    real = _without_key_ids(RENEWED, ROOT)
    leaf = _without_key_ids(nes(real), real)
    other = issue("Ara", key(6), ROOT, ends=now() + 999 * 24 * HOUR)

    assert _prove(leaf, other, ROOT).problem == "NO_ISSUER"
    assert _prove(leaf, other, real, ROOT).chain == (leaf.sha256, real.sha256, ROOT.sha256)


def _without_key_ids(signer: Signer, by: Signer) -> Signer:
    old = signer.certificate
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for each in old.extensions:
        if not isinstance(each.value, x509.AuthorityKeyIdentifier | x509.SubjectKeyIdentifier):
            builder = builder.add_extension(each.value, critical=each.critical)
    return Signer(key=signer.key, certificate=builder.sign(by.key, hashes.SHA256()))


def test_however_many_namesakes_there_are_the_search_ends() -> None:
    one = [issue("Bir", key(5), issue("İki", key(6)), path_length=each) for each in range(12)]
    two = [issue("İki", key(6), issue("Bir", key(5)), path_length=each) for each in range(12)]

    assert _prove(nes(one[0]), *one, *two).problem == "NO_ISSUER"


USAGE = bytes.fromhex("0603551d0f0101ff0404030201")
"""The extension keyUsage of an authority, up to the count of unused bits."""


@pytest.mark.parametrize("odd", ["unused bits", "nothing at all"])
def test_an_odd_issuer_hides_neither_the_real_one_nor_the_other_certificates(odd: str) -> None:
    name, _, real = RENEWED.der.partition(USAGE)
    assert real
    bad = USAGE[:-2] + (b"\x01\xff" if odd == "unused bits" else b"\x00\x01")
    strange = name + bad + real
    leaf = nes(RENEWED)
    question = jobs.ProveTrust(
        wanted=(strange.hex(), leaf.der.hex()),
        others=tuple(each.hex() for each in (strange, RENEWED.der, ROOT.der)),
        settings=_settings(),
    )

    _, trust = check.prove(question)

    assert trust.problem == ""
    assert _prove_beside(leaf, strange) == "NOT_AN_ISSUER"


def _prove_beside(leaf: Signer, other: bytes) -> str:
    question = jobs.ProveTrust(
        wanted=(leaf.der.hex(),), others=(other.hex(), ROOT.der.hex()), settings=_settings()
    )
    (trust,) = check.prove(question)
    return trust.problem


def _found_at_all(trust: Trust, leaf: Signer) -> set[str]:
    snapshot = desk(modules=(module(slot(_card(leaf))),))
    findings = diagnose(replace(snapshot, trust=(trust,)), now()).findings
    return {each.code for each in findings if each.code.startswith(("nes-trust", "nes-status"))}


def test_what_is_no_certificate_is_told() -> None:
    question = jobs.ProveTrust(wanted=("30820000",), others=("00",), settings=_settings())

    (trust,) = check.prove(question)

    assert trust.problem == "UNREADABLE"


def test_a_circle_of_issuers_comes_to_an_end() -> None:
    one = issue("Bir", key(5), issue("İki", key(6)))
    two = issue("İki", key(6), issue("Bir", key(5)))
    leaf = nes(one)

    assert _prove(leaf, one, two).problem == "NO_ISSUER"


def test_the_whole_goes_through_a_child_of_its_own(server: Web) -> None:
    leaf = _asked(server, answer)
    read = module(slot(_card(leaf, ISSUER, ROOT)))

    (trust,) = online.prove(desk(modules=(read,)), _settings())

    assert list(_found(trust, leaf)) == ["nes-trusted", "nes-status-good"]
    assert online.prove(desk(modules=(module(slot(_card(ISSUER))),)), _settings()) == ()


def test_a_fault_of_ours_in_the_child_is_called_one(server: Web) -> None:
    leaf = _asked(server, answer)
    card = _card(leaf)
    assert isinstance(card.certificates, tuple)
    odd = replace(card, certificates=(replace(card.certificates[0], der="no hex"),))

    (trust,) = online.prove(desk(modules=(module(slot(odd)),)), _settings())

    assert trust.problem == "BUG"
    assert [each.name for each in trust.attempts] == ["BUG"]


def test_several_certificates_share_the_time(server: Web) -> None:
    slow = nes(ocsp_urls=[server.put("/slow", web.silent)])
    quick = _asked(server, answer)
    question = jobs.ProveTrust(
        wanted=(slow.der.hex(), quick.der.hex()),
        others=(ISSUER.der.hex(), ROOT.der.hex()),
        settings=_settings(timeout_s=2),
    )

    first, second = check.prove(question)

    assert first.status is None
    assert second.status is not None
