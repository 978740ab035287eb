# SPDX-License-Identifier: Apache-2.0
"""The sentences of refused inputs: each is used, and says the same in every language."""

import pickle
import re
import string
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from cardtool.model.meaning import Meaning
from cardtool.model.refused import Refused
from cardtool.text import LANGUAGES, load_words

SOURCES = Path(__file__).parent.parent / "cardtool"


def _placeholders(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_of_the_code_has_its_sentence_and_no_other_is_there(language: str) -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py"))

    raised = set(re.findall(r'(?i:refusal|refused)\(\s*code="([a-z0-9-]+)"', text))
    raised |= set(re.findall(r'"((?:import|module|store)-[a-z-]+|fleet-away[a-z-]*)"', text))
    raised -= set(get_args(get_type_hints(Meaning)["kind"]))  # `module-software` refuses nothing
    sentences = set(load_words(language)["refusal"])
    assert raised - sentences == set()
    assert sentences - set(re.findall(r'"([a-z0-9-]+)"', text)) == set()


def test_all_languages_refuse_with_the_same_placeholders() -> None:
    first, *others = (load_words(language)["refusal"] for language in LANGUAGES)

    for other in others:
        for code, sentence in first.items():
            assert _placeholders(other[code]) == _placeholders(sentence), code
            assert other[code] != sentence, code


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_keep_the_rules_for_words(language: str) -> None:
    for code, sentence in load_words(language)["refusal"].items():
        assert "!" not in sentence, code
        assert not re.search(r"\}['\u2019\w]", sentence), f"a suffix on a value: {code}"
        assert not re.search(r"(?i)lütfen|\bplease\b|failed to|başarısız", sentence), code


def test_a_refusal_is_the_same_in_another_process() -> None:
    refused = pickle.loads(pickle.dumps(Refused(code="page-empty", name="list.csv", row=3)))  # noqa: S301

    assert type(refused) is Refused
    assert (refused.code, refused.facts) == ("page-empty", {"name": "list.csv", "row": 3})
