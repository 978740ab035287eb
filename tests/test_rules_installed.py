# SPDX-License-Identifier: Apache-2.0
"""What is said of modules as files: copies that differ, several products, one better not loaded."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cardtool.model.snapshot import Failure, Module, Snapshot, Source
from cardtool.rules import diagnose
from tests.desks import (
    AKISP11,
    AT,
    GONE,
    HOST,
    HUNG,
    OPENSC,
    SECOND,
    codes,
    desk,
    fileless,
    module,
    nes,
    only,
    reader,
    slot,
    token,
    unloaded,
)

AKIS_V10 = "3BBA11008131FE4D55454B41452056312E30AE"
ETPKCS11 = "/usr/lib/libeTPkcs11.so"


def _copy(path: str, size_bytes: int, machine: str = "x86_64") -> Module:
    return module(path=path, machine=machine, size_bytes=size_bytes)


OTHER_COPY = "/opt/Akia/libakisp11.so"


def test_two_copies_of_a_driver_of_different_sizes_are_a_warning() -> None:
    reading = module(slot(token(nes())), size_bytes=1000)

    differing = desk(modules=(reading, _copy(OTHER_COPY, 2000)))

    assert codes(differing) == ["driver-copies-differ"]
    assert only(differing, "driver-copies-differ").facts == {
        "product": "AKİA (AKİS)",
        "paths": f"{AKISP11}, {OTHER_COPY}",
    }


@pytest.mark.parametrize(
    "other",
    [
        _copy(OTHER_COPY, 1000),
        _copy(OTHER_COPY, 0),
        _copy(OTHER_COPY, 2000, "i386"),
        _copy("/usr/lib/libpkcs11wrapper.so", 2000),
        fileless(OTHER_COPY, source=Source.CATALOG),
    ],
)
def test_copies_of_one_size_or_for_another_machine_or_product_are_none(other: Module) -> None:
    reading = module(slot(token(nes())), size_bytes=1000)

    assert codes(desk(modules=(reading, other))) == []


def test_copies_of_two_programs_of_one_product_and_of_a_driver_nobody_needs_are_no_matter() -> None:
    reading = module(slot(token(nes())), path=OPENSC, size_bytes=1000)
    onepin = _copy("/usr/lib/x86_64-linux-gnu/onepin-opensc-pkcs11.so", 2000)
    unneeded = _copy(ETPKCS11, 1), _copy("/usr/lib64/libeTPkcs11.so", 2)

    assert codes(desk((reader(AKIS_V10),), (reading, onepin))) == []
    assert codes(desk(modules=(module(slot(token(nes()))), *unneeded))) == []


def test_drivers_of_several_products_are_named_each_once() -> None:
    def found(*others: Module) -> list[dict[str, str | int]]:
        here = diagnose(desk(modules=(module(slot(token(nes()))), *others)), AT).findings
        return [each.facts for each in here if each.code == "drivers-several"]

    store = unloaded("/usr/lib/softhsm/libsofthsm2.so")
    assert found(unloaded(OTHER_COPY), store, unloaded("/x.so", source=Source.P11_KIT)) == []
    assert found(fileless(ETPKCS11)) == []
    named = found(unloaded(ETPKCS11), unloaded("/usr/lib/libIDPrimePKCS11.so"))
    assert named == [{"products": "AKİA (AKİS), SafeNet Authentication Client"}]


def _windows(module: Module, readers: Failure = GONE, platform: str = "win32") -> list[str]:
    here = desk(readers, (module,), replace(HOST, platform=platform))
    return [each.code for each in diagnose(here, AT).findings]


AKIS_DLL = r"C:\Windows\System32\akisp11.dll"


def test_akisp11_is_not_loaded_while_the_service_of_windows_is_down() -> None:
    assert "driver-held-back" in _windows(unloaded(AKIS_DLL))
    assert "driver-held-back" in _windows(unloaded(AKIS_DLL, source=Source.CONFIGURED))


@pytest.mark.parametrize(
    ("found", "readers", "platform"),
    [
        (module(path=AKIS_DLL), GONE, "win32"),
        (unloaded(AKIS_DLL, machine="i386"), GONE, "win32"),
        (unloaded(r"C:\Windows\System32\eTPKCS11.dll"), GONE, "win32"),
        (unloaded(AKIS_DLL), HUNG, "win32"),
        (unloaded(AKISP11), GONE, "linux"),
        (fileless(AKIS_DLL), GONE, "win32"),
    ],
)
def test_nothing_else_is_held_back(found: Module, readers: Failure, platform: str) -> None:
    assert "driver-held-back" not in _windows(found, readers, platform)


def test_with_readers_to_ask_for_nothing_is_held_back() -> None:
    here = desk((), (unloaded(AKIS_DLL),), replace(HOST, platform="win32"))

    assert "driver-held-back" not in [each.code for each in diagnose(here, AT).findings]


def _ready(here: Snapshot) -> tuple[str, ...]:
    return only(here, "desk-ready").steps


def test_whoever_has_several_to_choose_from_is_told_to_choose_first() -> None:
    signing = module(slot(token(nes())))
    other = unloaded(ETPKCS11)
    old = nes(ends_at=AT - timedelta(days=9), serial="01")

    assert _ready(desk(modules=(signing,)))[0] == "start-program-for-linux"
    several = _ready(desk((reader(), reader(None, SECOND)), (signing, other)))
    assert several[:2] == ("choose-certificate", "choose-driver")
    assert _ready(desk(modules=(module(slot(token(nes(), old))),)))[0] == "choose-certificate"
    driver = only(desk(modules=(signing, other)), "desk-ready")
    assert (driver.steps[0], driver.facts["module"]) == ("choose-driver", AKISP11)
