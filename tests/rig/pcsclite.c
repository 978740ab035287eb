/* SPDX-License-Identifier: Apache-2.0 */
/* A client library of PC/SC that never waits, as under Wine and in some remote sessions, with one
   reader, and a second one while the file SECOND is there. AT_ONCE says how it answers: "timeout",
   "unchanged", "changed", "readers" (they have changed, their list has not) or "unknown-reader";
   each call that asks for readers or states adds a letter to the file CALLS. */
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <pcsclite.h>

static const char READERS[] = "Reader 00 00\0Reader 01 00\0";

static void note(const char *letter) {
    int file = open(getenv("CALLS"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (write(file, letter, 1) == 1) close(file);
}

LONG SCardEstablishContext(DWORD scope, LPCVOID a, LPCVOID b, LPSCARDCONTEXT context) {
    (void)scope, (void)a, (void)b;
    *context = 1;
    return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context) {
    (void)context;
    return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD length) {
    DWORD names = access(getenv("SECOND"), F_OK) ? sizeof READERS / 2 : sizeof READERS - 1;
    (void)context, (void)groups;
    if (*length == SCARD_AUTOALLOCATE) readers = *(char **)readers = malloc(names + 1);
    if (readers) memcpy(readers, READERS, names), readers[names] = 0;
    note("l");
    *length = names + 1;
    return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD wait_ms, SCARD_READERSTATE *states,
                          DWORD count) {
    const char *how = getenv("AT_ONCE");
    (void)context, (void)wait_ms;
    note("s");
    for (DWORD place = 0; place < count; place++) {
        states[place].dwEventState = SCARD_STATE_EMPTY;
        if (!strcmp(how, "changed") || states[place].dwCurrentState == SCARD_STATE_UNAWARE ||
            (!strcmp(how, "readers") && states[place].szReader[0] != '\\'))
            states[place].dwEventState |= SCARD_STATE_CHANGED;
    }
    if (!strcmp(how, "unknown-reader")) return SCARD_E_UNKNOWN_READER;
    return strcmp(how, "timeout") ? SCARD_S_SUCCESS : SCARD_E_TIMEOUT;
}

#define REFUSED(name) LONG name(void) { return SCARD_E_UNSUPPORTED_FEATURE; }
REFUSED(SCardIsValidContext) REFUSED(SCardConnect) REFUSED(SCardReconnect)
REFUSED(SCardDisconnect) REFUSED(SCardBeginTransaction) REFUSED(SCardEndTransaction)
REFUSED(SCardTransmit) REFUSED(SCardControl) REFUSED(SCardStatus) REFUSED(SCardListReaderGroups)
REFUSED(SCardCancel) REFUSED(SCardGetAttrib) REFUSED(SCardSetAttrib) REFUSED(SCardFreeMemory)

const SCARD_IO_REQUEST g_rgSCardT0Pci, g_rgSCardT1Pci, g_rgSCardRawPci;
const char *pcsc_stringify_error(LONG code) { return code ? "an error" : "no error"; }
