/* SPDX-License-Identifier: Apache-2.0 */
/* As much of PKCS#11 v2.20 as a module needs that lists slots, tokens and certificates.
   Source: the OASIS standard PKCS #11 Base Specification 2.40, section 2.1 for the layout: records
   are packed to one byte on Windows and not at all elsewhere. CK_ULONG is as wide as `long`, so it
   has 4 bytes on Windows, also in a 64-bit program. */
#ifndef RIG_PKCS11_H
#define RIG_PKCS11_H

typedef unsigned char CK_BYTE;
typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV;

enum {
    CKR_OK = 0x00,
    CKR_SLOT_ID_INVALID = 0x03,
    CKR_GENERAL_ERROR = 0x05,
    CKR_FUNCTION_FAILED = 0x06,
    CKR_ARGUMENTS_BAD = 0x07,
    CKR_ATTRIBUTE_TYPE_INVALID = 0x12,
    CKR_DEVICE_ERROR = 0x30,
    CKR_DEVICE_REMOVED = 0x32,
    CKR_FUNCTION_NOT_SUPPORTED = 0x54,
    CKR_PIN_INCORRECT = 0xA0,
    CKR_SESSION_HANDLE_INVALID = 0xB3,
    CKR_TOKEN_NOT_PRESENT = 0xE0,
    CKR_TOKEN_NOT_RECOGNIZED = 0xE1,
    CKR_BUFFER_TOO_SMALL = 0x150,
    CKF_TOKEN_PRESENT = 0x01,
    CKF_REMOVABLE_DEVICE = 0x02,
    CKF_HW_SLOT = 0x04,
    CKF_LOGIN_REQUIRED = 0x04,
    CKF_USER_PIN_INITIALIZED = 0x08,
    CKF_TOKEN_INITIALIZED = 0x400,
    CKF_USER_PIN_COUNT_LOW = 0x10000,
    CKF_USER_PIN_FINAL_TRY = 0x20000,
    CKF_USER_PIN_LOCKED = 0x40000,
    CKO_CERTIFICATE = 0x01,
    CKC_X_509 = 0x00,
    CKA_CLASS = 0x00,
    CKA_TOKEN = 0x01,
    CKA_PRIVATE = 0x02,
    CKA_LABEL = 0x03,
    CKA_VALUE = 0x11,
    CKA_CERTIFICATE_TYPE = 0x80,
    CKA_ID = 0x102,
};

#ifdef _WIN32
#pragma pack(push, 1)
#endif

typedef struct { CK_BYTE major, minor; } CK_VERSION;

typedef struct {
    CK_VERSION cryptoki;
    CK_BYTE manufacturer[32];
    CK_ULONG flags;
    CK_BYTE description[32];
    CK_VERSION library;
} CK_INFO;

typedef struct {
    CK_BYTE description[64];
    CK_BYTE manufacturer[32];
    CK_ULONG flags;
    CK_VERSION hardware, firmware;
} CK_SLOT_INFO;

typedef struct {
    CK_BYTE label[32], manufacturer[32], model[16], serial[16];
    CK_ULONG flags, counts_and_lengths[10];
    CK_VERSION hardware, firmware;
    CK_BYTE utc_time[16];
} CK_TOKEN_INFO;

typedef struct {
    CK_ULONG slot, state, flags, device_error;
} CK_SESSION_INFO;

typedef struct {
    CK_ULONG type;
    void *value;
    CK_ULONG length;
} CK_ATTRIBUTE;

/* The places of functions in CK_FUNCTION_LIST; those not named are not supported here. */
enum {
    AT_Initialize, AT_Finalize, AT_GetInfo, AT_GetFunctionList, AT_GetSlotList, AT_GetSlotInfo,
    AT_GetTokenInfo, AT_GetMechanismList, AT_OpenSession = 12, AT_CloseSession, AT_CloseAllSessions, AT_GetSessionInfo,
    AT_Login = 18, AT_GetAttributeValue = 24, AT_FindObjectsInit = 26, AT_FindObjects,
    AT_FindObjectsFinal, AT_SignInit = 42, FUNCTIONS = 68
};

typedef struct {
    CK_VERSION version;
    void *functions[FUNCTIONS];
} CK_FUNCTION_LIST;

#ifdef _WIN32
#pragma pack(pop)
#endif

#endif
