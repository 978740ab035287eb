# SPDX-License-Identifier: Apache-2.0
"""Names of PKCS#11's return values, from what python-pkcs11 raises."""

import errno

import pytest
from pkcs11 import exceptions

from cardtool.probe.cryptoki import name_error


@pytest.mark.parametrize(
    ("error", "api", "name", "code"),
    [
        (exceptions.TokenNotRecognised(), "pkcs11", "CKR_TOKEN_NOT_RECOGNIZED", 0xE1),
        (exceptions.DeviceError(), "pkcs11", "CKR_DEVICE_ERROR", 0x30),
        (exceptions.ArgumentsBad(), "pkcs11", "CKR_ARGUMENTS_BAD", 0x07),
        (exceptions.UserPinNotInitialized(), "pkcs11", "CKR_USER_PIN_NOT_INITIALIZED", None),
        (
            exceptions.AnotherUserAlreadyLoggedIn(),
            "pkcs11",
            "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
            None,
        ),
        (
            exceptions.PKCS11Error("Unmapped error code 0x80000001"),
            "pkcs11",
            "CKR_0x80000001",
            0x80000001,
        ),
        (exceptions.PKCS11Error("OS exception while loading x: no"), "os", "DLERROR", None),
        (
            exceptions.PKCS11Error(
                "OS exception while loading C_GetFunctionList.so: C_GetFunctionList.so: no"
            ),
            "os",
            "DLERROR",
            None,
        ),
        (
            exceptions.PKCS11Error(
                "OS exception while loading x: x: undefined symbol: C_GetFunctionList"
            ),
            "os",
            "ENOSYS",
            errno.ENOSYS,
        ),
        (exceptions.PKCS11Error("Should never see this."), "pkcs11", "CKR_GENERAL_ERROR", 0x05),
    ],
)
def test_every_error_has_the_name_of_its_interface(
    error: exceptions.PKCS11Error, api: str, name: str, code: int | None
) -> None:
    failure = name_error(error)

    assert (failure.api, failure.name, failure.code) == (api, name, code)
