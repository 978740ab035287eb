# SPDX-License-Identifier: Apache-2.0
"""Which certificate is an NES: a person's qualified one, told by its statements alone.

Knows nothing of cards or of dates.
"""

from cardtool.model.certificate import Certificate

_QC_COMPLIANCE = "0.4.0.1862.1.1"
"""Source: ETSI EN 319 412-5 §4.2.1."""

_QUALIFIED = frozenset({"2.16.792.1.61.0.1.5070.1.1", "2.16.792.1.61.0.1.5070.2.1"})
"""The statements of Law 5070. Source: TÜBİTAK MA3, ECertificate.java."""

_SEAL = frozenset({"2.16.792.1.61.0.1.5070.1.3", "2.16.792.1.61.0.1.5070.2.2"})
"""The restrictions that make a qualified certificate a seal. Source: the same."""


def is_nes(certificate: Certificate) -> bool:
    """Tell whether it is a person's qualified certificate, by its statements; a seal is none.

    Source: TÜBİTAK MA3, ECertificate.java.
    """
    statements = frozenset(certificate.qc_statements)
    return (
        not certificate.is_ca
        and _QC_COMPLIANCE in statements
        and bool(statements & _QUALIFIED)
        and not statements & _SEAL
    )
