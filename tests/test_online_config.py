# SPDX-License-Identifier: Apache-2.0
"""What a configuration file may say of `--online`, and how that reaches the probe."""

from pathlib import Path

import pytest

from cardtool.config import load
from cardtool.model.refused import Refused
from cardtool.model.trust import Online
from cardtool.text import Text


def _named(path: Path, text: str) -> dict[str, str]:
    path.write_text(text, encoding="utf-8")
    return {"CARDTOOL_CONFIG": str(path)}


def test_every_key_reaches_the_probe(tmp_path: Path) -> None:
    text = f"""
        [online]
        proxy = "http://proxy.example:8080"
        certificates = '{tmp_path}'
        timeout_s = 20
        roots = ["{"ab" * 32}"]
        allow_private = true
    """

    assert load(_named(tmp_path / "config.toml", text)).online == Online(
        proxy="http://proxy.example:8080",
        certificates=str(tmp_path),
        timeout_s=20,
        roots=("ab" * 32,),
        allow_private=True,
    )


def test_without_a_word_everything_is_as_shipped(tmp_path: Path) -> None:
    settings = load(_named(tmp_path / "config.toml", "")).online

    assert settings == Online()
    assert settings.timeout_s == 10
    assert not settings.allow_private


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timeout_s = 0", "$.online.timeout_s"),
        ("roots = ['abc']", "$.online.roots"),
        ("certificates = 'here'", "must be absolute: here"),
        ("enabled = true", "known keys: proxy, certificates, timeout_s, roots, allow_private"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(Refused) as caught:
        load(_named(tmp_path / "config.toml", f"[online]\n{text}"))

    assert said in Text("en").refusal(caught.value.code, caught.value.facts)
