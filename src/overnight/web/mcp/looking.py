"""The tools that read: what there is, a page, the documentation."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from overnight.errors import UserError
from overnight.operations.pages import address_of
from overnight.operations.perform import perform
from overnight.operations.registry import operations
from overnight.web.calls import MACHINE, Looked, Place, call, operation_named, place_at
from overnight.web.mcp.messages import Json
from overnight.web.mcp.telling import Telling, next_call
from overnight.web.mcp.trimming import FULL, SUMMARY, mark_of, part, plain, trimmed, without_empty
from overnight.web.repositories import repository_named

SCHEME = "overnight://"
MOST_QUERY = 20  # inputs
LINKS = 20
# Of each kind of thing: the operation that lists it, its list in what that returns, and the address of one by its parts.
KINDS: Mapping[str, tuple[str, str, str]] = {
    "campaigns": ("campaigns", "campaigns", "/repos/{repo}/campaigns/{tag}"),
    "loops": ("ps", "loops", ""),
    "tasks": ("task list", "tasks", "/tasks/{name}"),
    "approvals": ("approvals", "pending", ""),
}


def look(given: Mapping[str, Any], telling: Telling) -> Json:  # Any: JSON
    """A page, or a part of it, cut to a size."""
    looked = place(given["address"], telling).look()
    whole = plain(looked.found)
    found = part(whole, given.get("at", ""))
    mark = mark_of(found)
    telling.states[mark] = found
    most, shown = (FULL, found) if given["detail"] == "full" else (SUMMARY, without_empty(found))
    data, cuts = trimmed(shown, most, telling.clean, at=given.get("at", "").rstrip("/"), offset=given["offset"])
    links = [{"address": link.address, "about": link.about} for link in looked.links][:LINKS]
    return {
        "address": looked.here,
        "title": telling.shown(looked.title),
        "data": data,
        **({"cut": cuts} if cuts else {}),
        "mark": mark,
        "links": links,
        **({"orders": list(looked.page.orders)} if looked.page.orders else {}),
        "next": _after_look(looked, given["address"], mark, cuts),
    }


def list_all(given: Mapping[str, Any], telling: Telling) -> Json:  # Any: JSON
    """What there is of a kind, a page of it."""
    what = given["what"]
    items: Sequence[Json]
    if what == "repositories":
        items = [{"name": name, "address": f"/repos/{name}"} for name in telling.caller.repositories]
    elif what == "operations":
        items = [
            {
                "name": each.name,
                "about": each.about,
                "tier": each.tier,
                "address": address_of("/operations/{name}", name=each.name),
            }
            for each in operations()
            if not each.owner_only
        ]
    else:
        items = _listed(what, given, telling)
    shown = items[given["offset"] : given["offset"] + given["limit"]]
    rest = given["offset"] + len(shown) < len(items)
    follows = (
        next_call("list", "the next page", **{**given, "offset": given["offset"] + len(shown)})
        if rest
        else next_call(
            "look", "each has its address", address=next((item["address"] for item in shown if "address" in item), "/home")
        )
    )
    return {"items": telling.shown(shown, FULL), "total": len(items), "next": follows}


def docs(given: Mapping[str, Any], telling: Telling) -> Json:  # Any: JSON
    """The documentation: its pages, or the text of one from an offset on."""
    asked = {name: given[name] for name in ("name", "words") if name in given}
    found = plain(call("docs", None, json.dumps(asked), telling.caller))
    data, cuts = trimmed(found, FULL, telling.clean, offset=given["offset"])
    follows = (
        next_call("docs", "each has its name", name="mcp")
        if "name" not in given
        else next_call("look", "see what there is", address="/home")
    )
    return {**data, **({"cut": cuts} if cuts else {}), "next": follows}


def place(address: str, telling: Telling) -> Place:
    """The page of a foreign address.

    Raises:
        UserError: there is none.
    """
    path, _, query = address.removeprefix(SCHEME).partition("#")[0].partition("?")
    path = path.removesuffix(".md").removesuffix(".json")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=MOST_QUERY)
    except ValueError as error:
        raise UserError("the query of this address cannot be read", fix="write it as ?name=value&name=value") from error
    return place_at(path, pairs, telling.caller)


def _listed(what: str, given: Mapping[str, Any], telling: Telling) -> Sequence[Json]:  # Any: JSON
    name, field, pattern = KINDS[what]
    operation = operation_named(name)
    repo = None if operation.of_machine else telling.repository(given.get("repo"))
    where = MACHINE if repo is None else repository_named(telling.caller.repositories, repo)
    found = plain(perform(operation, telling.caller.context(where), operation.input()))
    items: Sequence[Json] = found[field]
    return [{**item, "address": address_of(pattern, **{**item, "repo": repo})} if pattern else item for item in items]


def _after_look(looked: Looked, address: str, mark: str, cuts: Sequence[Json]) -> Json:
    if cuts:
        return next_call("look", "for the rest of what was cut", address=address, at=cuts[0]["at"], offset=cuts[0]["shown"])
    if link := next(iter(looked.links), None):
        return next_call("look", unquote(link.about), address=link.address)
    return next_call("wait", "until it changes", address=address, mark=mark)
