/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for the vendor's module akisp11: it reads the cards of tests/rig/pkcs15.py over PC/SC.

   One source for Linux (libpcsclite) and for Windows (winscard, MinGW, 64 and 32 bits).
   Slots are the readers. A token is what the card's files say; objects are its certificates. The
   card is sent SELECT and READ BINARY and nothing else: the state of the PIN stands in a file too,
   so no VERIFY is needed to ask for it. C_Login writes a line into $AKISP11_LOGINS and refuses.

   What can go wrong is asked for by the environment:
   $AKISP11_FAULT   abort-on-load; crash, hang or refuse, in C_Initialize; quiet: what cannot be
                    read is left out without an error, as OpenSC does it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#define EXPORT __declspec(dllexport)
#define SLEEP_10_MS Sleep(10)
#else
#include <unistd.h>
#define SLEEP_10_MS usleep(10000)
#define EXPORT __attribute__((visibility("default")))
#endif
#include <winscard.h>

#include "pkcs11.h"

enum { SLOTS = 16, CERTIFICATES = 16, FILE_BYTES = 8192, NAME_BYTES = 256, PIECE_BYTES = 0xE0 };
enum { SW_OK = 0x9000, SW_END_OF_FILE = 0x6282 };

typedef struct {
    const CK_BYTE *bytes;
    size_t length;
} Text;

typedef struct {
    CK_BYTE bytes[FILE_BYTES];
    size_t length;
} File;

typedef struct {
    char label[NAME_BYTES];
    CK_BYTE id[32];
    size_t id_length;
    File der;
} Certificate;

typedef struct {
    char label[64], manufacturer[64], serial[33];
    CK_ULONG flags, count;
    Certificate certificates[CERTIFICATES];
} Token;

static SCARDCONTEXT context;
static int is_open;
static char readers[SLOTS][NAME_BYTES];
static CK_ULONG reader_count, found, being_read;
static SCARDHANDLE card;
static DWORD protocol;
static CK_RV trouble; /* what went wrong while a card was read, CKR_OK if nothing did */
static Token token;   /* of the slot that was asked last */

/* ---- the card ---- */

static int is_asked_for(const char *fault) {
    const char *asked = getenv("AKISP11_FAULT");
    return asked && !strcmp(asked, fault);
}

static int is_present(CK_ULONG slot) {
    SCARD_READERSTATE state;
    memset(&state, 0, sizeof state);
    state.szReader = readers[slot];
    return !SCardGetStatusChange(context, 0, &state, 1) &&
           (state.dwEventState & SCARD_STATE_PRESENT);
}

/* Windows' service knows at once that a card was pulled. Under Wine the service is pcscd, which sees
   it at its next look, within 0.4 s: a check would be told at once that the card is still there. */
static void let_service_notice(void) {
#ifdef _WIN32
    int tries;
    for (tries = 0; tries < 500 && is_present(being_read); tries++) SLEEP_10_MS;
#endif
}

/* After a lost contact ask for the root folder until the card answers, without a reset. */
static void regain(void) {
    static const CK_BYTE SELECT_ROOT[] = {0, 0xA4, 0, 0, 2, 0x3F, 0};
    const SCARD_IO_REQUEST *how = protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
    CK_BYTE reply[258];
    int tries;
    for (tries = 0; tries < 20; tries++) {
        DWORD got = sizeof reply;
        if (!SCardTransmit(card, how, SELECT_ROOT, sizeof SELECT_ROOT, NULL, reply, &got)) return;
        SLEEP_10_MS;
    }
}

/* Send one command; returns the status word, or 0 if PC/SC refused. */
static unsigned transmit(const CK_BYTE *command, size_t size, CK_BYTE *answer, size_t *length) {
    const SCARD_IO_REQUEST *how = protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
    CK_BYTE reply[258];
    DWORD got = sizeof reply;
    if (SCardTransmit(card, how, command, (DWORD)size, NULL, reply, &got) || got < 2) {
        if (!trouble) let_service_notice();
        trouble = CKR_DEVICE_REMOVED;
        *length = 0;
        if (is_asked_for("quiet")) regain();
        return 0;
    }
    *length = got - 2 < *length ? got - 2 : *length;
    memcpy(answer, reply, *length);
    return (unsigned)reply[got - 2] << 8 | reply[got - 1];
}

/* A card of protocol T=0 says 61xx where GET RESPONSE has the answer. */
static unsigned send_command(const CK_BYTE *command, size_t size, CK_BYTE *answer, size_t *length) {
    size_t room = *length;
    unsigned status = transmit(command, size, answer, length);
    if (status >> 8 == 0x61) {
        const CK_BYTE get_response[] = {0, 0xC0, 0, 0, (CK_BYTE)status};
        *length = room;
        status = transmit(get_response, sizeof get_response, answer, length);
    }
    return status;
}

/* Take one tag with its value from the front of a text; returns 0 if there is none. */
static int next_value(Text *from, unsigned *tag, Text *value) {
    const CK_BYTE *at = from->bytes, *end = from->bytes + from->length;
    size_t length, bytes;
    if (end - at < 2 || !*at) return 0;
    *tag = *at++;
    length = *at++;
    if (length > 0x80) {
        bytes = length & 0x7F;
        if (bytes > 3 || (size_t)(end - at) < bytes) return 0;
        for (length = 0; bytes--; at++) length = length << 8 | *at;
    }
    if ((size_t)(end - at) < length) return 0;
    *value = (Text){at, length};
    *from = (Text){at + length, (size_t)(end - at) - length};
    return 1;
}

/* Find the first value on a path of tags, such as "\xA1\x30\x30\x04". */
static int find_value(Text in, const char *tags, Text *value) {
    unsigned tag;
    while (next_value(&in, &tag, value))
        if (tag == (CK_BYTE)*tags) return tags[1] ? find_value(*value, tags + 1, value) : 1;
    return 0;
}

static Text text_of(const File *file) { return (Text){file->bytes, file->length}; }

/* Select a file by its path from the root folder; returns its size, 0 if there is none. */
static size_t select_file(Text path) {
    CK_BYTE command[32] = {0, 0xA4, 8, 0}, information[256];
    size_t length = sizeof information;
    Text size;
    if (path.length >= 2 && path.bytes[0] == 0x3F && !path.bytes[1])
        path = (Text){path.bytes + 2, path.length - 2};
    if (path.length > 16) return 0;
    command[4] = (CK_BYTE)path.length;
    memcpy(command + 5, path.bytes, path.length);
    if (send_command(command, 5 + path.length, information, &length) != SW_OK) return 0;
    if (!find_value((Text){information, length}, "\x6F\x80", &size) || size.length != 2)
        return FILE_BYTES;
    length = (size_t)size.bytes[0] << 8 | size.bytes[1];
    return length < FILE_BYTES ? length : FILE_BYTES;
}

static void read_file(Text path, File *file) {
    size_t size, piece;
    unsigned status = SW_OK;
    if (is_asked_for("quiet")) trouble = CKR_OK;
    size = select_file(path);
    for (file->length = 0; file->length < size && status == SW_OK; file->length += piece) {
        CK_BYTE command[5] = {0, 0xB0, (CK_BYTE)(file->length >> 8), (CK_BYTE)file->length};
        piece = size - file->length < PIECE_BYTES ? size - file->length : PIECE_BYTES;
        command[4] = (CK_BYTE)piece;
        status = send_command(command, sizeof command, file->bytes + file->length, &piece);
        if (status != SW_OK && status != SW_END_OF_FILE && !trouble) trouble = CKR_DEVICE_ERROR;
        if (trouble || !piece) break;
    }
    if (trouble) file->length = 0;
}

static void copy_text(char *field, size_t size, Text text) {
    size_t length = text.length < size - 1 ? text.length : size - 1;
    memcpy(field, text.bytes, length);
    field[length] = 0;
}

static void read_token_info(void) {
    static const CK_BYTE PATH[] = {0x50, 0x15, 0x50, 0x32};
    File file;
    Text value;
    size_t i;
    read_file((Text){PATH, sizeof PATH}, &file);
    if (find_value(text_of(&file), "\x30\x04", &value))
        for (i = 0; i < value.length && i < 16; i++)
            sprintf(token.serial + 2 * i, "%02X", value.bytes[i]);
    if (find_value(text_of(&file), "\x30\x0C", &value))
        copy_text(token.manufacturer, sizeof token.manufacturer, value);
    if (find_value(text_of(&file), "\x30\x80", &value))
        copy_text(token.label, sizeof token.label, value);
}

/* The rig's own file of one byte: how many tries of the PIN are left. */
static void read_tries(void) {
    static const CK_BYTE PATH[] = {0x50, 0x15, 0x44, 0x11};
    File file;
    read_file((Text){PATH, sizeof PATH}, &file);
    if (!file.length) return;
    if (file.bytes[0] == 0) token.flags |= CKF_USER_PIN_LOCKED;
    if (file.bytes[0] == 1) token.flags |= CKF_USER_PIN_FINAL_TRY;
    if (file.bytes[0] == 1 || file.bytes[0] == 2) token.flags |= CKF_USER_PIN_COUNT_LOW;
}

static void read_pin(Text directory) {
    File file;
    Text path;
    token.flags = CKF_TOKEN_INITIALIZED;
    if (!find_value(directory, "\xA8\x30\x04", &path)) return;
    read_file(path, &file);
    if (!file.length || !file.bytes[0]) return; /* its holder never chose one */
    token.flags |= CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED;
    read_tries();
}

/* One entry of the directory of certificates. Source: ISO/IEC 7816-15, CertificateChoice. */
static void read_certificate(Text entry, Certificate *one) {
    Text value, rest = entry;
    unsigned tag;
    if (find_value(entry, "\x30\x0C", &value)) copy_text(one->label, sizeof one->label, value);
    if (next_value(&rest, &tag, &value) && find_value(rest, "\x30\x04", &value)) {
        one->id_length = value.length < sizeof one->id ? value.length : sizeof one->id;
        memcpy(one->id, value.bytes, one->id_length);
    }
    if (find_value(entry, "\xA1\x30\x30\x04", &value)) read_file(value, &one->der);
}

static void read_certificates(Text directory) {
    static File file;
    Text path, rest, entry;
    unsigned tag;
    if (!find_value(directory, "\xA4\x30\x04", &path)) return;
    read_file(path, &file);
    rest = text_of(&file);
    while (token.count < CERTIFICATES && next_value(&rest, &tag, &entry)) {
        read_certificate(entry, &token.certificates[token.count]);
        if (token.certificates[token.count].der.length) token.count++;
    }
}

/* Read the token, and its certificates if they are wanted: PKCS#11 asks for them later. */
static CK_RV read_card(int with_certificates) {
    static const CK_BYTE PATH[] = {0x50, 0x15, 0x50, 0x31};
    File directory;
    read_file((Text){PATH, sizeof PATH}, &directory);
    if (!directory.length) return trouble ? trouble : CKR_TOKEN_NOT_RECOGNIZED;
    if (with_certificates) {
        read_certificates(text_of(&directory));
    } else {
        read_token_info();
        read_pin(text_of(&directory));
    }
    return is_asked_for("quiet") ? CKR_OK : trouble;
}

static CK_RV read_slot(CK_ULONG slot, int with_certificates) {
    CK_RV result;
    if (slot >= reader_count) return CKR_SLOT_ID_INVALID;
    if (!is_present(slot)) return CKR_TOKEN_NOT_PRESENT;
    memset(&token, 0, sizeof token);
    if (SCardConnect(context, readers[slot], SCARD_SHARE_SHARED,
                     SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol))
        return CKR_DEVICE_ERROR;
    trouble = CKR_OK;
    being_read = slot;
    result = SCardBeginTransaction(card) ? CKR_DEVICE_ERROR : read_card(with_certificates);
    SCardEndTransaction(card, SCARD_LEAVE_CARD);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    return result;
}

/* ---- PKCS#11 ---- */

static void pad(CK_BYTE *field, size_t size, const char *text) {
    size_t length = strlen(text);
    memset(field, ' ', size);
    memcpy(field, text, length < size ? length : size);
}

__attribute__((constructor)) static void load(void) {
    if (is_asked_for("abort-on-load")) abort();
}

static CK_RV C_Initialize(void *arguments) {
    (void)arguments;
    if (is_asked_for("crash")) __builtin_trap();
    while (is_asked_for("hang")) __asm__ volatile("");
    if (is_asked_for("refuse")) return CKR_GENERAL_ERROR;
    if (!is_open && SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &context))
        return CKR_FUNCTION_FAILED;
    is_open = 1;
    return CKR_OK;
}

static CK_RV C_Finalize(void *reserved) {
    (void)reserved;
    if (is_open) SCardReleaseContext(context);
    is_open = 0;
    return CKR_OK;
}

static CK_RV C_GetInfo(CK_INFO *info) {
    memset(info, 0, sizeof *info);
    info->cryptoki.major = 2;
    info->cryptoki.minor = 20;
    pad(info->manufacturer, sizeof info->manufacturer, "Rig");
    pad(info->description, sizeof info->description, "Stand-in for akisp11");
    return CKR_OK;
}

static void list_readers(void) {
    char names[4096] = "", *name;
    DWORD size = sizeof names;
    reader_count = 0;
    if (SCardListReaders(context, NULL, names, &size)) return;
    for (name = names; *name && reader_count < SLOTS; name += strlen(name) + 1)
        copy_text(readers[reader_count++], NAME_BYTES, (Text){(CK_BYTE *)name, strlen(name)});
}

static CK_RV C_GetSlotList(CK_BYTE with_token, CK_ULONG *list, CK_ULONG *count) {
    CK_ULONG slot, size = 0;
    list_readers();
    for (slot = 0; slot < reader_count; slot++) {
        if (with_token && !is_present(slot)) continue;
        if (list && size < *count) list[size] = slot;
        size++;
    }
    if (list && size > *count) return CKR_BUFFER_TOO_SMALL;
    *count = size;
    return CKR_OK;
}

static CK_RV C_GetSlotInfo(CK_ULONG slot, CK_SLOT_INFO *info) {
    if (slot >= reader_count) return CKR_SLOT_ID_INVALID;
    memset(info, 0, sizeof *info);
    pad(info->description, sizeof info->description, readers[slot]);
    pad(info->manufacturer, sizeof info->manufacturer, "Rig");
    info->flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT;
    if (is_present(slot)) info->flags |= CKF_TOKEN_PRESENT;
    return CKR_OK;
}

static CK_RV C_GetTokenInfo(CK_ULONG slot, CK_TOKEN_INFO *info) {
    CK_RV result = read_slot(slot, 0);
    if (result) return result;
    memset(info, 0, sizeof *info);
    pad(info->label, sizeof info->label, token.label);
    pad(info->manufacturer, sizeof info->manufacturer, token.manufacturer);
    pad(info->model, sizeof info->model, "AKIS");
    pad(info->serial, sizeof info->serial, token.serial);
    info->flags = token.flags;
    return CKR_OK;
}

/* The handle of a session is its slot and one, as zero is no handle. */
static CK_RV C_OpenSession(CK_ULONG slot, CK_ULONG flags, void *application, void *notify,
                           CK_ULONG *session) {
    (void)flags, (void)application, (void)notify;
    if (slot >= reader_count) return CKR_SLOT_ID_INVALID;
    *session = slot + 1;
    return is_present(slot) ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
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
    const char *name = getenv("AKISP11_LOGINS");
    FILE *log = name ? fopen(name, "a") : NULL;
    (void)pin, (void)length;
    if (log) {
        fprintf(log, "C_Login session %lu user %lu\n", session, user);
        fclose(log);
    }
    return CKR_PIN_INCORRECT;
}

static CK_RV C_FindObjectsInit(CK_ULONG session, const CK_ATTRIBUTE *wanted, CK_ULONG count) {
    CK_RV result;
    CK_ULONG i;
    if (!session || session > reader_count) return CKR_SESSION_HANDLE_INVALID;
    result = read_slot(session - 1, 1);
    found = 0;
    for (i = 0; i < count; i++)
        if (wanted[i].type == CKA_CLASS && *(CK_ULONG *)wanted[i].value != CKO_CERTIFICATE)
            found = token.count;
    return result;
}

/* The handle of an object is the place of its certificate and one. */
static CK_RV C_FindObjects(CK_ULONG session, CK_ULONG *objects, CK_ULONG room, CK_ULONG *count) {
    (void)session;
    for (*count = 0; *count < room && found < token.count; ++*count) objects[*count] = ++found;
    return CKR_OK;
}

static CK_RV give(CK_ATTRIBUTE *attribute, const void *value, size_t length) {
    CK_RV result = CKR_OK;
    if (attribute->value && attribute->length < length) {
        length = (CK_ULONG)-1;
        result = CKR_BUFFER_TOO_SMALL;
    } else if (attribute->value) {
        memcpy(attribute->value, value, length);
    }
    attribute->length = (CK_ULONG)length;
    return result;
}

static CK_RV give_one(const Certificate *one, CK_ATTRIBUTE *wanted) {
    const CK_ULONG class = CKO_CERTIFICATE, type = CKC_X_509;
    const CK_BYTE yes = 1, no = 0;
    switch (wanted->type) {
    case CKA_CLASS: return give(wanted, &class, sizeof class);
    case CKA_CERTIFICATE_TYPE: return give(wanted, &type, sizeof type);
    case CKA_TOKEN: return give(wanted, &yes, 1);
    case CKA_PRIVATE: return give(wanted, &no, 1);
    case CKA_LABEL: return give(wanted, one->label, strlen(one->label));
    case CKA_VALUE: return give(wanted, one->der.bytes, one->der.length);
    case CKA_ID: return give(wanted, one->id, one->id_length);
    default: wanted->length = (CK_ULONG)-1; return CKR_ATTRIBUTE_TYPE_INVALID;
    }
}

static CK_RV C_GetAttributeValue(CK_ULONG session, CK_ULONG object, CK_ATTRIBUTE *wanted,
                                 CK_ULONG count) {
    CK_RV result = CKR_OK, one;
    (void)session;
    for (; count--; wanted++)
        if ((one = give_one(&token.certificates[object - 1], wanted))) result = one;
    return result;
}

static CK_RV refuse(void) { return CKR_FUNCTION_NOT_SUPPORTED; }

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

#define IS_AT(name) [AT_##name] = (void *)C_##name

static CK_FUNCTION_LIST functions = {
    {2, 20},
    {[0 ... FUNCTIONS - 1] = (void *)refuse,
     IS_AT(Initialize), IS_AT(Finalize), IS_AT(GetInfo), IS_AT(GetFunctionList),
     IS_AT(GetSlotList), IS_AT(GetSlotInfo), IS_AT(GetTokenInfo), IS_AT(OpenSession),
     IS_AT(CloseSession), [AT_CloseAllSessions] = (void *)C_CloseSession, IS_AT(GetSessionInfo),
     IS_AT(Login), IS_AT(GetAttributeValue), IS_AT(FindObjectsInit), IS_AT(FindObjects),
     [AT_FindObjectsFinal] = (void *)C_CloseSession},
};

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    *list = &functions;
    return CKR_OK;
}
