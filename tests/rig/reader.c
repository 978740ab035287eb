/* SPDX-License-Identifier: Apache-2.0 */
/* One slot a reader. vpcd's driver announces two and keeps them in statics, so that two readers on
   one copy of it would share a card. This passes all but the number of slots on to one copy of the
   driver a reader, found beside this library as reader.so.0, reader.so.1, …; being one library to
   pcscd, readers of one name are numbered as real ones are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifdhandler.h>
#include <reader.h>
#include <stdio.h>
#include <unistd.h>

#define MOST_READERS 16

static void *of_vpcd(DWORD lun, const char *name) {
    static void *copies[MOST_READERS];
    unsigned number = (lun >> 16) % MOST_READERS;
    if (!copies[number]) {
        char path[4096];
        Dl_info self;
        dladdr((void *)of_vpcd, &self);
        snprintf(path, sizeof path, "%s.%u", self.dli_fname, number);
        copies[number] = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    return dlsym(copies[number], name);
}

#define PASS_ON(name, parameters, arguments) \
    RESPONSECODE name parameters {           \
        return ((RESPONSECODE(*) parameters)of_vpcd(lun, #name)) arguments; \
    }

PASS_ON(IFDHCreateChannelByName, (DWORD lun, LPSTR device), (lun, device))
PASS_ON(IFDHCreateChannel, (DWORD lun, DWORD channel), (lun, channel))
PASS_ON(IFDHCloseChannel, (DWORD lun), (lun))
PASS_ON(IFDHSetCapabilities, (DWORD lun, DWORD tag, DWORD length, PUCHAR value),
        (lun, tag, length, value))
PASS_ON(IFDHSetProtocolParameters,
        (DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3),
        (lun, protocol, flags, pts1, pts2, pts3))
PASS_ON(IFDHPowerICC, (DWORD lun, DWORD action, PUCHAR atr, PDWORD length),
        (lun, action, atr, length))

/* A real reader has a switch that knows whether a card is in; vpcd has to ask the card, which takes
   two turns of its wire. So it asks only once a command went wrong. */
static int unsure[MOST_READERS];

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER sent, PUCHAR out, DWORD out_length,
                               PUCHAR in, PDWORD in_length, PSCARD_IO_HEADER received) {
    typedef RESPONSECODE (*Transmit)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD,
                                     PSCARD_IO_HEADER);
    Transmit transmit = (Transmit)of_vpcd(lun, "IFDHTransmitToICC");
    RESPONSECODE code = transmit(lun, sent, out, out_length, in, in_length, received);
    unsure[(lun >> 16) % MOST_READERS] = code != IFD_SUCCESS || *in_length < 2;
    return code;
}

PASS_ON(IFDHControl,
        (DWORD lun, DWORD code, PUCHAR out, DWORD out_length, PUCHAR in, DWORD in_length,
         LPDWORD returned),
        (lun, code, out, out_length, in, in_length, returned))

/* A reader whose file reader.so.N.gone exists was unplugged; libusb tells a real driver. */
RESPONSECODE IFDHICCPresence(DWORD lun) {
    char path[4096];
    Dl_info self;
    dladdr((void *)of_vpcd, &self);
    snprintf(path, sizeof path, "%s.%u.gone", self.dli_fname, (unsigned)(lun >> 16) % MOST_READERS);
    if (access(path, F_OK) == 0) return IFD_NO_SUCH_DEVICE;
    return ((RESPONSECODE(*)(DWORD))of_vpcd(lun, "IFDHICCPresence"))(lun);
}

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value) {
    switch (tag) {
    case TAG_IFD_SIMULTANEOUS_ACCESS:
        *value = MOST_READERS;
        break;
    case TAG_IFD_SLOTS_NUMBER:
    case TAG_IFD_THREAD_SAFE: /* as copies are: a silent card blocks its own reader only */
        *value = 1;
        break;
#ifdef TELLS_PRESENCE
    case SCARD_ATTR_ICC_PRESENCE: /* as libccid answers it; vpcd does not */
        *value = unsure[(lun >> 16) % MOST_READERS] && IFDHICCPresence(lun) != IFD_ICC_PRESENT ? 0 : 2;
        break;
#endif
    default:
        return ((RESPONSECODE(*)(DWORD, DWORD, PDWORD, PUCHAR))of_vpcd(
            lun, "IFDHGetCapabilities"))(lun, tag, length, value);
    }
    *length = 1;
    return IFD_SUCCESS;
}
