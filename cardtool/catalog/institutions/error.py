# SPDX-License-Identifier: Apache-2.0
"""What is raised of a profile that cannot be used; apart, since two modules raise it."""

from cardtool.catalog.handwritten import HandwrittenError


class ProfileError(HandwrittenError):
    """A profile that cannot be used: the file, the place in it, and what is wrong."""
