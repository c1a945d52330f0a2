"""The tools that have an effect. All go through the one door, as an agent."""

import json
from collections.abc import Mapping
from typing import Any

from overnight.errors import UserError
from overnight.operations.operation import Begun
from overnight.operations.pages import address_of, pages, parts_of
from overnight.operations.permission import NotAllowed
from overnight.operations.tasks.task import TaskState
from overnight.web.calls import call, operation_named
from overnight.web.mcp.looking import place
from overnight.web.mcp.messages import Json
from overnight.web.mcp.tool_context import ToolContext, next_call
from overnight.web.mcp.trimming import SUMMARY, plain, trimmed
from overnight.web.mcp.waiting import Watched, after

STATE = "/task/state"  # in the page of a task
SOON_S = 15.0  # that an answer waits for a task to end
Given = Mapping[str, Any]  # Any: JSON


def start(given: Given, context: ToolContext) -> Json:
    """A session of a campaign."""
    return _carried_out("run", given, context)


def stop(given: Given, context: ToolContext) -> Json:
    """The end of one."""
    return _carried_out("stop", given, context)


def check(given: Given, context: ToolContext) -> Json:
    """A program's baseline."""
    return _carried_out("check", given, context)


def order(given: Given, context: ToolContext) -> Json:
    """Any operation."""
    operation = operation_named(given["operation"])
    if operation.owner_only:
        raise NotAllowed(f"`{operation.name}` is for the owner alone", fix="ask your user to call it in their terminal")
    repo = None if operation.of_machine else context.repository(given.get("repo"))
    return _answered(operation.name, repo, given["input"], context, key=given.get("key", ""))


def _carried_out(name: str, given: Given, context: ToolContext) -> Json:
    repo = context.repository(given.get("repo"))
    return _answered(name, repo, {key: value for key, value in given.items() if key != "repo"}, context)


def _answered(name: str, repo: str | None, given: Given, context: ToolContext, *, key: str = "") -> Json:
    found = call(name, repo, json.dumps(given), context.caller, key=key)
    if isinstance(found, Begun):
        return _begun(found, context)
    result, cuts = trimmed(plain(found), SUMMARY, context.clean)
    address = _place_of(name, repo, given)
    return {
        "result": result,
        "address": address,
        **({"cut": cuts} if cuts else {}),
        "next": next_call("look", "see what came of it", address=address),
    }


def _place_of(name: str, repo: str | None, given: Given) -> str:
    """The address of the page that shows what came of it."""
    if repo is None:
        ordered = [page.address for page in pages().values() if name in page.orders]
        return next((address_of(each, **given) for each in ordered if set(parts_of(each)) <= given.keys()), "/home")
    tag = given.get("tag") if isinstance(given.get("tag"), str) else None
    return address_of("/repos/{repo}/campaigns/{tag}" if tag else "/repos/{repo}", repo=repo, tag=tag)


def _begun(begun: Begun, context: ToolContext) -> Json:
    """What came of a task if it ends soon, else where it can be waited for.

    Raises:
        UserError: it failed.
    """
    state, mark = Watched(place(begun.address, context), STATE), context.remember(TaskState.RUNNING)
    if after(state, mark, TaskState.RUNNING, SOON_S, context.ongoing) == TaskState.RUNNING:
        why = "until it ends; to end it before, `stop`"
        follows = next_call("wait", why, address=begun.address, at=STATE, mark=mark)
        return {"result": {**plain(begun), "state": TaskState.RUNNING}, "address": begun.address, "next": follows}
    task = plain(state.here.look().found)
    if task["error"]:
        raise UserError(task["error"], fix=task["fix"])
    result, cuts = trimmed(task, SUMMARY, context.clean)
    return {
        "result": result,
        "address": begun.address,
        **({"cut": cuts} if cuts else {}),
        "next": next_call("look", "it is over; see where things stand", address="/home"),
    }
