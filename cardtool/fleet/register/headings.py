# SPDX-License-Identifier: Apache-2.0
"""Which column of a register is which: by the site's own headings, else by the usual ones.

Headings are compared without case, accents and punctuation, so "T.C. KİMLİK NO" is "tc kimlik no".
"""

from collections.abc import Mapping, Sequence

from cardtool.fleet.register.grid import Grid, RegisterError
from cardtool.rules.policy import folded

MEANINGS = ("number", "name", "surname", "unit", "host", "user", "address", "email")

_USUAL = {
    "number": (
        "T.C. Kimlik No", "T.C. Kimlik Numarası", "T.C. No", "T.C.", "TCKN", "TCKNO", "TCK No",
        "Kimlik No", "Kimlik Numarası", "Vatandaşlık No", "T.C. Vatandaşlık No", "Identity number",
        "National ID", "T.C. identity number",
    ),
    "name": (
        "Adı Soyadı", "Ad Soyad", "Adı ve Soyadı", "Ad ve Soyad", "İsim Soyisim", "Personel",
        "Personel Adı", "Personel Adı Soyadı", "Personelin Adı Soyadı", "Adı", "Ad", "İsim",
        "Name", "Full name", "First name",
    ),
    "surname": ("Soyadı", "Soyad", "Soyisim", "Surname", "Last name"),
    "unit": (
        "Birimi", "Birim", "Birim Adı", "Görev Birimi", "Görev Yeri", "Görevli Olduğu Birim",
        "Çalıştığı Birim", "Çalıştığı Yer", "Servis", "Servisi", "Bölüm", "Bölümü", "Müdürlük",
        "Müdürlüğü", "Departman", "Şube", "Şubesi", "Unit", "Department",
    ),
    "host": (
        "Bilgisayar", "Bilgisayar Adı", "Bilgisayarı", "Bilgisayar No", "PC", "PC Adı", "PC No",
        "Cihaz Adı", "İş İstasyonu", "Computer", "Computer name", "Host", "Hostname",
        "Workstation",
    ),
    "user": (
        "Kullanıcı", "Kullanıcı Adı", "Oturum Adı", "Etki Alanı Kullanıcısı", "User", "Username",
        "User name", "Login",
    ),
    "address": (
        "Adres", "Adresi", "Görev Adresi", "İş Adresi", "Kurum Adresi", "Teslimat Adresi",
        "Address",
    ),
    "email": ("E-posta", "E-posta Adresi", "Eposta", "E-mail", "Mail", "Mail Adresi", "Email"),
}  # fmt: skip

TELLING = frozenset({"number", "host", "user"})
"""What tells whose row it is."""

_FEWEST = 2
"""A title such as "T.C." in a row of its own is no heading."""

_LOOKED_AT = 200
"""Rows in which headings are looked for."""


class Headings:
    """What each heading means."""

    def __init__(self, configured: Mapping[str, str]) -> None:
        """Take the site's headings by meaning; a meaning it does not set keeps the usual ones.

        Raises:
            RegisterError: a meaning that there is none of.
        """
        for meaning in configured:
            if meaning not in MEANINGS:
                keys = ", ".join(MEANINGS)
                raise RegisterError(code="register-meaning", meaning=meaning, keys=keys)
        self._configured = configured
        names = {key: (configured[key],) if key in configured else _USUAL[key] for key in MEANINGS}
        self._meanings = {_key(name): key for key in MEANINGS for name in names[key]}
        self._meanings |= {_key(name): key for key, name in configured.items()}

    def columns(self, row: Sequence[str]) -> dict[str, int]:
        """Return the place of each meaning, if a row holds headings; else nothing."""
        found: dict[str, int] = {}
        for place, cell in enumerate(row):
            meaning = self._meanings.get(_key(cell))
            if meaning is not None:
                found.setdefault(meaning, place)
        return found if len(found) >= _FEWEST and TELLING & found.keys() else {}

    def names(self, cell: str) -> bool:
        """Say whether a cell is a heading."""
        return _key(cell) in self._meanings

    def found_in(self, grids: Sequence[Grid]) -> int:
        """Return how many columns are known in some sheets, as they are read."""
        return sum(
            max((len(self.columns(row)) for _, row in each.rows[:_LOOKED_AT]), default=0)
            for each in grids
        )

    def check(self, grids: Sequence[Grid]) -> None:
        """Refuse sheets in which no row has headings, or none has one that the site named.

        Raises:
            RegisterError: it is so.
        """
        every = {_key(cell) for each in grids for _, row in each.rows[:_LOOKED_AT] for cell in row}
        for meaning, name in self._configured.items():
            if _key(name) not in every:
                raise RegisterError(code="register-column", meaning=meaning, name=name)
        if not self.found_in(grids):
            usual = ", ".join(_USUAL[key][0] for key in MEANINGS if key != "surname")
            raise RegisterError(code="register-headings", usual=usual)


def _key(heading: str) -> str:
    return "".join(filter(str.isalnum, folded(heading)))
