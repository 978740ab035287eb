# SPDX-License-Identifier: Apache-2.0
"""The entry point, both for commands and for workers."""

import gc
import os
import sys
from contextlib import suppress
from types import TracebackType

_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells report it."""

_LOOKING = frozenset(
    {"calendar", "certs", "check", "drivers", "page", "sign-test", "snapshot", "watch"}
)

_NOT_LOOKING = frozenset({"--help", "--polkit-rule", "--version"})


def _will_look(arguments: list[str]) -> bool:
    """Guess whether a command will check this computer; a wrong guess costs a little time."""
    if _NOT_LOOKING & set(arguments) or "_CARDTOOL_COMPLETE" in os.environ:
        return False
    return not arguments or arguments[0] in _LOOKING or arguments[0].startswith("-")


def _end_quietly(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """End at once if this is Ctrl-C, and report any other exception as Python does."""
    if issubclass(kind, KeyboardInterrupt):
        os._exit(_INTERRUPTED)
    sys.__excepthook__(kind, error, trace)


def _end_quietly_from_cleanup(met: "sys.UnraisableHookArgs") -> None:
    """Do the same in a finaliser, where Python would print the exception and go on."""
    if issubclass(met.exc_type, KeyboardInterrupt):
        os._exit(_INTERRUPTED)
    sys.__unraisablehook__(met)


def main() -> None:
    """Run the command line, or as `worker JOB` answer a probe's questions."""
    # no handler catches Ctrl-C while modules are loaded or after the command has ended
    sys.excepthook, sys.unraisablehook = _end_quietly, _end_quietly_from_cleanup
    gc.set_threshold(100_000)  # starting makes many objects and hardly any garbage
    if sys.argv[1:2] == ["worker"]:
        from cardtool.probe import worker  # noqa: PLC0415 - a worker loads no command line

        worker.main(*sys.argv[2:])
        return
    workers = None
    if _will_look(sys.argv[1:]):
        from cardtool.probe import worker  # noqa: PLC0415 - both copies of this process need it
        from cardtool.probe.isolation import Workers  # noqa: PLC0415 - nothing else is needed yet

        workers = Workers(worker.main)  # before anything else: they load while this process loads
    from cardtool import cli  # noqa: PLC0415 - a worker needs no command line

    status = cli.run(sys.argv[1:], workers)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # None, gone or closed
            stream.flush()
    os._exit(status)  # a person waits, and a clean exit of Python takes as long as its start


if __name__ == "__main__":
    main()
