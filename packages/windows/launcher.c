/* SPDX-License-Identifier: Apache-2.0

   cardtool.exe   a console program: cardtool with the words of its command line, and its status
   cardtoolw.exe  built with -DWINDOW, opens no console. With words it does the same. Without any it
                  does what "page" does, as from the Start menu, and for both it shows a box if
                  that ends with another status than 0.

   Both start the Python that lies beside them, by its full path, isolated (-I), without writing
   byte code (-B), and with UTF-8 in pipes and files (-X utf8), whatever the code page is. Nothing is
   looked for in the current folder, PATH or the environment. */
#include <windows.h>
#include <stdio.h>
#include <wchar.h>

#define UNKNOWN 3      /* cardtool's status where nothing can be said */
#define LONGEST 32768  /* characters of a path or a command line. Source: CreateProcessW */

#ifdef WINDOW
#define PYTHON L"python\\pythonw.exe"
#else
#define PYTHON L"python\\python.exe"
#endif

/* Return what follows our own name, as it was typed: nothing is taken apart and quoted anew. */
static const wchar_t *words(void)
{
    const wchar_t *at = GetCommandLineW();
    BOOL is_quoted = FALSE;

    for (; *at && (is_quoted || (*at != L' ' && *at != L'\t')); at++)
        if (*at == L'"')
            is_quoted = !is_quoted;
    while (*at == L' ' || *at == L'\t')
        at++;
    return at;
}

/* Python ends with this program, however that ends. The workers that Python starts are in no job
   of ours (silent breakaway): ended in the middle of a transaction, they would have PC/SC reset
   the card. They end by themselves when their parent has gone. */
static HANDLE job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE made = CreateJobObjectW(NULL, NULL);

    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK;
    SetInformationJobObject(made, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    return made;
}

/* Run cardtool with these words; return its status, or UNKNOWN where it cannot be started. */
static DWORD run(const wchar_t *words)
{
    static wchar_t python[LONGEST], line[LONGEST];
    DWORD length = GetModuleFileNameW(NULL, python, LONGEST), status = UNKNOWN;
    STARTUPINFOW start;
    PROCESS_INFORMATION child;
    HANDLE with_us = job();

    while (length && python[length - 1] != L'\\')
        length--;
    if (!length || length + wcslen(PYTHON) >= LONGEST)
        return UNKNOWN;
    wcscpy(python + length, PYTHON);
    if (wcslen(python) + wcslen(words) + 64 >= LONGEST)
        return UNKNOWN;
    wcscpy(line, L"\"");
    wcscat(line, python);
    wcscat(line, L"\" -I -B -X utf8 -m cardtool ");
    wcscat(line, words);
    GetStartupInfoW(&start); /* pipes and files that were given to us are the child's */
    if (!CreateProcessW(python, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &child))
        return UNKNOWN;
    AssignProcessToJobObject(with_us, child.hProcess);
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &status);
    return status;
}

#ifdef WINDOW
/* Have a page in the browser follow the reader and the card, until it is closed. */
static DWORD follow(void)
{
    BOOL is_turkish = PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_TURKISH;
    DWORD status = run(L"page");

    if (status != 0)
        MessageBoxW(NULL,
                    is_turkish ? L"Sayfa a\u00e7\u0131lamad\u0131. Komut \u0130steminde \u201ccardtool page\u201d yazarak nedenini g\u00f6rebilirsiniz."
                               : L"The page did not stay open. Type \u201ccardtool page\u201d at the command prompt to see why.",
                    L"cardtool", MB_OK | MB_ICONWARNING);
    return status;
}

int WINAPI wWinMain(HINSTANCE instance, HINSTANCE none, wchar_t *line, int show)
{
    (void)instance, (void)none, (void)line, (void)show;
    return (int)(*words() && wcscmp(words(), L"page") ? run(words()) : follow());
}
#else
/* Ctrl-C and Ctrl-Break reach the child too, which answers them. Ignoring them instead would be
   inherited by the child. */
static BOOL WINAPI leave_to_child(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

int wmain(void)
{
    SetConsoleCtrlHandler(leave_to_child, TRUE);
    return (int)run(words());
}
#endif
