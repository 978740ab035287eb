# SPDX-License-Identifier: Apache-2.0
"""The way in: a person's command, or the worker that a frozen build starts by running itself."""

import sys


def main() -> None:
    """Run the command line, or as `worker JOB` answer a probe's questions."""
    if sys.argv[1:2] == ["worker"]:
        from cardtool.probe import worker  # noqa: PLC0415 - a worker loads no command line

        worker.main(*sys.argv[2:])
        return
    from cardtool import cli  # noqa: PLC0415 - and the command line no worker

    sys.exit(cli.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
