"""The JSON Schema (draft-07) that editors use for pmo.yaml and for files of standards.

It helps while typing; what counts is the loader, which knows more: names of columns, trackers and standards.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from pmo_sync.model.options import Scope
from pmo_sync.model.words import NODE_LEVELS, Kind, Level, Mode, Severity
from pmo_sync.settings.options import Settings
from pmo_sync.settings.packs import pack_names

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_TEXT: Final[Json] = {"type": "string"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_FREE: Final[Json] = {"type": "object"}


def schema() -> dict[str, Json]:
    """One schema for both kinds of file: with a list under `standards`, or with `levels`, it is a file of standards,
    else pmo.yaml.
    """
    generated: Json = Settings.model_json_schema(by_alias=True)
    settings = _draft_07(generated)
    assert isinstance(settings, dict)  # noqa: S101 - a schema is a mapping
    definitions = settings.pop("definitions")
    assert isinstance(definitions, dict)  # noqa: S101 - as are its definitions
    _scope_beside(definitions)
    _packs(definitions)
    _state(settings)
    definitions |= {"pmo": settings, "standards_file": _standards_file(), "standard": _standard()}
    definitions["condition"] = _condition()
    with_standards: Json = {"properties": {"standards": {"type": "array"}}, "required": ["standards"]}
    return {
        "$schema": DRAFT,
        "title": "pmo-sync: pmo.yaml and files of standards",
        "definitions": dict(sorted(definitions.items())),
        "type": "object",
        "if": {"anyOf": [with_standards, {"required": ["levels"]}]},
        "then": {"$ref": "#/definitions/standards_file"},
        "else": {"$ref": "#/definitions/pmo"},
    }


def _draft_07(node: Json) -> Json:
    """What pydantic writes (draft 2020-12) in the words of draft-07."""
    if isinstance(node, list):
        return [_draft_07(item) for item in node]
    if not isinstance(node, dict):
        return node.replace("#/$defs/", "#/definitions/") if isinstance(node, str) else node
    renamed = {
        ("definitions" if key == "$defs" else key): _draft_07(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))  # a made-up title says less than the key itself
    }
    match renamed.get("anyOf"):
        case [*choices] if {"type": "null"} in choices:
            renamed["anyOf"] = [*choices, {"const": "none"}]
    if "$ref" in renamed:  # draft-07 reads nothing beside a reference
        return {"allOf": [{"$ref": renamed.pop("$ref")}], **renamed} if len(renamed) > 1 else renamed
    return renamed


def _scope_beside(definitions: dict[str, Json]) -> None:
    """The words of a scope may stand beside `money` and `high`."""
    match definitions.get("RiskAppetite"):
        case {"properties": dict(properties)}:
            properties |= dict.fromkeys(Scope.model_fields, _TEXT)


def _state(settings: dict[str, Json]) -> None:
    """A path alone is the short form of `state`."""
    properties = settings.get("properties")
    state = properties.get("state") if isinstance(properties, dict) else None
    if isinstance(state, dict):
        state["anyOf"] = [_TEXT, {"allOf": state.pop("allOf")}]


def _packs(definitions: dict[str, Json]) -> None:
    """The shipped packs by name."""
    match definitions.get("StandardsOptions"):
        case {"properties": {"packs": dict(packs)}}:
            packs["items"] = {"enum": list(pack_names())}


def _standards_file() -> Json:
    return {
        "type": "object",
        "properties": {
            "standards": {"type": "array", "items": {"$ref": "#/definitions/standard"}},
            "levels": {"type": "array", "items": _level()},
        },
        "additionalProperties": False,
    }


def _level() -> Json:
    """One level of maturity."""
    properties: Json = {
        "name": {"type": "string", "minLength": 1},
        "means": {"type": "string", "description": "what the level says of a project, as a sentence"},
        "at_least": {"type": ["string", "number"], "description": "share of each standard that must pass: 90%"},
        "standards": {"type": "array", "items": _TEXT, "minItems": 1, "description": "beyond those of lower levels"},
    }
    required: Json = ["name", "standards"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _condition() -> Json:
    """A mapping of columns, relations, `all`, `any` and `not`; the language itself checks what is in it."""
    return {"type": "object", "minProperties": 1, "description": "column: test; every entry must hold"}


def _standard() -> Json:
    condition: Json = {"$ref": "#/definitions/condition"}
    levels: Json = [str(level) for level in (*NODE_LEVELS, Level.ITEM)]
    level: Json = {"enum": levels}
    case: Json = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _FREE}
    limit: Json = {"type": ["string", "number"]}
    properties: dict[str, Json] = {
        "id": {"type": "string", "minLength": 1, "description": "unique and stable: labels, waivers and links use it"},
        "title": {"type": "string", "minLength": 1},
        "why": {"type": "string", "description": "shown to teams"},
        "source": {"type": "string", "description": "where the standard is taken from"},
        "level": {"anyOf": [level, {"type": "array", "items": level, "minItems": 1}]},
        "subject": {"enum": ["link", "sprint", "person_week"]},
        "kinds": {"type": "array", "items": {"enum": [str(kind) for kind in Kind]}},
        "severity": {"enum": [str(severity) for severity in Severity]},
        "enabled": {"type": "boolean"},
        "mode": {"enum": [str(mode) for mode in Mode]},
        "values": {"type": "object", "description": "the numbers of the standard, by name: what overrides change"},
        "applies_to": condition,
        "require": condition,
        "unless": condition,
        "share": {
            "type": "object",
            "properties": {
                "of": _TEXT,
                "among": condition,
                "where": condition,
                "exempt": _TEXTS,
            },
            "required": ["of", "where"],
            "additionalProperties": False,
        },
        "limit": {
            "type": "object",
            "properties": {
                "warn_above": limit,
                "fail_above": limit,
                "min_population": {"type": "integer", "minimum": 0},
            },
            "additionalProperties": False,
        },
        "for": {"type": "string", "description": "a duration: how long it must have failed before a flag appears"},
        "flag": _TEXT,
        "flag_offenders": {"type": "boolean"},
        "message": {"type": "string", "description": "columns in braces: {key} is due {due}"},
        "fix": {"type": "string", "description": "what to do about a failure"},
        "escalate": {"type": "array", "items": _FREE},
        "waiver": _FREE,
        "cases": {"type": "array", "items": case},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["id", "title", "level", "severity"],
        "additionalProperties": False,
    }
