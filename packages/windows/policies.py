# SPDX-License-Identifier: Apache-2.0
"""Makes what the Group Policy editor reads: cardtool.admx, and cardtool.adml in each language.

The settings are the fields of the configuration's records, so both agree. Source: Microsoft, Group
Policy ADMX Syntax Reference Guide.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from msgspec import inspect

from cardtool.config import POLICY, Config

LOCALES = {"tr": "tr-TR", "en": "en-US"}
"""The folder of each language's file."""
LEFT_OUT = {
    "policy.issuer": "a list of tables, which an editor of policies cannot show",
    "fleet.host_id": "each computer has another",
    "fleet.database": "for the computer that collects",
    "fleet.price": "for the computer that collects",
    "fleet.currency": "for the computer that collects",
    "fleet.columns": "for the computer that collects",
}
"""Settings that no policy prescribes, and why."""

_NAMESPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
_WORDS = Path(__file__).with_name("policies.toml")
_HIGHEST = 4_294_967_295
"""Of a DWORD."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting that a policy may prescribe."""

    table: str
    """Its table in the configuration; empty at the top."""
    key: str
    kind: inspect.Type

    @property
    def name(self) -> str:
        """Return its name, with that of its table."""
        return f"{self.table}.{self.key}".removeprefix(".")

    @property
    def id(self) -> str:
        """Return its name as the files of policies have it."""
        return self.name.replace(".", "_")


def settings(record: type[msgspec.Struct] = Config, table: str = "") -> Iterator[Setting]:
    """Yield the settings of a record and of the tables in it."""
    for field in msgspec.structs.fields(record):
        kind = _without_none(inspect.type_info(field.type))
        setting = Setting(table=table, key=field.encode_name, kind=kind)
        if isinstance(kind, inspect.StructType):
            yield from settings(kind.cls, field.encode_name)
        elif setting.name not in LEFT_OUT:
            yield setting


def admx() -> str:
    """Return the definitions: which value of the registry each policy sets."""
    root = ET.Element("policyDefinitions", xmlns=_NAMESPACE, revision="1.0", schemaVersion="1.0")
    spaces = ET.SubElement(root, "policyNamespaces")
    ET.SubElement(spaces, "target", prefix="cardtool", namespace="cardtool.Policies")
    ET.SubElement(root, "resources", minRequiredRevision="1.0")
    definitions = ET.SubElement(ET.SubElement(root, "supportedOn"), "definitions")
    ET.SubElement(definitions, "definition", name="any", displayName="$(string.any)")
    categories = ET.SubElement(root, "categories")
    for name in _words()["categories"]:
        category = ET.SubElement(
            categories, "category", name=_category(name), displayName=f"$(string.{_category(name)})"
        )
        if name:
            ET.SubElement(category, "parentCategory", ref=_category(""))
    policies = ET.SubElement(root, "policies")
    for setting in settings():
        _define(policies, setting)
    return _text(root)


def adml(language: str) -> str:
    """Return the words of the definitions in a language."""
    words = _words()
    root = ET.Element(
        "policyDefinitionResources", xmlns=_NAMESPACE, revision="1.0", schemaVersion="1.0"
    )
    ET.SubElement(root, "displayName").text = "cardtool"
    ET.SubElement(root, "description").text = words["categories"][""][language]
    resources = ET.SubElement(root, "resources")
    strings = ET.SubElement(resources, "stringTable")
    presentations = ET.SubElement(resources, "presentationTable")
    ET.SubElement(strings, "string", id="any").text = "cardtool"
    for name, said in words["categories"].items():
        ET.SubElement(strings, "string", id=_category(name)).text = said[language]
    for setting in settings():
        said = words[setting.table][setting.key] if setting.table else words[setting.key]
        title, explanation = said[language]
        ET.SubElement(strings, "string", id=setting.id).text = title
        ET.SubElement(strings, "string", id=f"{setting.id}_help").text = explanation
        for choice in _choices(setting):
            ET.SubElement(strings, "string", id=f"{setting.id}_{choice}").text = choice
        _present(presentations, setting, title)
    return _text(root)


def _define(policies: ET.Element, setting: Setting) -> None:
    policy = ET.SubElement(policies, "policy", {"name": setting.id, "class": "Machine"})
    policy.set("displayName", f"$(string.{setting.id})")
    policy.set("explainText", f"$(string.{setting.id}_help)")
    policy.set("key", rf"{POLICY}\{setting.table}".removesuffix("\\"))
    is_switch = isinstance(setting.kind, inspect.BoolType)
    if is_switch:
        policy.set("valueName", setting.key)
    else:
        policy.set("presentation", f"$(presentation.{setting.id})")
    ET.SubElement(policy, "parentCategory", ref=_category(setting.table))
    ET.SubElement(policy, "supportedOn", ref="any")
    if is_switch:
        for name, value in (("enabledValue", "1"), ("disabledValue", "0")):
            ET.SubElement(ET.SubElement(policy, name), "decimal", value=value)
        return
    names = {"id": setting.id, "valueName": setting.key, "required": "true"}
    elements = ET.SubElement(policy, "elements")
    match setting.kind:
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            limits = {
                "minValue": f"{least or 0:.0f}",
                "maxValue": f"{_HIGHEST if most is None else most:.0f}",
            }
            ET.SubElement(elements, "decimal", names | limits)
        case inspect.VarTupleType():
            del names["required"]
            ET.SubElement(elements, "multiText", names)
        case _ if choices := _choices(setting):
            listed = ET.SubElement(elements, "enum", names)
            for choice in choices:
                item = ET.SubElement(listed, "item", displayName=f"$(string.{setting.id}_{choice})")
                ET.SubElement(ET.SubElement(item, "value"), "string").text = choice
        case _:
            ET.SubElement(elements, "text", names)


def _present(presentations: ET.Element, setting: Setting, title: str) -> None:
    if isinstance(setting.kind, inspect.BoolType):
        return
    shown = ET.SubElement(presentations, "presentation", id=setting.id)
    match setting.kind:
        case inspect.IntType() | inspect.FloatType():
            ET.SubElement(shown, "decimalTextBox", refId=setting.id).text = title
        case inspect.VarTupleType():
            ET.SubElement(shown, "multiTextBox", refId=setting.id).text = title
        case _ if _choices(setting):
            ET.SubElement(shown, "dropdownList", refId=setting.id).text = title
        case _:
            box = ET.SubElement(shown, "textBox", refId=setting.id)
            ET.SubElement(box, "label").text = title


def _choices(setting: Setting) -> tuple[str, ...]:
    """Return the only values that a setting may have, if they are few."""
    if setting.name == "language":
        return tuple(LOCALES)
    kind = setting.kind
    return tuple(map(str, kind.values)) if isinstance(kind, inspect.LiteralType) else ()


def _without_none(kind: inspect.Type) -> inspect.Type:
    """Return what a field holds where it holds something."""
    if isinstance(kind, inspect.Metadata):
        return _without_none(kind.type)
    if isinstance(kind, inspect.UnionType):
        (kind,) = (part for part in kind.types if not isinstance(part, inspect.NoneType))
        return _without_none(kind)
    return kind


def _category(name: str) -> str:
    return f"category_{name or 'all'}"


def _words() -> dict[str, Any]:
    return tomllib.loads(_WORDS.read_text("utf-8"))


def _text(root: ET.Element) -> str:
    ET.indent(root)
    note = "<!-- Written by packages/windows/policies.py: run `make generated`. -->"
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{note}\n{body}\n'
