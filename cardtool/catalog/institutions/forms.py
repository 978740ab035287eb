# SPDX-License-Identifier: Apache-2.0
"""Whether a value of a profile has the form that its key asks for. Says nothing of its truth."""

import re
from urllib.parse import urlsplit

from stdnum import iban
from stdnum.exceptions import ValidationError

from cardtool.model.procedure import LINK, Kind
from cardtool.model.refused import Refused

_LIMIT_LETTERS = 300

_PHONE = re.compile(r"444\d{4}|0[2-9]\d{9}|\+90[2-9]\d{9}", re.ASCII)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}")


def check_text(value: str, file: str, place: str) -> None:
    """Refuse a text that cannot be shown as one line.

    Raises:
        Refused: it is empty, too long, or has letters that nobody sees.
    """
    if not value.strip():
        raise Refused(code="institution-empty", file=file, place=place)
    if len(value) > _LIMIT_LETTERS or not value.isprintable():
        raise Refused(code="institution-text", file=file, place=place, limit=_LIMIT_LETTERS)


def check_form(kind: Kind, value: str, file: str, place: str) -> None:
    """Refuse a value that is not of this kind.

    Raises:
        Refused: it is none, and how one is written.
    """
    match kind:
        case Kind.IBAN if not _is_turkish_iban(value):
            raise Refused(code="institution-iban", file=file, place=place, value=value)
        case Kind.LINK if not _is_link(value):
            raise Refused(code="institution-link", file=file, place=place, value=value)
        case Kind.PHONE if not _PHONE.fullmatch(re.sub(r"[ ()-]", "", value)):
            raise Refused(code="institution-phone", file=file, place=place, value=value)
        case Kind.MAIL if not _MAIL.fullmatch(value):
            raise Refused(code="institution-mail", file=file, place=place, value=value)


def _is_turkish_iban(value: str) -> bool:
    try:
        return iban.validate(value).startswith("TR")
    except ValidationError:
        return False


def _is_link(value: str) -> bool:
    """Say whether it is the address of a page; nobody's name or password may stand in it.

    One of which a view would make only a part a link is none.
    """
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    named = re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", host) and "@" not in parts.netloc
    return bool(re.fullmatch(LINK, value) and named and port != 0)
