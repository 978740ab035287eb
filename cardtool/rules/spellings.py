# SPDX-License-Identifier: Apache-2.0
"""Finds codes, numbers and ids in a text, in the ways in which people and programs write them.

Says nothing of what they mean.
"""

import re

from cardtool.model.turkey import folded

_HYPHENS = (
    r"\-" "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
)
_LETTER = "[K\N{CYRILLIC CAPITAL LETTER KA}]"
_OWN = re.compile(
    rf"\W*(?:(?:what is|bulgu|finding|kod|code|numara|number|no)\W+)?{_LETTER}a?"
    rf"[\s.:#_{_HYPHENS}]*(?:(?:tire|eksi|dash|minus)\s*)?0*(\d{{1,4}})"
    r"(?:\W+(?:kodu|nedir|problem|warning|sorun var|uyarı))?\W*",
    re.IGNORECASE,
)
"""The whole of a text that is a number of ours, however it was heard on the telephone."""
_OWN_INSIDE = re.compile(
    rf"(?<!\w){_LETTER}\s?[{_HYPHENS}]\s?0*(\d{{1,4}})(?!\w|\.\d)", re.IGNORECASE
)
_CODE = re.compile(r"(?<![\w-])[a-z]++(?:-[a-z]++)+(?![\w-])", re.IGNORECASE)
_SYMBOL = re.compile(r"\b[A-Z][A-Z0-9]*+(?:_[A-Z0-9]+)+")
_PREFIX = re.compile(r"\A(?:SCARD_|[EFPW]_|CM_PROB_|CKR_|NTE_|CRYPT_E_|CERT_E_|ERROR_)")
"""What people leave out of a symbol."""

_HEX = re.compile(r"(?:\b0x|&h|#)([0-9a-f]{1,16})(?:[lu]{1,3})?\b", re.IGNORECASE)
_LONG = re.compile(r"(?<![\w-])(-?\d{9,10}|[0-9A-F]{8})[hlu]?\b(?! \w{1,40}\.c:\d)", re.IGNORECASE)
"""How some programs show an HRESULT: decimal, often negative, or hexadecimal without 0x.

The eight digits with which pcscd begins a line are microseconds.
"""
_PAIRS = re.compile(r"(?:0x)?([0-9A-F]{2}(?: ?[0-9A-F]{2}){1,3})", re.IGNORECASE)
_STATUS = re.compile(
    r"\b(?:SW(?:1 ?,? ?SW2)?|status(?: words?)?)\W{0,4}(?:0x)?([69][0-9A-F])\s?([0-9A-F]{2})\b"
    r"|\bSW1\W{0,4}(?:0x)?([69][0-9A-F])\W{1,4}SW2\W{0,4}(?:0x)?([0-9A-F]{2})\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:code|kodu?|error|hata(?:s[ıi])?|fehler|\brv|status|ckr_\w+)\W{0,4}(?<!-)(\d{1,5})\b(?!\.\d)",
    re.IGNORECASE,
)
_PROBLEM = re.compile(r"(?:code|kodu?)\W{0,3}(\d{1,3})\b", re.IGNORECASE)
_PLAIN = re.compile(r"(?:0x)?[0-9A-F]{1,4}", re.IGNORECASE)
_INTERFACE_WORDS = {
    "pkcs11": re.compile(r"ckr[_\W]|pkcs ?#?11|\brv\b|\bp11\b|\bC_[A-Z]", re.IGNORECASE),
    "card": re.compile(r"\bSW[12]?\b|status word|apdu", re.IGNORECASE),
    "windows": re.compile(r"win32|loadlibrary|windows (?:error|hatas)|system error", re.IGNORECASE),
    "problem": re.compile(r"cm_prob|problem|device manager|ayg[ıi]t|cihaz|ger[äa]t", re.IGNORECASE),
}
"""Words that tell which interface a number is of."""

_FOUR = r"(?:0x)?([0-9A-F]{4})"
_VENDOR, _PRODUCT = r"(?:vid|idvendor|vendor id)", r"(?:pid|idproduct|product id)"
_USB = re.compile(
    rf"\b{_VENDOR}[\W_]{{0,14}}{_FOUR}\b.{{0,80}}?{_PRODUCT}[\W_]{{0,14}}{_FOUR}(?![0-9A-F])"
    rf"|(?<![\w.:]){_FOUR}:{_FOUR}(?![\w.:])|\busb:{_FOUR}/{_FOUR}\b",
    re.IGNORECASE | re.DOTALL,
)
_USB_TURNED = re.compile(
    rf"\b{_PRODUCT}[\W_]{{0,14}}{_FOUR}\b.{{0,80}}?{_VENDOR}[\W_]{{0,14}}{_FOUR}\b",
    re.IGNORECASE | re.DOTALL,
)
"""How macOS lists a device."""
_USB_ALONE = re.compile(rf"{_FOUR}[\s:/,-]{{0,3}}{_FOUR}", re.IGNORECASE)
_IS_HEX = re.compile(r"[0-9A-F]+", re.IGNORECASE)

_FROM_WIN32 = 0x8007
"""How an HRESULT begins that holds a plain error of Windows. Source: Windows, winerror.h."""
_SIGNED = 1 << 32
_LARGE = 1 << 16
_HEX_DIGITS = 8


def key(text: str) -> str:
    """Return the letters and digits of a text in one spelling, to compare names by."""
    return re.sub(r"[\W_]", "", folded(text)).replace("recogniz", "recognis")


def words(text: str) -> frozenset[str]:
    """Return the words of a text, folded."""
    return frozenset(re.findall(r"\w+", folded(text)))


def are_all_said(starts: list[str], spoken: frozenset[str]) -> bool:
    """Tell whether with each of these beginnings a word begins that was spoken."""
    return all(any(word.startswith(start) for word in spoken) for start in starts)


def own_numbers(text: str) -> set[int]:
    """Return the numbers of findings that a text names: K-14."""
    whole = _OWN.fullmatch(text)
    found = {int(digits) for digits in _OWN_INSIDE.findall(text)}
    found |= {int(whole[1])} if whole else set()
    return found | ({int(text)} if re.fullmatch(r"\d{1,4}", text) else set())


def own_codes(text: str) -> set[str]:
    """Return what may be codes of findings in a text: words with hyphens."""
    return {code.lower() for code in _CODE.findall(text)}


def symbols(text: str) -> set[str]:
    """Return what may be symbols of errors in a text."""
    return set(_SYMBOL.findall(text.upper()))


def keys_of(symbol: str) -> set[str]:
    """Return the keys under which somebody may ask for a symbol."""
    less = _PREFIX.sub("", symbol)
    return {key(symbol), key(less), key(_PREFIX.sub("", less))}


def numbers(text: str) -> dict[str, set[int]]:
    """Return the numbers in a text that may be errors, by the interface that uses such numbers."""
    pairs = _PAIRS.fullmatch(text)
    spoken = {int(digits) for digits in _SAID.findall(text)}
    statuses = {int("".join(match), 16) for match in _STATUS.findall(text)}
    if pairs and len(digits := pairs[1].replace(" ", "")) < _HEX_DIGITS:
        statuses.add(int(digits, 16))
    hexadecimal = {int(digits, 16) % _SIGNED for digits in _HEX.findall(text)}
    for digits in [*_LONG.findall(text), *([pairs[1].replace(" ", "")] if pairs else [])]:
        is_decimal = digits.lstrip("-").isdecimal() and len(digits) > _HEX_DIGITS
        hexadecimal.add(int(digits, 10 if is_decimal else 16) % _SIGNED)
    plain, decimal = set[int](), set[int]()
    if _PLAIN.fullmatch(text):  # the whole text is one number: it may be any
        plain, decimal = {int(text, 16)}, {int(text)} if text.isdecimal() else set()
    large = {number for number in hexadecimal if number >= _LARGE}
    small = hexadecimal - large if not statuses else set()
    of_windows = {number & 0xFFFF for number in large if number >> 16 == _FROM_WIN32}
    problems = {int(digits) for digits in _PROBLEM.findall(text)}
    found = {
        "pkcs11": small | plain | decimal,
        "problem": small | problems | decimal,
        "windows": small | spoken | decimal,
        "card": small | statuses | plain,
    }
    interfaces = {api for api, words in _INTERFACE_WORDS.items() if words.search(text)}
    if "pkcs11" in interfaces:
        found["pkcs11"] |= spoken
    for api in found.keys() - interfaces if interfaces else ():
        found[api] = set()
    found["problem"] |= problems if interfaces <= {"windows"} else set()
    return {
        "pcsc": large,
        "pkcs11": found["pkcs11"] | large,
        "problem": found["problem"],
        "windows": found["windows"] | large | of_windows,
        "card": found["card"] | statuses,
    }


def usb_ids(text: str) -> list[str]:
    """Return the ids of USB devices in a text, each as VVVV:PPPP."""
    found = [":".join(filter(None, match)) for match in _USB.findall(text)]
    found += [f"{vendor}:{product}" for product, vendor in _USB_TURNED.findall(text)]
    return [one.upper() for one in dict.fromkeys(found)]


def usb_id_alone(text: str) -> str:
    """Return the id that the whole of a text may be, in any form; empty: it is none."""
    whole = _USB_ALONE.fullmatch(text)
    return f"{whole[1]}:{whole[2]}".upper() if whole else ""
