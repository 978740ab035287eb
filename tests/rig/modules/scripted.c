/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 module that says what its script says.

   script.h, written by tests/rig/modules.py for each module, has the slots and their certificates,
   LOGIN_LOG, and CODE_… for what is to go wrong and where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkcs11.h"

typedef struct {
    const char *label;
    const CK_BYTE *value;
    CK_ULONG length;
} Certificate;

typedef struct {
    const char *description;
    CK_RV slot_info, token_info;
    CK_ULONG slot_flags, token_flags;
    const char *label, *manufacturer, *serial;
    const Certificate *certificates;
    CK_ULONG certificate_count;
} Slot;

#include "script.h"

static CK_ULONG searched_slot, found;

static void pad(CK_BYTE *field, size_t size, const char *text) {
    size_t length = strlen(text);
    memset(field, ' ', size);
    memcpy(field, text, length < size ? length : size);
}

__attribute__((constructor)) static void load(void) { CODE_ON_LOAD }

static CK_RV C_Initialize(const void *arguments) {
    (void)arguments;
    CODE_IN_INITIALIZE
    return CKR_OK;
}

static CK_RV C_Finalize(void *reserved) {
    (void)reserved;
    return CKR_OK;
}

static CK_RV C_GetInfo(CK_INFO *info) {
    memset(info, 0, sizeof *info);
    info->cryptoki.major = 2;
    info->cryptoki.minor = 20;
    pad(info->manufacturer, sizeof info->manufacturer, "Rig");
    pad(info->description, sizeof info->description, "Scripted module");
    return CKR_OK;
}

static CK_RV C_GetSlotList(CK_BYTE with_token, CK_ULONG *list, CK_ULONG *count) {
    CK_ULONG slot, size = 0;
    CODE_IN_GET_SLOT_LIST
    for (slot = 0; slot < SLOT_COUNT; slot++) {
        if (with_token && !(SLOTS[slot].slot_flags & CKF_TOKEN_PRESENT)) continue;
        if (list && size < *count) list[size] = slot;
        size++;
    }
    if (list && size > *count) return CKR_BUFFER_TOO_SMALL;
    *count = size;
    return CKR_OK;
}

static CK_RV C_GetSlotInfo(CK_ULONG slot, CK_SLOT_INFO *info) {
    if (slot >= SLOT_COUNT) return CKR_SLOT_ID_INVALID;
    if (SLOTS[slot].slot_info) return SLOTS[slot].slot_info;
    memset(info, 0, sizeof *info);
    pad(info->description, sizeof info->description, SLOTS[slot].description);
    pad(info->manufacturer, sizeof info->manufacturer, "Rig");
    info->flags = SLOTS[slot].slot_flags;
    return CKR_OK;
}

static CK_RV C_GetTokenInfo(CK_ULONG slot, CK_TOKEN_INFO *info) {
    CODE_IN_GET_TOKEN_INFO
    if (slot >= SLOT_COUNT) return CKR_SLOT_ID_INVALID;
    if (SLOTS[slot].token_info) return SLOTS[slot].token_info;
    if (!(SLOTS[slot].slot_flags & CKF_TOKEN_PRESENT)) return CKR_TOKEN_NOT_PRESENT;
    memset(info, 0, sizeof *info);
    pad(info->label, sizeof info->label, SLOTS[slot].label);
    pad(info->manufacturer, sizeof info->manufacturer, SLOTS[slot].manufacturer);
    pad(info->model, sizeof info->model, "Scripted");
    pad(info->serial, sizeof info->serial, SLOTS[slot].serial);
    info->flags = SLOTS[slot].token_flags;
    return CKR_OK;
}

/* A session's handle is its slot and one, as zero is no handle. */
static CK_RV C_OpenSession(CK_ULONG slot, CK_ULONG flags, void *application, void *notify,
                           CK_ULONG *session) {
    (void)flags, (void)application, (void)notify;
    if (slot >= SLOT_COUNT) return CKR_SLOT_ID_INVALID;
    if (SLOTS[slot].token_info) return SLOTS[slot].token_info;
    *session = slot + 1;
    return CKR_OK;
}

static CK_RV C_CloseSession(CK_ULONG session) {
    (void)session;
    return CKR_OK;
}

static CK_RV C_GetSessionInfo(CK_ULONG session, CK_SESSION_INFO *info) {
    memset(info, 0, sizeof *info);
    info->slot = session - 1;
    return CKR_OK;
}

static CK_RV C_Login(CK_ULONG session, CK_ULONG user, const CK_BYTE *pin, CK_ULONG length) {
    FILE *log = fopen(LOGIN_LOG, "a");
    (void)pin, (void)length;
    if (log) {
        fprintf(log, "C_Login session %lu user %lu\n", session, user);
        fclose(log);
    }
    return CKR_PIN_INCORRECT;
}

static CK_RV C_FindObjectsInit(CK_ULONG session, const CK_ATTRIBUTE *template, CK_ULONG count) {
    CODE_IN_FIND_OBJECTS
    CK_ULONG i;
    if (session == 0 || session > SLOT_COUNT) return CKR_SESSION_HANDLE_INVALID;
    searched_slot = session - 1;
    found = 0;
    for (i = 0; i < count; i++)
        if (template[i].type == CKA_CLASS && *(CK_ULONG *)template[i].value != CKO_CERTIFICATE)
            found = SLOTS[searched_slot].certificate_count;
    return CKR_OK;
}

/* An object's handle is its place among the certificates of its slot and one. */
static CK_RV C_FindObjects(CK_ULONG session, CK_ULONG *objects, CK_ULONG room, CK_ULONG *count) {
    (void)session;
    for (*count = 0; *count < room && found < SLOTS[searched_slot].certificate_count; ++*count)
        objects[*count] = ++found;
    return CKR_OK;
}

static CK_RV C_FindObjectsFinal(CK_ULONG session) {
    (void)session;
    return CKR_OK;
}

static CK_RV give(CK_ATTRIBUTE *attribute, const void *value, CK_ULONG length) {
    CK_RV result = CKR_OK;
    if (attribute->value && attribute->length < length) {
        length = (CK_ULONG)-1;
        result = CKR_BUFFER_TOO_SMALL;
    } else if (attribute->value) {
        memcpy(attribute->value, value, length);
    }
    attribute->length = length;
    return result;
}

static CK_RV C_GetAttributeValue(CK_ULONG session, CK_ULONG object, CK_ATTRIBUTE *attributes,
                                 CK_ULONG count) {
    const Certificate *certificate = &SLOTS[session - 1].certificates[object - 1];
    const CK_ULONG class = CKO_CERTIFICATE, type = CKC_X_509;
    const CK_BYTE yes = 1, no = 0, id = (CK_BYTE)object;
    CK_RV result = CKR_OK, one;
    CK_ULONG i;
    for (i = 0; i < count; i++) {
        switch (attributes[i].type) {
        case CKA_CLASS: one = give(&attributes[i], &class, sizeof class); break;
        case CKA_CERTIFICATE_TYPE: one = give(&attributes[i], &type, sizeof type); break;
        case CKA_TOKEN: one = give(&attributes[i], &yes, 1); break;
        case CKA_PRIVATE: one = give(&attributes[i], &no, 1); break;
        case CKA_ID: one = give(&attributes[i], &id, 1); break;
        case CKA_LABEL:
            one = give(&attributes[i], certificate->label, strlen(certificate->label));
            break;
        case CKA_VALUE: one = give(&attributes[i], certificate->value, certificate->length); break;
        default: attributes[i].length = (CK_ULONG)-1; one = CKR_ATTRIBUTE_TYPE_INVALID;
        }
        if (one) result = one;
    }
    return result;
}

static CK_RV unsupported(void) { return CKR_FUNCTION_NOT_SUPPORTED; }

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

#define IS_AT(name) [AT_##name] = (void *)C_##name

static LIST_IS CK_FUNCTION_LIST FUNCTION_LIST = {
    {2, 20},
    {[0 ... FUNCTIONS - 1] = (void *)unsupported,
     IS_AT(Initialize), IS_AT(Finalize), IS_AT(GetInfo), IS_AT(GetFunctionList),
     IS_AT(GetSlotList), IS_AT(GetSlotInfo), IS_AT(GetTokenInfo), IS_AT(OpenSession),
     IS_AT(CloseSession), [AT_CloseAllSessions] = (void *)C_CloseSession, IS_AT(GetSessionInfo),
     IS_AT(Login), IS_AT(GetAttributeValue), IS_AT(FindObjectsInit), IS_AT(FindObjects),
     IS_AT(FindObjectsFinal)},
};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    *list = (CK_FUNCTION_LIST *)&FUNCTION_LIST;
    return CKR_OK;
}
