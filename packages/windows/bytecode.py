# SPDX-License-Identifier: Apache-2.0
"""Gathers byte code in one file, out of which `sitecustomize` loads it.

The file begins with the place of its index, in 8 bytes. Between both is the code of each module.
The index names each module's file in the folder of Python, tells whether it is a package, and where
its code begins and ends.

Python's own zipimport opens its archive anew for each module, and modules beside data or native
ones cannot lie in it. On Linux `cardtool practice` took 1.5 times as long with it.
"""

import marshal
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_HEADER = 16
"""Bytes of a `.pyc` file before the code. Source: PEP 552."""
_PLAIN = 0
"""The format of marshal that shows nothing of how often this process names an object."""
_UNUSED = ("idlelib", "lib2to3", "msilib", "pydoc_data", "unittest", "wsgiref", "xmlrpc")
"""Parts of Python's own library that are found as usual, if anything asks for them."""


class _Module(NamedTuple):
    """A module, its file in the folder of Python, and the contents of its `.pyc` file."""

    path: tuple[str, ...]
    file: str
    compiled: bytes


def gather(python: Path) -> None:
    """Move the byte code of the packages into `byte-code`, with a copy of the library's own.

    `sitecustomize` was compiled in `Lib`, where no start finds it, and is moved beside the program.
    """
    packages = python / "Lib" / "site-packages"
    index: dict[str, tuple[str, bool, int, int]] = {}
    place, codes = 8, []
    for path, file, compiled in (*_of_library(python), *_of_packages(packages)):
        is_package = path[-1] == "__init__"
        code = compiled[_HEADER:]
        end = place + len(code)
        index[".".join(path[:-1] if is_package else path)] = file, is_package, place, end
        codes.append(code)
        place = end
    whole = (place.to_bytes(8, "little"), *codes, marshal.dumps(index, _PLAIN))
    (python / "byte-code").write_bytes(b"".join(whole))
    for loader in (*packages.parent.glob("*.py"), packages.parent / "__pycache__"):
        loader.rename(python / loader.name)


def _of_library(python: Path) -> Iterator[_Module]:
    (library,) = python.glob("python*.zip")
    with zipfile.ZipFile(library) as files:
        for name in sorted(files.namelist()):
            path = tuple(name.removesuffix(".pyc").split("/"))
            if name.endswith(".pyc") and path[0] not in _UNUSED:
                yield _Module(path, "\\".join((library.name, *name.split("/"))), files.read(name))


def _of_packages(packages: Path) -> Iterator[_Module]:
    for folder in sorted(packages.rglob("__pycache__")):
        for file in sorted(folder.glob("*.pyc")):
            stem = file.name.partition(".")[0]
            path = (*folder.parent.relative_to(packages).parts, stem)
            source = "\\".join(("Lib", packages.name, *path))
            yield _Module(path, f"{source}.py", file.read_bytes())
        shutil.rmtree(folder)
