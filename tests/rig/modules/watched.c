/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS#11 module that passes every call on to another one and writes down each login, never its
   PIN. With GATE it holds a login back until there is a file of that name.

   REAL, LOGIN_LOG and GATE are given to the compiler as texts, FLAGS as the number of flags that
   each token has beside its own. The function at the place REFUSED, if that is any, answers ANSWER
   instead; a list of mechanisms whose ANSWER is CKR_OK is empty.
   With LEAKS a login prints its PIN to standard error, and crashes. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include "pkcs11.h"

typedef CK_RV (*Login)(CK_ULONG, CK_ULONG, const CK_BYTE *, CK_ULONG);
typedef CK_RV (*GetTokenInfo)(CK_ULONG, CK_TOKEN_INFO *);
typedef CK_RV (*GetFunctionList)(CK_FUNCTION_LIST **);

static CK_FUNCTION_LIST mine;
static Login real_login;
static GetTokenInfo real_token_info;

static CK_RV token_info(CK_ULONG slot, CK_TOKEN_INFO *info) {
    CK_RV result = real_token_info(slot, info);
    info->flags |= FLAGS;
    return result;
}

static CK_RV login(CK_ULONG session, CK_ULONG user, const CK_BYTE *pin, CK_ULONG length) {
    FILE *log = fopen(LOGIN_LOG, "a");
    if (log) {
        fprintf(log, "C_Login user %lu\n", user);
        fclose(log);
    }
    if (LEAKS && pin) {
        fprintf(stderr, "VERIFY %.*s\n", (int)length, (const char *)pin);
        fflush(stderr);
        __builtin_trap();
    }
    while (GATE[0] && access(GATE, F_OK)) usleep(10000);
    return REFUSED == AT_Login ? ANSWER : real_login(session, user, pin, length);
}

static CK_RV refuse(void) { return ANSWER; }

static CK_RV list_no_mechanism(CK_ULONG slot, CK_ULONG *list, CK_ULONG *count) {
    (void)slot, (void)list;
    *count = 0;
    return CKR_OK;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    void *library = dlopen(REAL, RTLD_NOW);
    GetFunctionList get = library ? (GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
    CK_FUNCTION_LIST *real;
    if (!get || get(&real)) return CKR_GENERAL_ERROR;
    mine = *real;
    real_login = (Login)real->functions[AT_Login];
    real_token_info = (GetTokenInfo)real->functions[AT_GetTokenInfo];
    mine.functions[AT_GetTokenInfo] = (void *)token_info;
    mine.functions[AT_Login] = (void *)login;
    if (REFUSED == AT_GetMechanismList && ANSWER == CKR_OK)
        mine.functions[REFUSED] = (void *)list_no_mechanism;
    else if (REFUSED != AT_Login && REFUSED < FUNCTIONS)
        mine.functions[REFUSED] = (void *)refuse;
    *list = &mine;
    return CKR_OK;
}
