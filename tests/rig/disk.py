# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, as a writer meets it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size, for the block alone: what tests report goes to a file too."""
    if sys.platform == "win32":
        raise NotImplementedError
    else:
        import resource  # noqa: PLC0415 - Windows has no such limit

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
