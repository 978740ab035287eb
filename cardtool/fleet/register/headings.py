# SPDX-License-Identifier: Apache-2.0
"""Which column of a register is which: by the site's own headings, else by the usual ones.

Headings are compared without case, accents and punctuation, so "T.C. KİMLİK NO" is "tc kimlik no".
One that is not among the usual ones is understood by its words, as long as all of them are known:
"Görev Yaptığı Birim" is the unit, and "Ev Adresi" is not the address of the office.
"""

import re
from collections.abc import Mapping, Sequence

from cardtool.fleet.register.grid import Grid
from cardtool.model.refused import Refused
from cardtool.model.turkey import folded

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

_WORK = "gorev gorevli gorevi calistigi yaptigi bulundugu bagli oldugu hizmet kadro"
_WHO = "personel personelin calisan calisanin"
_OFFICIAL = "kurum kurumsal resmi is adres adresi saglik gov tr"


class _Words:
    """A heading by its words: one of each group in `needs`, and besides these only `also`."""

    def __init__(self, meaning: str, *needs: str, also: str = "") -> None:
        self.meaning = meaning
        self._needs = [frozenset(group.split()) for group in needs]
        self._known = frozenset(also.split()).union(*self._needs)

    def fits(self, words: frozenset[str]) -> bool:
        """Tell whether a heading with these words has this meaning."""
        return words <= self._known and all(words & group for group in self._needs)


_UNITS = (
    "birim birimi servis servisi bolum bolumu mudurluk mudurlugu departman departmani sube subesi"
    " klinik klinigi poliklinik unite unitesi"
)
_BY_WORDS = (
    _Words("number", "tc tckn tckno kimlik vatandaslik",
           also=f"t c turkiye cumhuriyeti tck no num numara numarasi hane haneli 11 {_WHO}"),
    _Words("name", "ad adi isim ismi", "soyad soyadi soyisim soyismi soy",
           also=f"ve ile unvan unvani kullanici kullanicinin isim ismi adi {_WHO}"),
    _Words("name", "adsoyad adisoyadi isimsoyisim", also=_WHO),
    _Words("name", "ad adi isim ismi", also=_WHO),
    _Words("surname", "soyad soyadi soyisim soyismi", also=_WHO),
    _Words("email", "eposta email mail", also=f"e elektronik {_OFFICIAL}"),
    _Words("email", "e elektronik", "posta", also=_OFFICIAL),
    _Words("address", "adres adresi",
           also=f"is kurum kurumsal teslimat teslim kargo acik birim birimi yer yeri {_WORK}"),
    _Words("user", "kullanici kullanicisi oturum hesap hesabi login username",
           also="ad adi isim ismi acma windows domain etki alani alan pc bilgisayar hesap hesabi"
           " active directory"),
    _Words("host", "bilgisayar bilgisayari pc makine makina makinesi makinasi host hostname",
           also="ad adi isim ismi no numara numarasi name masaustu kullandigi kullanilan"),
    _Words("unit", _UNITS, also=f"ad adi asil su an su anki yer yeri ait {_WORK} {_WHO}"),
    _Words("unit", "yer yeri", "gorev calistigi yaptigi bulundugu hizmet kadro",
           also=f"asil su an su anki {_WORK} {_WHO}"),
    _Words("unit", "kurum kurumu kurulus kurulusu hastane hastanesi",
           also=f"ad adi yer yeri {_WORK}"),
)  # fmt: skip
"""The first that fits counts: units come before institutions, so a list with both gives units."""

IDENTIFYING = frozenset({"number", "host", "user"})
"""Meanings by which a row belongs to a person; a row needs one of them."""

_FEWEST = 2
"""A row needs this many known headings: a title such as "T.C." alone is none."""

_SEARCHED = 200
"""Rows that are searched for headings."""


class Headings:
    """What each heading means."""

    def __init__(self, configured: Mapping[str, str]) -> None:
        """Take the site's headings by meaning; other meanings keep their usual headings.

        Raises:
            Refused: there is no such meaning.
        """
        for meaning in configured:
            if meaning not in MEANINGS:
                keys = ", ".join(MEANINGS)
                raise Refused(code="register-meaning", meaning=meaning, keys=keys)
        self._configured = configured
        names = {key: (configured[key],) if key in configured else _USUAL[key] for key in MEANINGS}
        self._meanings = {_key(name): key for key in MEANINGS for name in names[key]}
        self._meanings |= {_key(name): key for key, name in configured.items()}

    def columns(self, row: Sequence[str]) -> dict[str, int]:
        """Return the column of each meaning, if the row holds headings; else nothing.

        A usual heading wins over one that is understood by its words.
        """
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            meaning = self._meanings.get(_key(cell))
            if meaning is not None:
                places.setdefault(meaning, place)
        left = {place: _split(cell) for place, cell in enumerate(row) if cell}
        for place in places.values():
            left.pop(place)
        for known in _BY_WORDS:
            if known.meaning in places or known.meaning in self._configured:
                continue
            for place in [at for at, words in left.items() if words and known.fits(words)][:1]:
                places[known.meaning] = place
                left.pop(place)
        return places if len(places) >= _FEWEST and IDENTIFYING & places.keys() else {}

    def names(self, cell: str) -> bool:
        """Say whether a cell is a heading."""
        words = _split(cell)
        return _key(cell) in self._meanings or any(known.fits(words) for known in _BY_WORDS)

    def found_in(self, grids: Sequence[Grid]) -> int:
        """Return how many columns are understood in these sheets."""
        tops = (grid.rows[:_SEARCHED] for grid in grids)
        return sum(max((len(self.columns(row)) for _, row in rows), default=0) for rows in tops)

    def check(self, grids: Sequence[Grid]) -> None:
        """Refuse sheets without a row of headings, or without a heading that the site named.

        Raises:
            Refused: there is no such row or heading.
        """
        cells = {_key(cell) for grid in grids for _, row in grid.rows[:_SEARCHED] for cell in row}
        for meaning, name in self._configured.items():
            if _key(name) not in cells:
                raise Refused(code="register-column", meaning=meaning, name=name)
        if not self.found_in(grids):
            usual = ", ".join(_USUAL[key][0] for key in MEANINGS if key != "surname")
            raise Refused(code="register-headings", usual=usual)


def _key(heading: str) -> str:
    return "".join(filter(str.isalnum, folded(heading)))


def _split(heading: str) -> frozenset[str]:
    """Return the words of a heading without what stands in brackets."""
    return frozenset(re.findall(r"[a-z0-9]+", folded(re.sub(r"\([^()]*\)", " ", heading))))
