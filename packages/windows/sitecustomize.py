# SPDX-License-Identifier: Apache-2.0
"""Loads byte code out of one file, which `bytecode` makes; Python runs this at each start.

A check loads 300 modules, and on Windows it takes longer to look for a file and to open it than to
run most of them. The file is mapped, so what is not needed is not read. Data, native modules and
whatever else is not in it are found as usual.
"""

import _frozen_importlib_external as external
import marshal
import mmap
import sys

_FOLDER = sys.executable.rpartition("\\")[0]


class _Loader(external.SourceFileLoader):
    """Loads a module as its file says, but for the byte code."""

    def get_code(self, fullname: str) -> object:  # type: ignore[override]  # marshal tells no type
        _, _, begin, end = _index[fullname]
        return marshal.loads(_codes[begin:end])  # noqa: S302 - as the file itself would be


class _Finder:
    """Finds what is in the index, as the finders of `sys.meta_path` do."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> object:
        """Say where a module is; None: somewhere else."""
        if name not in _index:
            return None
        file, is_package, _, _ = _index[name]
        file = f"{_FOLDER}\\{file}"
        inside = [file.rpartition("\\")[0]] if is_package else None
        return external.spec_from_file_location(
            name, file, loader=_Loader(name, file), submodule_search_locations=inside
        )


with open(f"{_FOLDER}\\byte-code", "rb") as _file:  # noqa: PTH123 - pathlib is not loaded yet
    _codes = mmap.mmap(_file.fileno(), 0, access=mmap.ACCESS_READ)
_index = marshal.loads(_codes[int.from_bytes(_codes[:8], "little") :])  # noqa: S302 - as above
sys.meta_path.insert(2, _Finder)  # type: ignore[arg-type]  # behind what is in Python itself
