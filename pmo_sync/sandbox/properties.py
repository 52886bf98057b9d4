"""Entity properties of issues: small JSON values that people do not see. They move neither `updated` nor history."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from pmo_sync.sandbox.call import Answer, Call
from pmo_sync.sandbox.errors import Refusal, invalid

LONGEST_KEY, LONGEST_VALUE = 255, 32_768


def property_error(key: str, value: object) -> str | None:
    """What is wrong with a property; None where nothing is."""
    if not key or len(key) > LONGEST_KEY:
        return f"The property key must have from 1 to {LONGEST_KEY} characters."
    if value is None or value in ("", {}, []):
        return "The property value must not be empty."
    if len(msgspec.json.encode(value).decode()) > LONGEST_VALUE:
        return f"The property value is too long. It exceeds the limit of {LONGEST_VALUE} characters."
    return None


def listed(call: Call) -> Answer:
    """GET issue/{k}/properties."""
    issue = call.issue()
    base = f"{call.view().base}/issue/{issue.id}/properties"
    return Answer(body={"keys": [{"self": f"{base}/{key}", "key": key} for key in sorted(issue.properties)]})


def get(call: Call) -> Answer:
    """GET issue/{k}/properties/{key}."""
    issue, key = call.issue(), call.parts["property"]
    if key not in issue.properties:
        raise _absent(key)
    return Answer(body={"key": key, "value": issue.properties[key]})


def put(call: Call) -> Answer:
    """PUT issue/{k}/properties/{key}: 201 for a new one, 200 for one that is replaced."""
    issue, key = call.issue(), call.parts["property"]
    value = call.json()
    error = property_error(key, value)
    if error is not None:
        raise invalid(error)
    with call.store.writing() as batch:
        issue = call.rights.seen(call.store.issues.get(issue.id))
        call.rights.editable(issue, call.store.flavour)
        known = key in issue.properties
        if not known or issue.properties[key] != value:
            batch.issues[issue.id] = replace(issue, properties={**issue.properties, key: value})
    return Answer(200 if known else 201)


def delete(call: Call) -> Answer:
    """DELETE issue/{k}/properties/{key}."""
    issue, key = call.issue(), call.parts["property"]
    with call.store.writing() as batch:
        issue = call.rights.seen(call.store.issues.get(issue.id))
        call.rights.editable(issue, call.store.flavour)
        if key not in issue.properties:
            raise _absent(key)
        kept = {name: value for name, value in issue.properties.items() if name != key}
        batch.issues[issue.id] = replace(issue, properties=kept)
    return Answer(204)


def _absent(key: str) -> Refusal:
    return Refusal(404, [f"The property {key} does not exist."])
