# SPDX-License-Identifier: Apache-2.0
"""The part of asn1crypto that is used; the package has no types of its own."""

from collections.abc import Iterator
from typing import ClassVar, Self

class Any: ...

class ObjectIdentifier:
    @property
    def dotted(self) -> str: ...

class Sequence:
    _fields: ClassVar[list[tuple[object, ...]]]
    def __getitem__(self, key: str) -> ObjectIdentifier: ...

class SequenceOf:
    _child_spec: ClassVar[type[Sequence]]
    @classmethod
    def load(cls, encoded_data: bytes, strict: bool = False) -> Self: ...
    def __iter__(self) -> Iterator[Sequence]: ...
