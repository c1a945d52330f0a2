"""What the tools and the resources answer; imported when the first of them is called."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from overnight.errors import OvernightError, UserError
from overnight.operations.perform import ApprovalAsked
from overnight.web.calls import Caller
from overnight.web.hidden import cleaner
from overnight.web.mcp import looking, ordering, resources, waiting
from overnight.web.mcp.arguments import WrongArguments, checked
from overnight.web.mcp.looking import place
from overnight.web.mcp.messages import Json
from overnight.web.mcp.ongoing import Ongoing
from overnight.web.mcp.tool_context import ToolContext, next_call
from overnight.web.mcp.tools import BY_NAME
from overnight.web.mcp.trimming import Plain
from overnight.web.mcp.waiting import Watched
from overnight.words.foreign import printable_lines

MOST_ERROR = 2_000  # characters
MOST_LINES = 20  # of what a failed command printed
APPROVALS, PENDING = "/approvals", "/pending"  # a page, and in it what the owner has not answered
REMEMBERED = 32  # states of pages, for `wait` to say what changed since
Tool = Callable[[Mapping[str, Any], ToolContext], Json]  # Any: JSON
TOOLS: Mapping[str, Tool] = {
    "list": looking.list_all,
    "look": looking.look,
    "start": ordering.start,
    "stop": ordering.stop,
    "order": ordering.order,
    "wait": waiting.wait,
    "docs": looking.docs,
    "check": ordering.check,
}


class Answers:
    """Of one client."""

    def __init__(self) -> None:
        self._states: OrderedDict[str, Plain] = OrderedDict()

    def call(self, name: str, given: object, caller: Callable[[], Caller], ongoing: Ongoing) -> Json:
        """The result of a tool; a mistake is one too, so that a model reads it."""
        clean = cleaner()
        try:
            found = self._answered(name, given, ToolContext(caller(), ongoing, clean, self._states))
        except WrongArguments as error:
            found = {"error": str(error), "next": next_call("docs", "how the tools are used", name="mcp")}
        except OvernightError as error:
            found = _mistake(error, clean)
        while len(self._states) > REMEMBERED:
            self._states.popitem(last=False)
        text = json.dumps(found, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return {"content": [{"type": "text", "text": text}], "structuredContent": found, "isError": "error" in found}

    def _answered(self, name: str, given: object, context: ToolContext) -> Json:
        arguments = checked(BY_NAME[name]["inputSchema"], given)
        try:
            return TOOLS[name](arguments, context)
        except ApprovalAsked as asked:
            return _approval(asked, context)

    def resources(self, caller: Callable[[], Caller]) -> Json:
        """The pages that need nothing further."""
        return resources.fixed(caller)

    def templates(self) -> Json:
        """The pages that need to know of what."""
        return resources.templates()

    def read(self, caller: Callable[[], Caller], uri: object) -> Json:
        """A page as Markdown."""
        return resources.read(caller, uri, cleaner())


def _approval(asked: ApprovalAsked, context: ToolContext) -> Json:
    waiting = Watched(place(APPROVALS, context), PENDING)
    mark = context.remember(waiting.look())
    why = "until your user has answered; then make exactly the same call again: it goes through, once"
    return {
        "error": str(asked),
        "approval": asked.number,
        "owner_types": f"overnight approve {asked.number}",
        "next": next_call("wait", why, address=APPROVALS, at=PENDING, mark=mark),
    }


def _mistake(error: OvernightError, clean: Callable[[str], str]) -> Json:
    more = (*error.excerpt, *error.notes)[:MOST_LINES] if isinstance(error, UserError) else ()
    return {
        "error": clean(printable_lines(str(error), MOST_ERROR)),
        **({"more": [clean(printable_lines(line, MOST_ERROR)) for line in more]} if more else {}),
        "next": next_call("look", "do what the error says, or see what there is", address="/home"),
    }
