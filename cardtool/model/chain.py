# SPDX-License-Identifier: Apache-2.0
"""Which of the certificates on the cards issued which."""

from collections.abc import Iterable

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import CertificateObject


def chain(
    first: CertificateObject, known: Iterable[CertificateObject]
) -> tuple[CertificateObject, ...]:
    """Return a certificate followed by its issuers among those known, each once.

    Issuers are recognised by name and key identifier, which proves nothing: no signature is
    verified. The chain ends at a self-signed certificate, or if no issuer is known.
    """
    left = {stored.sha256: stored for stored in known if stored.sha256 != first.sha256}
    links = [first]
    while (issuer := _issuer(links[-1], left.values())) is not None:
        links.append(left.pop(issuer.sha256))
    return tuple(links)


def _issuer(
    child: CertificateObject, known: Iterable[CertificateObject]
) -> CertificateObject | None:
    """Return the issuer; if several have its name and key, the one that lasts longest.

    Source: RFC 5280 §4.2.1.1 (key identifiers tell several keys of one name apart), §6.1.
    """
    content = child.content
    if not isinstance(content, Certificate) or content.subject == content.issuer:
        return None
    fitting = [
        (content.authority_key_id == other.subject_key_id, other.not_after_at, stored)
        for stored in known
        if isinstance(other := stored.content, Certificate)
        and other.subject == content.issuer
        and other.subject.attributes
        and content.authority_key_id in ("", other.subject_key_id or content.authority_key_id)
    ]
    return max(fitting, key=lambda fit: fit[:2])[2] if fitting else None
