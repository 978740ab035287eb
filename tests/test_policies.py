# SPDX-License-Identifier: Apache-2.0
"""What the Group Policy editor is given fits the configuration and itself, in each language."""

import re
from xml.etree import ElementTree as ET

import msgspec
import pytest

from cardtool.config import POLICY, Config
from cardtool.text import LANGUAGES
from packages.windows import policies

_NS = "{http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions}"


def _definitions() -> ET.Element:
    return ET.fromstring(policies.admx())  # noqa: S314 - our own


def test_every_setting_is_a_policy_or_has_a_reason_to_be_none() -> None:
    def names(record: type[msgspec.Struct], table: str = "") -> set[str]:
        found = set()
        for field in msgspec.structs.fields(record):
            if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                found |= names(field.type, f"{field.name}.")
            else:
                found.add(table + field.name)
        return found

    prescribed = set()
    for policy in _definitions().iter(f"{_NS}policy"):
        table = policy.attrib["key"].removeprefix(POLICY).removeprefix("\\")
        (key,) = {value for element in policy.iter() if (value := element.attrib.get("valueName"))}
        prescribed.add(f"{table}.{key}".removeprefix("."))

    assert prescribed | policies.LEFT_OUT.keys() == names(Config)
    assert not prescribed & policies.LEFT_OUT.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_that_the_definitions_use_is_there(language: str) -> None:
    words = ET.fromstring(policies.adml(language))  # noqa: S314 - our own
    strings = {string.attrib["id"]: string.text for string in words.iter(f"{_NS}string")}
    shown = {one.attrib["id"] for one in words.iter(f"{_NS}presentation")}
    text = policies.admx()

    assert set(re.findall(r"\$\(string\.(\w+)\)", text)) == strings.keys()
    assert set(re.findall(r"\$\(presentation\.(\w+)\)", text)) == shown
    assert all(strings.values())


def test_each_box_of_the_editor_belongs_to_an_element_of_its_policy() -> None:
    words = ET.fromstring(policies.adml("en"))  # noqa: S314 - our own
    boxes = {
        one.attrib["id"]: [box.attrib["refId"] for box in one]
        for one in words.iter(f"{_NS}presentation")
    }

    for policy in _definitions().iter(f"{_NS}policy"):
        elements = [
            element.attrib["id"] for part in policy.iter(f"{_NS}elements") for element in part
        ]
        assert boxes.get(policy.attrib["name"], []) == elements


@pytest.mark.parametrize(
    ("name", "limits"), [("timeout_s", ("1", "600")), ("fleet_spool_limit", ("1", "1000000"))]
)
def test_a_number_has_the_limits_of_the_configuration(name: str, limits: tuple[str, str]) -> None:
    (box,) = (box for box in _definitions().iter(f"{_NS}decimal") if box.get("id") == name)

    assert (box.attrib["minValue"], box.attrib["maxValue"]) == limits
