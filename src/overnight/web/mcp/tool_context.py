"""What a tool has at hand while it answers."""

import json
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.web.calls import Caller
from overnight.web.mcp.messages import Json
from overnight.web.mcp.ongoing import Ongoing
from overnight.web.mcp.trimming import SUMMARY, Plain, mark_of, trimmed

LARGEST = 256 * 1024  # characters of a state that is kept, as JSON


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The circumstances of one answer."""

    caller: Caller
    ongoing: Ongoing
    clean: Callable[[str], str]  # takes secrets out
    states: MutableMapping[str, Plain]  # of pages by their marks, newest last

    def shown(self, value: Plain, most: int = SUMMARY) -> Plain:
        """A value, cut to a size, without a word on what was left out."""
        return trimmed(value, most, self.clean)[0]

    def remember(self, state: Plain) -> str:
        """The mark of a page's state, or of a part's; `wait` can then tell what changed since."""
        mark = mark_of(state)
        if len(json.dumps(state)) <= LARGEST:
            self.states[mark] = state
        return mark

    def repository(self, named: str | None) -> str:
        """The repository that a call is about: the one that is named, or the only one.

        Raises:
            UserError: none is named and there are none, or several.
        """
        served = list(self.caller.repositories)
        if named is not None or len(served) == 1:
            return named if named is not None else served[0]
        fix = f"give `repo`: one of {', '.join(served)}" if served else "restart it with `overnight mcp --repo PATH`"
        raise UserError("it is not clear which repository is meant" if served else "no repository is served here", fix=fix)


def next_call(tool: str, why: str, **given: object) -> Json:
    """The call that is useful next."""
    return {"tool": tool, "input": given, "why": why}
