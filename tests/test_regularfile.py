# SPDX-License-Identifier: Apache-2.0
"""A pipe where a file should be is refused at once, by whatever option it is named."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cardtool import files
from cardtool.fleet.sending.spool import Answer, Spool

assert sys.platform != "win32"  # which has no named pipes in folders

DELIVERED = Answer("delivered")


@pytest.mark.parametrize(
    "words",
    [
        ("diagnose", "PIPE"),
        ("fleet", "merge", "PIPE"),
        ("fleet", "audit", "--database", "PIPE"),
        ("fleet", "import", "PIPE"),
        ("drivers", "--module", "PIPE"),
    ],
    ids=" ".join,
)
def test_a_pipe_is_not_waited_for(tmp_path: Path, words: tuple[str, ...]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "config.toml").write_text('[fleet]\nidentity = "full"\n')
    named = [str(pipe) if each == "PIPE" else each for each in words]
    own = ["--database", str(tmp_path / "f.db")] if "import" in words else []
    env = {**os.environ, "CARDTOOL_CONFIG": str(tmp_path / "config.toml")}

    done = subprocess.run(
        [sys.executable, "-m", "cardtool", *named, *own],
        env=env,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_only_a_regular_file_is_opened(tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "file", tmp_path / "link", tmp_path / "pipe"
    file.write_bytes(b"x")
    link.symlink_to(file)
    os.mkfifo(pipe)

    assert files.read(file) == files.read(link) == b"x"
    with pytest.raises(OSError, match="link"):
        files.read(link, follow=False)
    for other in (pipe, Path(os.devnull)):
        with pytest.raises(OSError, match="not a regular file"):
            files.read(other)
    with pytest.raises(IsADirectoryError):
        files.read(tmp_path)


def test_a_spool_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    outside, spool = tmp_path / "outside", tmp_path / "spool"
    outside.mkdir()
    spool.symlink_to(outside)

    with pytest.raises(PermissionError):
        Spool(spool).put("a.json", b"x")
    with pytest.raises(PermissionError):
        Spool(spool).deliver(lambda _name, _body: DELIVERED, 0)
    assert list(outside.iterdir()) == []


def test_a_link_in_a_spool_leads_nowhere(tmp_path: Path) -> None:
    secret, spool, handed = tmp_path / "secret", tmp_path / "spool", list[str]()
    secret.write_bytes(b"secret")
    waiting = Spool(spool)
    waiting.put("a.json", b"x")
    (spool / "000000000002_b.json").symlink_to(secret)

    def hand_over(name: str, _body: bytes) -> Answer:
        handed.append(name)
        return DELIVERED

    report = waiting.deliver(hand_over, 0)

    assert handed == ["a.json"]
    assert report.waiting == 1
    assert secret.read_bytes() == b"secret"


def test_what_a_receiver_refuses_is_put_into_no_link(tmp_path: Path) -> None:
    outside, spool = tmp_path / "outside", tmp_path / "spool"
    outside.mkdir()
    waiting = Spool(spool)
    waiting.put("a.json", b"x")
    (spool / "refused").symlink_to(outside)

    with pytest.raises(PermissionError):
        waiting.deliver(lambda _name, _body: Answer("refused", reason="why"), 0)

    assert list(outside.iterdir()) == []
    assert stat.S_ISREG((spool / "000000000001_a.json").stat().st_mode)
