# SPDX-License-Identifier: Apache-2.0
"""The modules of the rig for Windows: the same C sources, and the same scripts of theirs."""

from pathlib import Path

from tests.rig import driver, modules
from tests.windows.cache import MODULES
from tests.windows.mingw import compile_dll

STAND_IN = {bits: MODULES / f"akisp11-{bits}.dll" for bits in (64, 32)}
"""The stand-in for the vendor's module, by the size of a pointer."""

_NAMES = {"libakisp11": "akisp11", "libeTPkcs11": "eTPKCS11"}
"""What vendors call their modules on Linux and on Windows."""


def build() -> None:
    """Compile the stand-in anew."""
    MODULES.mkdir(exist_ok=True)
    for bits, library in STAND_IN.items():
        compile_dll(driver.SOURCE, library, bits=bits)


def are_built() -> bool:
    """Tell whether the stand-in is there, and newer than its source."""
    newest = max(file.stat().st_mtime for file in driver.SOURCE.parent.iterdir())
    return all(each.exists() and each.stat().st_mtime > newest for each in STAND_IN.values())


def for_windows(module: modules.Module, *needs: Path) -> Path:
    """Compile a scripted module once more, from the script that was written for Linux."""
    name = module.path.stem
    library = module.path.with_name(f"{_NAMES.get(name, name)}.dll")
    include = module.path.with_suffix(".windows")
    include.mkdir(exist_ok=True)
    script = (module.path.with_suffix(".include") / "script.h").read_text()
    log = f'#define LOGIN_LOG "Z:{module.login_log}"'
    lines = (log if line.startswith("#define LOGIN_LOG") else line for line in script.splitlines())
    (include / "script.h").write_text("\n".join(lines).replace('"/', '"Z:/') + "\n")
    compile_dll(modules.SOURCE, library, f"-I{include}", needs=needs)
    return library
