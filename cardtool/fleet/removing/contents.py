# SPDX-License-Identifier: Apache-2.0
"""Which texts and whose certificates a snapshot holds, whatever its format version."""

from collections.abc import Iterator


def texts(node: object) -> Iterator[str]:
    """Yield every text of a document, the names of its fields too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from texts(item)


def others(node: object, fingerprints: set[str]) -> Iterator[str]:
    """Yield the identity numbers of certificates other than those with these fingerprints."""
    if isinstance(node, list):
        for item in node:
            yield from others(item, fingerprints)
    elif isinstance(node, dict) and node.get("sha256") not in fingerprints:
        subject = node.get("subject")
        if isinstance(subject, dict) and not node.get("is_ca"):
            for attribute in subject.get("attributes", ()):
                if attribute.get("type") == "serialNumber":
                    yield attribute.get("value", "")
        for value in node.values():
            yield from others(value, fingerprints)
