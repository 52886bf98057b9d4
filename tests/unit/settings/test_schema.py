"""The JSON Schema, checked with a small validator of our own: it accepts what loads and refuses what is misspelt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pmo_sync.model.source import plain
from pmo_sync.rules.entry import KEYS
from pmo_sync.settings.options import Settings
from pmo_sync.settings.packs import pack_names, packs_folder
from pmo_sync.settings.schema import DRAFT, schema
from pmo_sync.settings.yaml import parse

SCHEMA = schema()
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
KNOWN = {
    "$schema", "$ref", "title", "description", "default", "definitions", "type", "if", "then", "else", "anyOf", "oneOf",
    "allOf", "enum", "const", "properties", "required", "additionalProperties", "propertyNames", "items", "minItems",
    "maxItems", "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "format", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip


def is_of(value: object, word: str) -> bool:
    return isinstance(value, TYPES[word]) and (word == "boolean" or not isinstance(value, bool))


def fits(value: Any, node: Any) -> bool:  # noqa: C901, PLR0911, PLR0912 - one line for each word of JSON Schema
    if isinstance(node, bool):
        return node
    assert set(node) <= KNOWN, set(node) - KNOWN
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/definitions/")
        return fits(value, SCHEMA["definitions"][name])  # type: ignore[index]
    if "if" in node and not fits(value, node["then"] if fits(value, node["if"]) else node["else"]):
        return False
    words = node.get("type", [])
    if words and not any(is_of(value, word) for word in ([words] if isinstance(words, str) else words)):
        return False
    if "enum" in node and value not in node["enum"]:
        return False
    if "const" in node and value != node["const"]:
        return False
    if "anyOf" in node and not any(fits(value, choice) for choice in node["anyOf"]):
        return False
    if "oneOf" in node and sum(fits(value, choice) for choice in node["oneOf"]) != 1:
        return False
    if not all(fits(value, choice) for choice in node.get("allOf", [])):
        return False
    if isinstance(value, str) and "pattern" in node and not re.search(node["pattern"], value):
        return False
    if isinstance(value, int | float) and not isinstance(value, bool) and value < node.get("minimum", value):
        return False
    if isinstance(value, list):
        return len(value) >= node.get("minItems", 0) and all(fits(item, node.get("items", True)) for item in value)
    if isinstance(value, dict):
        properties = node.get("properties", {})
        rest = node.get("additionalProperties", True)
        inner = all(fits(item, properties.get(name, rest)) for name, item in value.items())
        names = all(fits(name, node.get("propertyNames", True)) for name in value)
        return inner and names and set(node.get("required", ())) <= set(value)
    return True


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def tree(text: str) -> object:
    return plain(parse(text, "f.yaml"))


def test_it_is_draft_07_and_closed() -> None:
    assert SCHEMA["$schema"] == DRAFT
    text = json.dumps(SCHEMA)
    assert "$defs" not in text
    assert "discriminator" not in text
    definitions = SCHEMA["definitions"]
    assert isinstance(definitions, dict)
    assert {reference.removeprefix("#/definitions/") for reference in references(SCHEMA)} <= set(definitions)


def test_it_is_the_same_every_time() -> None:
    assert json.dumps(schema()) == json.dumps(SCHEMA)


def test_it_knows_every_setting_and_every_key_of_a_standard() -> None:
    definitions: Any = SCHEMA["definitions"]
    assert set(definitions["pmo"]["properties"]) == set(Settings.model_fields)
    assert set(definitions["standard"]["properties"]) == set(KEYS)


@pytest.mark.parametrize("name", pack_names())
def test_it_accepts_the_shipped_packs(name: str) -> None:
    assert fits(tree((packs_folder() / f"{name}.yaml").read_text(encoding="utf-8")), SCHEMA)


def test_it_accepts_the_shipped_examples() -> None:
    config = packs_folder().parent
    for path in (config / "pmo-sync.yaml", config / "demo" / "pmo.yaml", *config.glob("demo/standards/*.yaml")):
        assert fits(tree(path.read_text(encoding="utf-8")), SCHEMA), path


def test_it_accepts_the_example_of_the_contract() -> None:
    example = Path(__file__).parents[4] / "shared" / "design" / "example"
    if not example.is_dir():
        pytest.skip("the design documents' example is not beside this checkout")
    assert fits(tree((example / "pmo.yaml").read_text(encoding="utf-8")), SCHEMA)
    assert fits(tree((example / "standards" / "delivery.yaml").read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nstate: path\n",
        "version: 1\nrisk_appetite: [{programme: P, money: 5}]\n",
        "version: 1\nstandards: {override: {core: off, HYG-01: [{severity: info}, on]}}\n",
        "version: 1\nstructure: {programme: none}\n",
        "version: 1\ncurrency: none\n",
        "version: 1\nrollup: {min_coverage: 70%, ev_rule: {Doing: 50%}, rag: {policy: {project: share}}}\n",
        "standards: []\n",
        "levels: [{name: bronze, means: Known., at_least: 90%, standards: [HYG-01]}]\n",
    ],
)
def test_it_accepts_short_forms(text: str) -> None:
    assert fits(tree(text), SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\n",
        "{}\n",
        "version: 1\nmdoe: x\n",
        "version: 1\ntrackers: {a: {kind: redmine, url: x, tokn: y}}\n",
        "version: 1\ntrackers: {a: {kind: redmine, url: x, token: literal}}\n",
        "version: 1\nstructure: {project: [{tracker: a, by: project, dept: 1}]}\n",
        "version: 1\npull: {overlap: 12 hrs}\n",
        "version: 1\nstandards: {packs: [cor]}\n",
        "standards: [{id: A, title: T, level: item, severity: major, sevrity: x}]\n",
        "standards: [{id: A, title: T, level: task, severity: major}]\n",
        "levels: [{name: bronze, standard: [HYG-01]}]\n",
        "levels: [{name: bronze, standards: []}]\n",
    ],
)
def test_it_refuses_what_does_not_load(text: str) -> None:
    assert not fits(tree(text), SCHEMA)
