# SPDX-License-Identifier: Apache-2.0
"""The calls to Windows's configuration manager, against a library of our own with its functions.

It answers from the recorded nodes. That proves the order, types and sizes of the arguments as the
header has them; that Windows answers so is not proven here.
"""

import ctypes
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from cardtool.model.snapshot import Failure
from cardtool.probe.usb import _windows, parse
from tests.conftest import require
from tests.rig.compiler import compile_library

_RECORDED = Path(__file__).parent / "recorded/usb/windows.json"

_SOURCE = """
#include <stdint.h>
#include <string.h>
#include <wchar.h>

struct node { const wchar_t *id, *parent, *value[15]; uint32_t bytes[15], problem; };
static const struct node nodes[] = { %s };
enum { COUNT = sizeof nodes / sizeof *nodes, PARENTS = 1000 };

int refuse_list, refuse_size, grow, rootless, pulled = -1;

static uint32_t listed(void)
{
    uint32_t length = 1;
    for (int i = 0; i < COUNT; i++)
        length += wcslen(nodes[i].id) + 1;
    return length;
}

uint32_t CM_Get_Device_ID_List_SizeW(uint32_t *length, const wchar_t *filter, uint32_t flags)
{
    if (flags != 0x101 || wcscmp(filter, L"USB"))
        return 0x04;
    *length = grow ? 1 : listed();
    return refuse_size;
}

uint32_t CM_Get_Device_ID_ListW(const wchar_t *filter, wchar_t *buffer, uint32_t length,
                                uint32_t flags)
{
    if (flags != 0x101 || wcscmp(filter, L"USB"))
        return 0x04;
    if (refuse_list)
        return refuse_list;
    if (length < listed())
        return grow--, 0x1A;
    for (int i = 0; i < COUNT; buffer += wcslen(nodes[i++].id) + 1)
        wcscpy(buffer, nodes[i].id);
    *buffer = 0;
    return 0;
}

uint32_t CM_Locate_DevNodeW(uint32_t *instance, const wchar_t *id, uint32_t flags)
{
    for (int i = 0; i < COUNT && !flags; i++)
        if (!wcscmp(id, nodes[i].id) && i != pulled)
            return *instance = i + 1, 0;
    return 0x0D;
}

uint32_t CM_Get_DevNode_Status(uint32_t *status, uint32_t *problem, uint32_t instance,
                               uint32_t flags)
{
    if (flags || instance - 1 == (uint32_t)(pulled - 100))
        return 0x0D;
    uint32_t known = nodes[instance - 1].problem;
    *status = known ? 0x01806400 : 0x0180600A;
    *problem = known ? known : 77; /* means nothing without its flag */
    return 0;
}

uint32_t CM_Get_Parent(uint32_t *parent, uint32_t instance, uint32_t flags)
{
    if (flags || rootless || !nodes[instance - 1].parent)
        return 0x0D;
    *parent = PARENTS + instance - 1;
    return 0;
}

uint32_t CM_Get_Device_IDW(uint32_t instance, wchar_t *buffer, uint32_t length, uint32_t flags)
{
    const wchar_t *id = nodes[instance - PARENTS].parent;
    if (flags || wcslen(id) + 1 > length)
        return 0x1A;
    wcscpy(buffer, id);
    return 0;
}

uint32_t CM_Get_DevNode_Registry_PropertyW(uint32_t instance, uint32_t property, uint32_t *kind,
                                           void *buffer, uint32_t *bytes, uint32_t flags)
{
    const struct node *node = &nodes[instance - 1];
    if (flags || !node->value[property])
        return 0x25;
    *kind = property == 2 || property == 3 ? 7 : 1;
    if (*bytes < node->bytes[property])
        return 0x1A;
    *bytes = node->bytes[property];
    memcpy(buffer, node->value[property], *bytes);
    return 0;
}
"""


def _wide(*texts: str) -> str:
    r"""Write texts as one C literal with a NUL after each; `\0` alone, lest a digit follows."""
    return ' L"\\0" '.join(f"L{json.dumps(text)}" for text in texts)


def _initialise(node: parse.DeviceNode) -> str:
    values = {
        1: (node.description,) if node.description else (),
        3: (*node.compatible_ids, "") if node.compatible_ids else (),
        0xC: (node.manufacturer,) if node.manufacturer else (),
        0xD: (node.friendly_name,) if node.friendly_name else (),
        0xE: (node.location,) if node.location else (),
    }
    known = {which: _wide(*texts) for which, texts in values.items() if texts}
    literals = ", ".join(f"[{which}] = {text}" for which, text in known.items())
    sizes = ", ".join(f"[{which}] = sizeof({text})" for which, text in known.items())
    parent = _wide(node.parent) if node.parent else "0"
    return f"{{{_wide(node.id)}, {parent}, {{{literals}}}, {{{sizes}}}, {node.problem}}}"


@pytest.fixture(scope="session")
def nodes() -> tuple[parse.DeviceNode, ...]:
    return msgspec.json.decode(_RECORDED.read_bytes(), type=tuple[parse.DeviceNode, ...])


@pytest.fixture(scope="session")
def library_file(
    tmp_path_factory: pytest.TempPathFactory, nodes: tuple[parse.DeviceNode, ...]
) -> Path:
    require(shutil.which("gcc"), "gcc")
    folder = tmp_path_factory.mktemp("cfgmgr32")
    (folder / "cfgmgr32.c").write_text(
        _SOURCE % ",\n".join(map(_initialise, nodes)), encoding="utf-8"
    )
    compile_library(folder / "cfgmgr32.c", folder / "cfgmgr32.so", "-Werror")
    return folder / "cfgmgr32.so"


@pytest.fixture
def library(library_file: Path, tmp_path: Path) -> ctypes.CDLL:
    """Load a copy of its own for each test, so that its switches begin anew."""
    return ctypes.CDLL(shutil.copy(library_file, str(tmp_path / "cfgmgr32.so")))


def _turn(library: ctypes.CDLL, switch: str, value: int) -> None:
    ctypes.c_int.in_dll(library, switch).value = value


def test_every_node_comes_back_as_it_was_recorded(
    library: ctypes.CDLL, nodes: tuple[parse.DeviceNode, ...]
) -> None:
    assert _windows.read(library) == nodes


@pytest.mark.parametrize("pulled", [2, 102])
def test_a_device_pulled_meanwhile_is_left_out(
    library: ctypes.CDLL, nodes: tuple[parse.DeviceNode, ...], pulled: int
) -> None:
    _turn(library, "pulled", pulled)

    assert _windows.read(library) == (*nodes[:2], *nodes[3:])


def test_a_device_whose_parent_is_not_told_is_described_without(
    library: ctypes.CDLL, nodes: tuple[parse.DeviceNode, ...]
) -> None:
    _turn(library, "rootless", 1)

    assert _windows.read(library) == tuple(
        msgspec.structs.replace(node, parent="") for node in nodes
    )


def test_a_list_that_grows_meanwhile_is_asked_for_again(
    library: ctypes.CDLL, nodes: tuple[parse.DeviceNode, ...]
) -> None:
    _turn(library, "grow", 1)

    assert _windows.read(library) == nodes


@pytest.mark.parametrize(
    ("switch", "value", "name", "code"),
    [
        ("refuse_list", 0x33, "CR_ACCESS_DENIED", 0x33),
        ("refuse_size", 0x13, "CR_FAILURE", 0x13),
        ("refuse_list", 0x3B, "CR_0x0000003B", 0x3B),
        ("grow", 9, "CR_BUFFER_SMALL", 0x1A),
    ],
)
def test_a_refused_list_is_a_failure_by_its_name(
    library: ctypes.CDLL, switch: str, value: int, name: str, code: int
) -> None:
    _turn(library, switch, value)

    failure = _windows.read(library)

    assert isinstance(failure, Failure)
    assert (failure.api, failure.name, failure.code) == ("usb", name, code)
