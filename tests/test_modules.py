# SPDX-License-Identifier: Apache-2.0
"""Which modules are found, and which of them a card gets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cardtool.catalog import load
from cardtool.model.snapshot import Failure, Library, Module, Reader, Source
from cardtool.probe import modules

_AKIS_1_0 = "3BBA11008131FE4D55454B41452056312E30AE"
_AKIS_2 = "3B9F978131FE458065544353228231C073F62180810553"
_X86_64 = Library(format="elf", machines=("x86_64",), bits=64)


def _module(path: str, source: Source = Source.CATALOG) -> Module:
    return Module(path=path, source=source, library=_X86_64)


def _tried(atr: str | None, *found: Module) -> list[str]:
    card = load().card_for(atr) if atr else None
    return [Path(each.path).name for each in modules.candidates(card, found)]


def test_a_card_gets_its_own_module_before_any_other() -> None:
    found = (_module("/usr/lib/opensc-pkcs11.so"), _module("/usr/lib/libakisp11.so"))

    assert _tried(_AKIS_1_0, *found) == ["libakisp11.so", "opensc-pkcs11.so"]


def test_a_module_for_other_cards_is_never_tried() -> None:
    found = (_module("/usr/lib/opensc-pkcs11.so"), _module("/usr/lib/libeTPkcs11.so"))

    assert _tried(_AKIS_2, *found) == []


def test_a_module_nothing_is_known_of_comes_last() -> None:
    found = (_module("/opt/x/strange.so", Source.P11_KIT), _module("/usr/lib/libakisp11.so"))

    assert _tried(_AKIS_2, *found) == ["libakisp11.so", "strange.so"]


def test_an_unknown_card_is_left_alone_by_modules_for_other_cards() -> None:
    found = (_module("/usr/lib/opensc-pkcs11.so"), _module("/opt/x/strange.so", Source.P11_KIT))

    assert _tried(None, *found) == ["strange.so"]


def test_what_the_configuration_names_is_always_tried() -> None:
    found = (_module("/usr/lib/libeTPkcs11.so", Source.CONFIGURED),)

    assert _tried(_AKIS_2, *found) == ["libeTPkcs11.so"]


def test_a_module_for_another_processor_does_not_fit() -> None:
    assert modules.fits(_module("a"), "x86_64")
    assert not modules.fits(_module("a"), "aarch64")
    missing = Module(path="a", source=Source.CONFIGURED, library=Failure(api="os", name="ENOENT"))
    assert not modules.fits(missing, "x86_64")


def test_asked_for_modules_replace_the_search_even_when_they_are_missing(tmp_path: Path) -> None:
    found = modules.find([str(tmp_path / "none.so")], ["/other.so"], 64)

    assert [(each.path, each.source) for each in found] == [
        (str(tmp_path / "none.so"), Source.CONFIGURED)
    ]
    assert isinstance(found[0].library, Failure)


_LIST = """
import sys
from cardtool.probe import modules
for each in modules.find((), sys.argv[1:], 64):
    print(each.source, each.path)
"""


def _list_modules(home: Path | str, *extra: str, cwd: Path | None = None) -> list[str]:
    environment = {**os.environ, "XDG_CONFIG_HOME": str(home)}
    listed = subprocess.run(
        [sys.executable, "-c", _LIST, *extra],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


def _some_library() -> str:
    return str(next(Path(sys.base_prefix).rglob("lib-dynload/*.so")).resolve())


def _configure(home: Path, name: str, text: str) -> None:
    folder = home / "pkcs11" / "modules"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_a_module_of_p11_kits_configuration_is_found(tmp_path: Path) -> None:
    _configure(tmp_path, "one.module", f"# a comment: no\nmodule: {_some_library()}\n")

    assert f"p11-kit {_some_library()}" in _list_modules(tmp_path)


def test_a_module_that_the_folder_one_works_in_names_is_not_loaded(tmp_path: Path) -> None:
    _configure(tmp_path / "here", "one.module", f"module: {_some_library()}\n")

    assert f"p11-kit {_some_library()}" not in _list_modules("here", cwd=tmp_path)


def test_a_module_that_p11_kit_keeps_from_this_program_is_not(tmp_path: Path) -> None:
    _configure(tmp_path, "one.module", f"module: {_some_library()}\nenable-in: p11tool, seahorse\n")
    kept = _list_modules(tmp_path)
    _configure(tmp_path, "one.module", f"module: {_some_library()}\ndisable-in: cardtool\n")
    forbidden = _list_modules(tmp_path)
    _configure(tmp_path, "one.module", f"module: {_some_library()}\nenable-in: cardtool\n")
    allowed = _list_modules(tmp_path)

    assert f"p11-kit {_some_library()}" not in kept + forbidden
    assert f"p11-kit {_some_library()}" in allowed


def test_p11_kits_priority_decides_the_order(tmp_path: Path) -> None:
    low, high = tmp_path / "low.so", tmp_path / "high.so"
    for file in (low, high):
        file.write_bytes(Path(_some_library()).read_bytes())
    _configure(tmp_path, "a.module", f"module: {low}\npriority: soon\n")
    _configure(tmp_path, "b.module", f"module: {high}\npriority: 7\n")

    own = [line for line in _list_modules(tmp_path) if str(tmp_path) in line]

    assert own == [f"p11-kit {high}", f"p11-kit {low}"]


def test_a_configured_module_comes_last_and_a_file_is_listed_once(tmp_path: Path) -> None:
    _configure(tmp_path, "one.module", f"module: {_some_library()}\n")
    link = tmp_path / "link.so"
    link.symlink_to(_some_library())

    listed = _list_modules(tmp_path, str(link), "/nowhere/none.so")

    assert listed[-1] == "configured /nowhere/none.so"
    assert not any(str(link) in line for line in listed)


_AKISP11 = r"C:\Windows\System32\akisp11.dll"
_GONE = Failure(api="pcsc", name="SCARD_E_NO_SERVICE", code=0x8010001D)
_STOPPED = Failure(api="pcsc", name="SCARD_E_SERVICE_STOPPED", code=0x8010001E)
_DENIED = Failure(api="pcsc", name="SCARD_W_SECURITY_VIOLATION", code=0x8010006A)


@pytest.mark.parametrize(
    ("path", "readers", "platform", "expected"),
    [
        (_AKISP11, _GONE, "win32", True),
        (_AKISP11, _STOPPED, "win32", True),
        (_AKISP11, (), "win32", False),
        (_AKISP11, _DENIED, "win32", False),
        (r"C:\Windows\System32\eTPKCS11.dll", _GONE, "win32", False),
        (r"C:\own\card.dll", _GONE, "win32", False),
        ("/usr/lib/libakisp11.so", _GONE, "linux", False),
    ],
)
def test_the_akis_module_is_not_loaded_while_the_service_of_windows_is_down(
    path: str, readers: tuple[Reader, ...] | Failure, platform: str, *, expected: bool
) -> None:
    assert modules.is_held_back(_module(path), readers, platform) is expected
