"""The tools that have an effect. All go through the one door, as an agent."""

import json
from collections.abc import Mapping
from typing import Any

from overnight.operations.pages import address_of
from overnight.operations.permission import NotAllowed
from overnight.web.calls import call, operation_named
from overnight.web.mcp.messages import Json
from overnight.web.mcp.telling import Telling, next_call
from overnight.web.mcp.trimming import SUMMARY, plain, trimmed

Given = Mapping[str, Any]  # Any: JSON


def start(given: Given, telling: Telling) -> Json:
    """A session of a campaign."""
    return _carried_out("run", given, telling)


def stop(given: Given, telling: Telling) -> Json:
    """The end of one."""
    return _carried_out("stop", given, telling)


def check(given: Given, telling: Telling) -> Json:
    """A program's baseline."""
    return _carried_out("check", given, telling)


def order(given: Given, telling: Telling) -> Json:
    """Any operation."""
    operation = operation_named(given["operation"])
    if operation.owner_only:
        raise NotAllowed(f"`{operation.name}` is for the owner alone", fix="ask your user to call it in their terminal")
    repo = None if operation.of_machine else telling.repository(given.get("repo"))
    return _answered(operation.name, repo, given["input"], telling, key=given.get("key", ""))


def _carried_out(name: str, given: Given, telling: Telling) -> Json:
    repo = telling.repository(given.get("repo"))
    return _answered(name, repo, {key: value for key, value in given.items() if key != "repo"}, telling)


def _answered(name: str, repo: str | None, given: Given, telling: Telling, *, key: str = "") -> Json:
    found = plain(call(name, repo, json.dumps(given), telling.caller, key=key))
    result, cuts = trimmed(found, SUMMARY, telling.clean)
    tag = given.get("tag") if isinstance(given.get("tag"), str) else None
    pattern = "/home" if repo is None else "/repos/{repo}/campaigns/{tag}" if tag else "/repos/{repo}"
    address = address_of(pattern, repo=repo, tag=tag)
    return {
        "result": result,
        "address": address,
        **({"cut": cuts} if cuts else {}),
        "next": next_call("look", "see what came of it", address=address),
    }
