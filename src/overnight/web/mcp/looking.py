"""The tools that read: what there is, a page, the documentation."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from overnight.errors import UserError
from overnight.operations.fields import inputs_of
from overnight.operations.operation import AnyOperation
from overnight.operations.pages import TWINS, address_of
from overnight.operations.registry import find, offered
from overnight.web.calls import Looked, Place, call, operation_named, place_at
from overnight.web.mcp.messages import Json
from overnight.web.mcp.tool_context import ToolContext, next_call
from overnight.web.mcp.trimming import FULL, SUMMARY, part, plain, trimmed, without_empty

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


def look(given: Mapping[str, Any], context: ToolContext) -> Json:  # Any: JSON
    """A page, or a part of it, cut to a size."""
    looked = place(given["address"], context).look()
    whole = plain(looked.found)
    found = part(whole, given.get("at", ""))
    mark = context.remember(found)
    most, shown = (FULL, found) if given["detail"] == "full" else (SUMMARY, without_empty(found))
    data, cuts = trimmed(shown, most, context.clean, at=given.get("at", "").rstrip("/"), offset=given["offset"])
    links = [{"address": link.address, "about": link.about} for link in looked.links][:LINKS]
    return {
        "address": looked.here,
        "title": context.shown(looked.title),
        "data": data,
        **({"cut": cuts} if cuts else {}),
        "mark": mark,
        "links": links,
        **({"orders": offered} if (offered := _offered(looked.page.orders)) else {}),
        "next": _after_look(looked, given["address"], mark, cuts),
    }


def list_all(given: Mapping[str, Any], context: ToolContext) -> Json:  # Any: JSON
    """What there is of a kind, a page of it."""
    what = given["what"]
    if what == "repositories":
        items, total = _page(
            given, [{"name": name, "address": address_of("/repos/{repo}", repo=name)} for name in context.caller.repositories]
        )
    elif what == "operations":
        found = [each for each in offered() if not each.owner_only]
        items, total = _page(given, [_line_of(each) for each in found])
    else:
        items, total = _listed(what, given, context)
    end = given["offset"] + len(items)
    if end < total:
        follows = next_call("list", "the next page", **{**given, "offset": end})
    else:
        address = next((item["address"] for item in items if "address" in item), "/home")
        follows = next_call("look", "each has its address" if items else "there is none", address=address)
    return {"items": context.shown(without_empty(items), FULL), "total": total, "next": follows}


def _page(given: Mapping[str, Any], items: Sequence[Json]) -> tuple[Sequence[Json], int]:  # Any: JSON
    return items[given["offset"] : given["offset"] + given["limit"]], len(items)


def _line_of(operation: AnyOperation) -> Json:
    address = address_of("/operations/{name}", name=operation.name)
    return {"name": operation.name, "about": operation.about, "tier": operation.tier, "address": address}


def _listed(what: str, given: Mapping[str, Any], context: ToolContext) -> tuple[Sequence[Json], int]:  # Any: JSON
    """A page of what an operation lists, by its own limit and offset if it has these."""
    name, field, pattern = KINDS[what]
    operation = operation_named(name)
    repo = None if operation.of_machine else context.repository(given.get("repo"))
    takes = {each.name for each in inputs_of(operation)}
    asked = {each: given[each] for each in ("limit", "offset") if each in takes}
    found = plain(call(name, repo, json.dumps(asked), context.caller))
    items = [{**item, "address": address_of(pattern, **{**item, "repo": repo})} if pattern else item for item in found[field]]
    return (items, found["total"]) if asked else _page(given, items)


def docs(given: Mapping[str, Any], context: ToolContext) -> Json:  # Any: JSON
    """The documentation: its pages, or the text of one from an offset on."""
    asked = {name: given[name] for name in ("name", "part", "search") if name in given}
    found = plain(call("docs", None, json.dumps(asked), context.caller))
    if not found["text"]:
        names = [page["name"] for page in found["pages"]]
        follows = (
            next_call("docs", "each is read by its name", name=names[0])
            if names
            else next_call("docs", "there is none: see all")
        )
        pages = [{name: page[name] for name in ("name", "about", "lines")} for page in found["pages"]]
        return {"pages": context.shown(without_empty(pages), FULL), "next": follows}
    text, cuts = trimmed(found["text"], FULL, context.clean, offset=given["offset"])
    follows = (
        next_call("docs", "the rest of it", **asked, offset=cuts[0]["shown"]) if cuts else next_call("docs", "the other pages")
    )
    return {"text": text, **({"cut": cuts} if cuts else {}), "next": follows}


def place(address: str, context: ToolContext) -> Place:
    """The page of a foreign address.

    Raises:
        UserError: there is none.
    """
    path, _, query = address.removeprefix(SCHEME).partition("#")[0].partition("?")
    path = path.removesuffix(next((form for form in TWINS if path.endswith(form)), ""))
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=MOST_QUERY)
    except ValueError as error:
        raise UserError("the query of this address cannot be read", fix="write it as ?name=value&name=value") from error
    return place_at(path, pairs, context.caller)


def _offered(orders: Sequence[str]) -> Sequence[str]:
    """Of a page's orders those that an agent may ask for."""
    return [name for name in orders if (operation := find(name)) and not operation.owner_only and not operation.local]


def _after_look(looked: Looked, address: str, mark: str, cuts: Sequence[Json]) -> Json:
    if cuts:
        return next_call("look", "for the rest of what was cut", address=address, at=cuts[0]["at"], offset=cuts[0]["shown"])
    if link := next(iter(looked.links), None):
        return next_call("look", unquote(link.about), address=link.address)
    return next_call("wait", "until it changes", address=address, mark=mark)
