# SPDX-License-Identifier: Apache-2.0
"""What texts and whose certificates a snapshot holds, whatever version of it wrote them."""

from collections.abc import Iterator


def texts(node: object) -> Iterator[str]:
    """Yield every text of a document, names of fields too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from texts(value)
    elif isinstance(node, list):
        for each in node:
            yield from texts(each)


def others(node: object, fingerprints: set[str]) -> Iterator[str]:
    """Yield whose certificates a snapshot has beside those with these fingerprints."""
    if isinstance(node, list):
        for each in node:
            yield from others(each, fingerprints)
    elif isinstance(node, dict) and node.get("sha256") not in fingerprints:
        subject = node.get("subject")
        if isinstance(subject, dict) and not node.get("is_ca"):
            for each in subject.get("attributes", ()):
                if each.get("type") == "serialNumber":
                    yield each.get("value", "")
        for each in node.values():
            yield from others(each, fingerprints)
