# SPDX-License-Identifier: Apache-2.0
"""The records of lists, one for each line: workstations, changes, renewals, orders, people.

Lists over a store and lists over saved snapshots use the same records.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from cardtool.model.diagnosis import Severity
from cardtool.model.moments import Utc


class ReaderState(StrEnum):
    """The state of a workstation's card reader."""

    PRESENT = "present"
    """There is a reader, and nothing is known to be wrong with it."""
    MISSING = "missing"
    """USB was read and shows no reader. Only in this state is a reader ordered."""
    DRIVER = "driver"
    """A reader is on USB, but the system does not offer it: it needs IT, not an order."""
    BROKEN = "broken"
    """A reader is there, but it does not work or does not take the card."""
    UNKNOWN = "unknown"
    """It could not be found out whether there is a reader."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a workstation, judged for a moment."""

    host: str
    """Name of the workstation when it was last seen."""
    host_id: str = ""
    """An identifier that stays when the workstation is renamed; empty: the snapshot has none."""
    unit: str = ""
    """The part of the institution it belongs to, as its configuration says."""
    user: str = ""
    """Who was logged on, as the identity policy left it."""
    at: Utc
    """The moment it is judged for."""
    taken_at: Utc
    """When it was last checked."""
    severity: Severity
    """The severity of the worst finding."""
    verdict: str
    """Code of the finding that decides."""
    codes: tuple[str, ...] = ()
    """Codes of everything that is not in order, worst first."""
    reader: ReaderState
    """The state of its card reader."""
    readers: tuple[str, ...] = ()
    """Names of the readers that PC/SC offers."""
    holder: str = ""
    """Of the NES that counts, as the identity policy left it; empty: no NES was ever seen."""
    person: str = ""
    """The identity number, or its mask or hash; the same for every snapshot of one person."""
    issuer: str = ""
    """Name of the issuer of that NES."""
    sha256: str = ""
    """Fingerprint of the NES that counts: the one that lasts longest."""
    not_before_at: Utc | None = None
    """Its first second."""
    not_after_at: Utc | None = None
    """Its last second, or that of an issuer of it on the card that ends first."""
    days_left: int | None = None
    """Whole days to its end; after it minus the days since, by dates in Turkey; None: no NES."""
    card_seen_at: Utc | None = None
    """When that NES was last seen here: earlier than `taken_at` where the card is in a drawer."""
    opens_at: Utc | None = None
    """From when its renewal may be asked for; None: not asked, or no NES."""
    apply_by_at: Utc | None = None
    """The last second in which to apply for the new card to come in time; None as above."""
    practice: str = ""
    """Name of the practice case it is of; empty: a real workstation."""


What = Literal[
    "workstation-new",
    "workstation-not-seen",
    "verdict",
    "reader-appeared",
    "reader-vanished",
    "card-changed",
    "card-renewed",
]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that changed."""

    what: What
    host: str
    host_id: str = ""
    unit: str = ""
    taken_at: Utc
    """When the last snapshot before the later of the two moments was taken."""
    before: str = ""
    """A code, a reader's name or a certificate's fingerprint; empty: there was none."""
    after: str = ""
    by: Literal["look", "time"] = "look"
    """time: only a day has come, such as the end of a certificate."""
    ends_at: Utc | None = None
    """End of the certificate after; None: it is not about one."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what was plugged in or taken out, and the verdict after it."""

    code: str
    """What changed: `card-came`, `reader-gone`, ...; `started` is the first line."""
    at: Utc
    """When the check after it had ended."""
    severity: Severity
    verdict: str
    """Code of the finding that decides."""
    codes: tuple[str, ...] = ()
    """Codes of everything that is not in order, worst first."""
    readers: tuple[str, ...] = ()
    """Names of the readers that PC/SC offers."""
    holder: str = ""
    """Of the NES that counts, as the identity policy left it; empty: there is none."""
    not_after_at: Utc | None = None
    """When that NES ends."""


class Renewals(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a month, or what lies before or after all of them."""

    when: Literal["overdue", "month", "later"]
    month: str = ""
    """2027-04, in Turkey's time; empty: none."""
    unit: str = ""
    """Empty: of the whole institution, or of no known unit."""
    count: int
    cost: float | None = None
    """None: the site has set no price."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The renewals ahead, as known at a moment."""

    at: Utc
    currency: str
    by_unit: bool = False
    lines: tuple[Renewals, ...]
    """overdue first, then every month in order, then later; for each unit if `by_unit`."""


class RegisterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One person's row, as the identity policy left it; empty: the register does not say."""

    number: str = ""
    """T.C. Kimlik No, or its mask or hash: spelt as in a stored certificate."""
    name: str = ""
    unit: str = ""
    host: str = ""
    """Name of the workstation in small letters, without its domain."""
    user: str = ""
    address: str = ""
    email: str = ""


class RegisterTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A row with something wrong; the record never repeats the contents of the row."""

    sheet: str
    """Empty: a file without sheets."""
    row: int
    """As the program that shows the file counts: the first is 1."""
    reason: str
    """A word of `[label]` after `register-`."""
    kept: bool
    """The rest of the row was kept."""


class MergedRegister(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a register."""

    rows: int
    """Below the headings, empty ones left out."""
    kept: int
    """Entries in the store now."""
    new: int
    gone: int
    """Entries of the earlier register that are not in this one."""
    repeated: int
    """Rows that repeat another row."""
    troubles: tuple[RegisterTrouble, ...] = ()
    unread: tuple[str, ...] = ()
    """Headings of columns that were not understood, each once."""
    carried: tuple[str, ...] = ()
    """Meanings that this register has no column for; what was known of its people there stays."""


Form = Literal["mini", "desktop", "token"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a reader to order, or what needs IT or a provider instead of an order."""

    to_order: bool
    """USB was read and shows no reader; False: a reader is there and does not work, or what is gone
    is a USB token.
    """
    host: str
    host_id: str = ""
    unit: str = ""
    user: str = ""
    holder: str = ""
    person: str = ""
    at: Utc
    reader: ReaderState
    verdict: str
    form: Form = "mini"
    """mini takes the SIM-sized card; a token is reader and card in one."""
    assumed: bool = True
    """No reader of a known form was ever seen here."""
    model: str = ""
    """The reader that was seen here last, as the catalogue calls it or PC/SC did."""
    since_at: Utc | None = None
    """Since when every snapshot has shown the same state."""
    taken_at: Utc
    """When the latest snapshot was taken."""
    stale: bool = False
    """The latest snapshot is too old to order by: ask first."""
    known_by: str = ""
    """By what the register's entry was found: number, user or host; empty: no entry was found."""
    people: tuple[RegisterEntry, ...] = ()
    """Whose workstation it is, by the register."""
