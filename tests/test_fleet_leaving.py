# SPDX-License-Identifier: Apache-2.0
"""What leaves a store is hashed unless the command line says otherwise, whatever is in it."""

import io
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from cardtool.model.hiding import hashed
from cardtool.model.surroundings import IdentityPolicy
from tests import desks, fleets
from tests.desks import AT

NUMBER, NAME = desks.AYSE
ACCOUNT = "ayse.ornek"
MAIL = "ayse@kurum.example"

QUESTIONS = (
    *(("audit", form) for form in ("csv", "ndjson", "xlsx", "json", "ics")),
    *(("audit", form, "--by", "card") for form in ("csv", "ndjson", "xlsx", "json", "ics")),
    *(("audit", form, "--at", "2026-10-05") for form in ("csv", "ndjson")),
    *(("audit", form, "--count", "unit") for form in ("csv", "json")),
    ("audit", "prometheus"),
    ("audit", "nagios"),
    *(("orders", form) for form in ("csv", "xlsx", "json")),
    *(("diff", form, "--since", "2026-09-01", "--at", "2026-10-05") for form in ("csv", "json")),
    *(("forecast", form, "--by", "unit") for form in ("csv", "json", "svg")),
    ("merge", "json", "--unseen"),
)
NAMELESS = {"nagios", "prometheus", "--count"}
KEEPING = tuple(
    each for each in QUESTIONS if each[0] in {"audit", "orders", "merge"} if not NAMELESS & {*each}
)


def _home(folder: Path, policy: IdentityPolicy) -> Path:
    key = fleets.KEY.hex()
    (folder / "config.toml").write_text(
        f'[identity]\nkey = "{key}"\n[fleet]\nidentity = "{policy}"\n', "utf-8"
    )
    snapshots = [
        fleets.snapshot(
            "masa", AT, desks.nes(), unit=f"Birim {NUMBER}", user=ACCOUNT, identity=policy
        ),
        fleets.without_reader("bos", AT, user=ACCOUNT, identity=policy),
    ]
    fleets.keep_in(str(folder / "fleet.db"), folder, *snapshots).close()
    rows = ("TCKN;Ad;PC;Kullanıcı;E-posta", f"{NUMBER};{NAME};bos;{ACCOUNT};{MAIL}")
    unseen = f"{desks.MEHMET[0]};{NAME};yok;{ACCOUNT}2;{MAIL}"
    (folder / "register.csv").write_text("\n".join((*rows, unseen)), "utf-8")
    assert _run(folder, "merge", "terminal", str(folder / "register.csv")).exit_code == 0
    return folder


def _run(folder: Path, command: str, form: str, *words: str) -> Result:
    place = ("--database", str(folder / "fleet.db"), "--format", form, "--lang", "en")
    runner = CliRunner(env={"CARDTOOL_CONFIG": str(folder / "config.toml")})
    return runner.invoke(main, ["fleet", command, *words, *place])


def _said(done: Result, form: str) -> str:
    """Return all that an answer holds as one text."""
    assert done.exit_code != 3, done.stderr
    if form != "xlsx":
        return done.stdout_bytes.decode().replace("\r\n ", "")
    with zipfile.ZipFile(io.BytesIO(done.stdout_bytes)) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


@pytest.mark.parametrize("policy", IdentityPolicy)
@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_nobody_is_in_what_leaves(
    tmp_path: Path, question: tuple[str, ...], policy: IdentityPolicy
) -> None:
    home = _home(tmp_path, policy)

    said = _said(_run(home, *question), question[1])

    for personal in (NUMBER, desks.MEHMET[0], NAME, "AYŞE", ACCOUNT, MAIL):
        assert personal not in said, personal
    assert len(said) > 50


@pytest.mark.parametrize("question", KEEPING, ids=" ".join)
def test_who_is_kept_on_the_command_line_is_there(
    tmp_path: Path, question: tuple[str, ...]
) -> None:
    home = _home(tmp_path, IdentityPolicy.FULL)

    said = _said(_run(home, *question, "--keep-personal"), question[1])

    assert NAME in said


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_person_is_the_same_whatever_the_store_has(tmp_path: Path, form: str) -> None:
    answers = set()
    for policy in (IdentityPolicy.HASHED, IdentityPolicy.FULL):
        (tmp_path / policy).mkdir()
        said = _said(
            _run(_home(tmp_path / policy, policy), "audit", form, "--at", "2026-10-05"), form
        )
        answers.add(said)
        assert hashed(fleets.KEY, NUMBER) in said
        assert hashed(fleets.KEY, ACCOUNT) in said

    assert len(answers) == 1


def test_a_list_for_people_is_not_kept_whole(tmp_path: Path) -> None:
    home = _home(tmp_path, IdentityPolicy.FULL)

    done = _run(home, "audit", "terminal", "--keep-personal")

    assert done.exit_code == 3
    assert NUMBER not in _run(home, "audit", "terminal").stdout
