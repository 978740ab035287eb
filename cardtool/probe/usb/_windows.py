# SPDX-License-Identifier: Apache-2.0
"""USB as the configuration manager of Windows lists it.

The library is an argument, so that the tests on other systems can pass one of their own with the
same functions. The real one was not run. Source: Microsoft, cfgmgr32.h and cfg.h.
"""

import ctypes

from cardtool.model.snapshot import Failure
from cardtool.probe.usb.parse import DeviceNode

_CR_SUCCESS = 0
_CR_BUFFER_SMALL = 0x1A

_CR_NAMES = {
    0x02: "CR_OUT_OF_MEMORY",
    0x03: "CR_INVALID_POINTER",
    0x04: "CR_INVALID_FLAG",
    0x0D: "CR_NO_SUCH_DEVNODE",
    0x13: "CR_FAILURE",
    _CR_BUFFER_SMALL: "CR_BUFFER_SMALL",
    0x1D: "CR_REGISTRY_ERROR",
    0x25: "CR_NO_SUCH_VALUE",
    0x33: "CR_ACCESS_DENIED",
    0x34: "CR_CALL_NOT_IMPLEMENTED",
}

_CM_GETIDLIST_FILTER_ENUMERATOR = 0x001
_CM_GETIDLIST_FILTER_PRESENT = 0x100
_CM_LOCATE_DEVNODE_NORMAL = 0
_CM_DRP_DEVICEDESC = 0x01
_CM_DRP_COMPATIBLEIDS = 0x03
_CM_DRP_MFG = 0x0C
_CM_DRP_FRIENDLYNAME = 0x0D
_CM_DRP_LOCATION_INFORMATION = 0x0E

_DN_HAS_PROBLEM = 0x400
"""The problem number means something only where this is set. Source: CM_Get_DevNode_Status."""

_MAX_DEVICE_ID_LEN = 200
_PROPERTY_CHARACTERS = 4096
_TRIES = 3  # the list may grow between the question for its size and the question for it


def read(library: ctypes.CDLL) -> tuple[DeviceNode, ...] | Failure:
    """Return the nodes of every USB device that is present; `library` is cfgmgr32."""
    ids = _present_ids(library)
    if isinstance(ids, Failure):
        return ids
    return tuple(node for node_id in ids if (node := _node(library, node_id)))


def _present_ids(library: ctypes.CDLL) -> list[str] | Failure:
    flags = _CM_GETIDLIST_FILTER_ENUMERATOR | _CM_GETIDLIST_FILTER_PRESENT
    enumerator = ctypes.c_wchar_p("USB")
    code = _CR_BUFFER_SMALL
    for _ in range(_TRIES):
        size = ctypes.c_uint32()
        code = library.CM_Get_Device_ID_List_SizeW(ctypes.byref(size), enumerator, flags)
        if code == _CR_SUCCESS:
            buffer = ctypes.create_unicode_buffer(max(size.value, 1))
            code = library.CM_Get_Device_ID_ListW(enumerator, buffer, len(buffer), flags)
            if code == _CR_SUCCESS:
                return [name for name in "".join(buffer).split("\0") if name]
        if code != _CR_BUFFER_SMALL:
            break
    name = _CR_NAMES.get(code, f"CR_0x{code:08X}")
    return Failure(api="usb", name=name, code=code, detail="CM_Get_Device_ID_ListW")


def _node(library: ctypes.CDLL, node_id: str) -> DeviceNode | None:
    """Describe a device; None: it was pulled meanwhile."""
    instance, parent, status, problem = (ctypes.c_uint32() for _ in range(4))
    name = ctypes.c_wchar_p(node_id)
    if library.CM_Locate_DevNodeW(ctypes.byref(instance), name, _CM_LOCATE_DEVNODE_NORMAL):
        return None
    if library.CM_Get_DevNode_Status(ctypes.byref(status), ctypes.byref(problem), instance, 0):
        return None
    parent_id = ctypes.create_unicode_buffer(_MAX_DEVICE_ID_LEN + 1)
    if not library.CM_Get_Parent(ctypes.byref(parent), instance, 0):
        library.CM_Get_Device_IDW(parent, parent_id, len(parent_id), 0)

    def texts(which: int) -> tuple[str, ...]:
        buffer = ctypes.create_unicode_buffer(_PROPERTY_CHARACTERS)
        size, kind = ctypes.c_uint32(ctypes.sizeof(buffer)), ctypes.c_uint32()
        known, room = ctypes.byref(kind), ctypes.byref(size)
        ask = library.CM_Get_DevNode_Registry_PropertyW
        if ask(instance, which, known, buffer, room, 0) != _CR_SUCCESS:
            return ()
        return tuple(text for text in "".join(buffer).split("\0") if text)

    return DeviceNode(
        id=node_id,
        parent=parent_id.value,
        compatible_ids=texts(_CM_DRP_COMPATIBLEIDS),
        description="".join(texts(_CM_DRP_DEVICEDESC)[:1]),
        friendly_name="".join(texts(_CM_DRP_FRIENDLYNAME)[:1]),
        manufacturer="".join(texts(_CM_DRP_MFG)[:1]),
        location="".join(texts(_CM_DRP_LOCATION_INFORMATION)[:1]),
        problem=problem.value if status.value & _DN_HAS_PROBLEM else 0,
    )
