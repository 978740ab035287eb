# SPDX-License-Identifier: Apache-2.0
"""The part of asn1crypto.crl that is used; what is nested in it is not typed."""

from typing import Any, Self

class CertificateList:
    @classmethod
    def load(cls, encoded_data: bytes, strict: bool = False) -> Self: ...
    def __getitem__(self, key: str) -> Any: ...  # noqa: ANN401 - typed nowhere
