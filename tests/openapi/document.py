"""What an OpenAPI document says of one message: a request that was sent and the reply to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

FOLDER: Final = Path(__file__).parents[3] / "shared" / "openapi"
"""Beside the repository; where it is absent the tests that need it are skipped."""
CLOUD: Final = FOLDER / "cloud-v3-2026-06-10.json"
DATA_CENTER: Final = FOLDER / "dc-10.3-openapi.json"
_URN: Final = "urn:spec"
_NO_CONTENT: Final = 204
_NAME: Final = re.compile(r"[A-Z_]{4,}")  # of a permission: a key of a map, not a member
_NUMBERS: Final = {"integer": re.compile(r"-?\d+"), "number": re.compile(r"-?\d+(\.\d+)?")}
_BOOLEANS: Final = ("true", "false")


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it was sent and the reply as it came."""

    method: str
    path: str
    body: bytes | None
    status: int
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that the document does not say so: of which operation, on which side, where in it, what."""

    operation: str
    side: str
    where: str
    what: str


@dataclass(frozen=True)
class Document:
    """One document. `prefix` is what stands before its paths in an address; `lists` are operations whose reply is a
    list though the document has the schema of one element.
    """

    content: Mapping[str, Any]
    prefix: str = ""
    lists: frozenset[str] = frozenset()
    _validators: dict[tuple[str, bool], Any] = field(default_factory=dict)

    @cached_property
    def _registry(self) -> Registry[Any]:
        found: Registry[Any] = Registry().with_resource(_URN, DRAFT4.create_resource(self.content))
        return found

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        """Paths as patterns; those with fewer holes first."""
        found = sorted(self.content["paths"], key=lambda path: (path.count("{"), path))
        return [(re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path))), path) for path in found]

    def operation(self, message: Message) -> str | None:
        """`GET /rest/api/3/field` as the document has it; None for what it does not know."""
        path = urlsplit(message.path).path
        if not path.startswith(self.prefix):
            return None
        for pattern, template in self._templates:
            known = self.content["paths"][template]
            if pattern.fullmatch(path.removeprefix(self.prefix)) and message.method.lower() in known:
                return f"{message.method} {template}"
        return None

    def deviations(self, message: Message) -> list[Deviation]:
        """Everything in the message that the document says otherwise."""
        operation = self.operation(message)
        if operation is None:
            return [Deviation(f"{message.method} {urlsplit(message.path).path}", "request", "", "no such operation")]
        method, template = operation.split(" ", 1)
        said = self.content["paths"][template][method.lower()]
        pointer = f"/paths/{template.replace('~', '~0').replace('/', '~1')}/{method.lower()}"
        found = [
            *(("request", where, what) for where, what in self._of_query(said, template, message)),
            *(("request", where, what) for where, what in self._of_body(said, pointer, message)),
            *(("reply", where, what) for where, what in self._of_reply(said, pointer, operation, message)),
        ]
        return [Deviation(operation, *one) for one in found]

    def _of_query(self, said: Mapping[str, Any], template: str, message: Message) -> Iterator[tuple[str, str]]:
        parameters = [*self.content["paths"][template].get("parameters", ()), *said.get("parameters", ())]
        parameters = [self._resolved(one) for one in parameters]
        known = {one["name"]: one for one in parameters if one["in"] == "query"}
        given = parse_qsl(urlsplit(message.path).query, keep_blank_values=True)
        for name, value in given:
            if name not in known:
                yield f"query {name}", "not documented"
            elif not _suits(self._resolved(known[name].get("schema", {})), value):
                yield f"query {name}", f"{value!r} is none of its type"
        for name, one in known.items():
            if one.get("required") and name not in dict(given):
                yield f"query {name}", "required"

    def _of_body(self, said: Mapping[str, Any], pointer: str, message: Message) -> Iterator[tuple[str, str]]:
        body = self._resolved(said.get("requestBody", {}))
        if not body:
            if message.body:
                yield "body", "no body is documented"
            return
        if not message.body:
            if body.get("required"):
                yield "body", "required"
            return
        if "$ref" in said["requestBody"]:
            pointer = said["requestBody"]["$ref"].removeprefix("#")
        else:
            pointer += "/requestBody"
        kind = next(iter(body["content"]))
        yield from self._against(f"{pointer}/content/{kind.replace('/', '~1')}/schema", message.body, reading=False)

    def _of_reply(
        self, said: Mapping[str, Any], pointer: str, operation: str, message: Message
    ) -> Iterator[tuple[str, str]]:
        status = str(message.status)
        if status not in said["responses"]:
            yield status, "this status is not documented"
            return
        if message.status == _NO_CONTENT:  # whatever schema the document has for it: there is nothing to see
            if message.content:
                yield status, "a body, and there is none"
            return
        content = self._resolved(said["responses"][status]).get("content", {})
        schemas = {kind: one for kind, one in content.items() if one.get("schema")}
        if not schemas:
            if message.content and message.status < 300:  # what a refusal says is documented nowhere
                yield status, "a body, and none is documented"
            return
        kind = next(iter(schemas))
        if message.kind.partition(";")[0] != "application/json":
            yield status, f"the type of its content is {message.kind or 'not told'}"
            return
        schema = f"{pointer}/responses/{status}/content/{kind.replace('/', '~1')}/schema"
        if operation not in self.lists or status != "200":
            yield from self._against(schema, message.content, reading=True)
            return
        rows = json.loads(message.content)
        if not isinstance(rows, list):
            yield status, "no list"
            return
        for row in rows:
            yield from self._against(schema, json.dumps(row).encode(), reading=True)

    def _against(self, pointer: str, content: bytes, *, reading: bool) -> Iterator[tuple[str, str]]:
        try:
            value = json.loads(content)
        except ValueError:
            yield "", "no JSON"
            return
        key = (pointer, reading)
        if key not in self._validators:
            make = OAS30ReadValidator if reading else OAS30WriteValidator
            self._validators[key] = make({"$ref": f"{_URN}#{pointer}"}, registry=self._registry)
        for error in self._validators[key].iter_errors(value):
            steps = [str(part) if isinstance(part, str) else "*" for part in error.absolute_path]
            where = "/".join("*" if _NAME.fullmatch(step) else step for step in steps)
            if error.validator == "additionalProperties":
                yield from ((where, f"no member {name}") for name in sorted(_further(error)))
            else:
                yield where, f"{error.validator}: {error.message[:200]}"

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            found: Any = self.content
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            part = found
        return part


def cloud() -> Document:
    """Jira Cloud, version 3."""
    return Document(_closed(json.loads(CLOUD.read_text(encoding="utf-8"))))


def data_center() -> Document:
    """Jira Data Center 10.3, mended where known-spec-defects says that the document and not Jira is wrong."""
    content = json.loads(DATA_CENTER.read_text(encoding="utf-8"))
    schemas = content["components"]["schemas"]
    for bean in ("IssueBean", "IssueUpdateBean"):  # defect 7: values of fields are not objects alone
        schemas[bean]["properties"]["fields"]["additionalProperties"] = {}
    # The same in a property: its value is any JSON, and is not sent as a text that holds it.
    schemas["EntityPropertyBean"]["properties"]["value"] = {}
    rows = ("/project", "/field", "/issuetype", "/priority", "/status")  # defect 1: one element for the list
    return Document(_closed(content), "/rest", frozenset(f"GET /api/2{path}" for path in rows))


def _closed(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with every object that names its members taking no others, unless it says so itself."""
    for schema in content["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return content


def _further(error: Any) -> set[str]:
    return set(error.instance) - set(error.schema.get("properties", ()))


def _suits(schema: Mapping[str, Any], value: str) -> bool:
    if "enum" in schema and value not in schema["enum"]:
        return False
    pattern = _NUMBERS.get(schema.get("type", ""))
    if pattern is not None:
        return pattern.fullmatch(unquote(value)) is not None
    return schema.get("type") != "boolean" or value in _BOOLEANS


def operations(document: Document, messages: Sequence[Message]) -> dict[str, int]:
    """Operation → how many messages were of it."""
    counts: dict[str, int] = {}
    for message in messages:
        name = document.operation(message) or "unknown"
        counts[name] = counts.get(name, 0) + 1
    return counts
