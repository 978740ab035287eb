# SPDX-License-Identifier: Apache-2.0
"""The providers of qualified certificates: how they are recognised, and how holders reach them."""

import functools

import msgspec

from cardtool.catalog.toml import rows
from cardtool.model.certificate import Name
from cardtool.model.once import once
from cardtool.model.turkey import folded

_TELLING = frozenset({"CN", "O", "OU"})


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider; only ways that a public source confirms are given."""

    id: str
    """Kebab-case."""
    name: str
    """What people call it; the same in every language."""
    words: tuple[str, ...]
    """Parts of its issuers' names, folded."""
    names: tuple[str, ...] = ()
    """Its organisation as its issuers name it, whole and folded."""
    examples: tuple[str, ...]
    """Issuers' names by which it must be recognised."""
    home: str
    """The page to begin at."""
    phone: str = ""
    mail: str = ""
    renewal: str = ""
    """The page, and the menus in it, through which its certificates are renewed."""
    on_cards: tuple[str, ...] = ()
    """Families of cards that sources name."""
    source: str
    """`page.md#heading` in drivers_notes."""

    @property
    def contact(self) -> str:
        """Its name, with where to ask."""
        return f"{self.name} ({', '.join(filter(None, (self.home, self.phone, self.mail)))})"

    @property
    def renewing(self) -> str:
        """Its name, with where a renewal begins."""
        return f"{self.name} ({self.renewal})" if self.renewal else self.contact


@once
def load() -> tuple[Provider, ...]:
    """Give every provider, in the order in which they are to be tried."""
    return rows("providers.toml", Provider)


@functools.lru_cache(maxsize=256)
def of_issuer(issuer: Name) -> Provider | None:
    """Recognise a provider by an issuer's name, never by the card; None: it is not known."""
    told = [(one.type, folded(one.value)) for one in issuer.attributes if one.type in _TELLING]
    organisations = {value for kind, value in told if kind == "O"}
    for provider in load():
        words = any(word in value for _, value in told for word in provider.words)
        if words or not organisations.isdisjoint(provider.names):
            return provider
    return None


def on_family(family: str) -> tuple[Provider, ...]:
    """Return those that are known to use a family of cards: a hint."""
    return tuple(provider for provider in load() if family in provider.on_cards)
