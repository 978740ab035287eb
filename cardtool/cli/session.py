# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: PLC0415 - what a command does not need is not imported (cardtool/cli/__init__.py)
"""What the options, the environment and the configuration files say together, and doing it.

The one place where looking, redacting, judging and showing meet; it adds nothing to any of them.
"""

import logging
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import click

from cardtool.cli.options import value
from cardtool.cli.refusal import asked_language
from cardtool.views import DIAGNOSIS, FORMATS, Format, view

if TYPE_CHECKING:
    import msgspec

    from cardtool.config import Config
    from cardtool.model.diagnosis import Diagnosis, Severity
    from cardtool.model.hiding import Hiding
    from cardtool.model.procedure import Institution
    from cardtool.model.snapshot import Snapshot
    from cardtool.probe.isolation import Workers
    from cardtool.text import Text
    from cardtool.views.paper import Paper

_LOG = logging.getLogger(__name__)

_Record = TypeVar("_Record", bound="msgspec.Struct")


class Session:
    """One command's settings, and the verbs that need them."""

    def __init__(self, ctx: click.Context, known: tuple[str, ...]) -> None:
        """Take the options as they stand; `known` are the command's formats, the usual one first.

        Raises:
            click.UsageError: options that do not go together.
            Refusal: the profile of the institution, or a configuration file, cannot be used.
        """
        self._ctx = ctx
        self._keeps = bool(value(ctx, "keep_personal"))
        asked = value(ctx, "format")
        if asked and asked not in known:
            others = f"; it has {', '.join(known)}" if known else ""
            text = f"`{ctx.command_path}` has no --format {asked}{others}."
            raise click.UsageError(text, ctx)
        self.format: str = asked or (*known, "terminal")[0]
        self.record: Format = FORMATS[self.format]
        if self._keeps and not self.record.keeps:
            whole = " or ".join(each for each in known if FORMATS[each].keeps)
            text = f"--keep-personal is for data: add --format {whole or 'json'}."
            raise click.UsageError(text, ctx)
        self.institution = self._institution()  # now: a wrong one must not be told after a look
        self.worst = 0
        """Exit status of the worst diagnosis that was shown."""
        self._worst_rank = -1

    @cached_property
    def config(self) -> "Config":
        """The configuration files."""
        from cardtool.config import load

        return load(os.environ)

    @cached_property
    def text(self) -> "Text":
        """The words in the language that was asked for."""
        from cardtool.config import system_language
        from cardtool.text import Text

        asked = asked_language(self._ctx)
        language = asked or self.config.language or system_language()
        command = os.environ.get("CARDTOOL_COMMAND", "cardtool")
        if name := value(self._ctx, "institution"):  # a command that is shown is typed as it is
            is_plain = re.fullmatch(r"[\w.:\\/-]+", name)
            on_windows = name if is_plain else f'"{name}"'
            quoted = on_windows if sys.platform == "win32" else shlex.quote(name)
            command += f" --institution {quoted}"
        return Text(language, command=command, institution=self.institution.values())

    def _institution(self) -> "Institution":
        """Return the profile that `--institution` or the configuration names.

        Raises:
            Refused: there is none of that name, or something in it is wrong.
        """
        from cardtool.catalog import institutions
        from cardtool.config import file_with
        from cardtool.model.refused import Refused

        given: str | None = value(self._ctx, "institution")
        name, today = given or self.config.institution, datetime.now().astimezone().date()
        try:
            return institutions.load(name, today)
        except Refused as refused:
            place = "--institution" if given else ""
            place = place or f"{file_with('institution', os.environ)}: $.institution"
            raise Refused(code=refused.code, **{"place": place, **refused.facts}) from refused

    @cached_property
    def _key(self) -> bytes:
        configured = self.config.identity.key
        return bytes.fromhex(configured) if configured else os.urandom(32)

    def look(self, *, is_patient: bool = False) -> "Snapshot":
        """Look at this machine; `is_patient` if nobody sits and waits for it.

        Raises:
            Refusal: a module that was named cannot be one.
        """
        from cardtool.probe.isolation import Workers

        workers: Workers = self._ctx.obj or Workers()
        with workers:
            return self._look(workers, is_patient=is_patient)

    def _look(self, workers: "Workers", *, is_patient: bool) -> "Snapshot":
        from cardtool.cli.inputs import usable_module
        from cardtool.probe.workstation import Options, take_snapshot

        modules = tuple(map(usable_module, value(self._ctx, "module") or ()))
        limit_s = value(self._ctx, "timeout") or self.config.timeout_s or Options().timeout_s
        extra = () if modules else self.config.modules
        _LOG.debug("looking for at most %g s, modules named: %d", limit_s, len(modules + extra))
        options = Options(
            timeout_s=limit_s,
            modules=modules,
            extra_modules=extra,
            is_patient=is_patient,
            online=self.config.online.settings() if value(self._ctx, "online") else None,
        )
        found = take_snapshot(options, workers, meanwhile=self._load_the_rest())
        if _LOG.isEnabledFor(logging.DEBUG):
            from cardtool.cli import trace
            from cardtool.model.redact import redact
            from cardtool.probe import accounts

            trace.tell(redact(found, self._key, accounts.own()))
        return found

    def _load_the_rest(self) -> Iterator[None]:
        """Import what comes after the look, in steps, while a card keeps this process waiting."""
        import cardtool.rules

        yield
        import cardtool.model.redact  # noqa: F401 - to have it loaded

        yield
        if not self.record.binary:  # what makes those may be missing, which is told later
            view(self.format)
        yield
        if self.format != "json":
            self.text.label("steps")

    def leaving(self, snapshot: "Snapshot") -> "Snapshot":
        """Return what may leave the machine, by default without the person in it."""
        from cardtool.model.redact import redact
        from cardtool.probe import accounts

        return snapshot if self._keeps else redact(snapshot, self._key, accounts.own())

    def hiding(self) -> "Hiding | None":
        """Return what hides the persons of a list; None: they may stay as the store has them."""
        from cardtool.model.hiding import Hiding

        is_shown = self._keeps or not (self.record.leaves or self.record.watches)
        return None if is_shown else Hiding(self._key)

    def hidden(self, records: "Iterable[_Record]") -> "Iterable[_Record]":
        """Return the records of a list as they may leave: persons hashed, unless asked for."""
        hiding = self.hiding()
        return records if hiding is None else map(hiding.record, records)

    def judge(self, snapshot: "Snapshot", moment: datetime | None = None) -> "Diagnosis":
        """Diagnose as much of a snapshot as may be shown.

        `moment` is what it is judged for where nobody asked for another; None: now.
        """
        from cardtool.model.redact import mask
        from cardtool.rules import diagnose

        is_leaving = self._keeps or self.record.leaves
        shown = self.leaving(snapshot) if is_leaving else mask(snapshot)
        at = value(self._ctx, "at") or moment or datetime.now().astimezone()
        diagnosis = diagnose(shown, at, self.config.days())
        if self.format == "ics":
            from cardtool.rules.dated import dated

            diagnosis = dated(diagnosis, self.config.days())
        _LOG.debug("judged for %s: %s", at.isoformat(timespec="seconds"), diagnosis.verdict)
        self.note(diagnosis.severity)
        return diagnosis

    def note(self, severity: "Severity") -> None:
        """Remember the worst of what is shown, for the exit status."""
        if severity.rank > self._worst_rank:
            self._worst_rank = severity.rank
            self.worst = severity.exit_status

    def show(
        self, diagnoses: "Iterable[Diagnosis]", subject: str = DIAGNOSIS, **bound: object
    ) -> None:
        """Write what the view of a subject makes of the diagnoses, as they come."""
        if subject not in self.record.gives:  # the format has lists alone
            from cardtool.cli import lists

            lists.show_diagnoses(self, diagnoses)
        elif self.format == "json":
            self.write(view(self.format, subject)(diagnoses))
        elif self.format == "ics":
            from cardtool.cli.calendar import show

            show(self, diagnoses)
        elif self.format == "html":
            from cardtool.cli import page

            beside = {**page.bound(self), **bound}
            parts = view(self.format, subject)(diagnoses, self.text, **beside)
            self.write_bytes(part.encode() for part in parts)
        else:
            beside = {"paper": self.paper(), **bound}
            self.write(view(self.format, subject)(diagnoses, self.text, **beside))

    @property
    def file(self) -> str | None:
        """What `-o` names, if it is not standard output."""
        name: str | None = value(self._ctx, "output")
        return None if name == "-" else name

    def write(self, parts: Iterable[str]) -> None:
        """Write texts to standard output, or to the file that `-o` names.

        What is for people is spelt as the console can show it; what is for programs is the same
        bytes wherever it goes, and so is a file.

        Raises:
            Refusal: it takes no more.
        """
        from cardtool.cli import output

        if self.file is None and self.record.people:
            output.write(parts)
        else:
            shown = map(output.visible_json, parts) if self.format.endswith("json") else parts
            self.write_all_bytes(part.encode("utf-8", "replace") for part in shown)

    def write_bytes(self, parts: Iterable[bytes]) -> None:
        """Write what has its own line ends and encoding, which are not the terminal's to choose.

        Raises:
            Refusal: it takes no more.
        """
        from cardtool.cli import output

        output.write_bytes(parts, self.file)

    def write_all_bytes(self, parts: Iterable[bytes]) -> None:
        """Write bytes as they come, many at a time.

        Raises:
            Refusal: it takes no more.
        """
        from cardtool import console

        self.write_bytes(console.gathered(parts))

    def paper(self, *, titled: bool = False) -> "Paper":
        """Return the page that this terminal, or pipe, can show; a file has no colours."""
        from cardtool.cli import output

        return output.paper(is_file=self.file is not None, titled=titled)
