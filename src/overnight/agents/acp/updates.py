"""What an agent reports of its turn over ACP: its words, which are the turn's, and its thoughts, tool calls and plans.

Source: https://agentclientprotocol.com/protocol (prompt turn, tool calls, agent plan). All of it is a claim of the agent's.
"""

from typing import Any

from pydantic import BaseModel, ValidationError

from overnight.agents.acp.peer import Params
from overnight.agents.transcript import EntryKind, Transcript

KEPT = 64 * 1024  # characters of its words in a turn
_ENDS = frozenset({"completed", "failed"})  # statuses of a tool call that has ended
_MOST_CALLS = 256  # whose titles are remembered, for updates name a tool call by its id only
_TITLE = 300  # characters of a tool call's title, and of an id that is remembered


class _Update(BaseModel):
    sessionUpdate: str = ""  # noqa: N815  # as the protocol spells it


class _Content(BaseModel):
    text: str = ""


class _Chunk(BaseModel):
    content: _Content


class _ToolCall(BaseModel):
    toolCallId: str = ""  # noqa: N815  # as above
    title: str | None = None
    kind: str | None = None
    status: str | None = None


class _Step(BaseModel):
    content: str = ""
    status: str = ""


class _Plan(BaseModel):
    entries: list[_Step] = []


class Updates:
    """Reads the updates of one session."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._titles: dict[str, str] = {}
        self._interrupted = False  # it did something since its last words: the next ones begin a line
        self.words = ""  # of the present turn

    def begin_turn(self) -> None:
        """Forget the words of the turn before."""
        self.words = ""

    def read(self, params: Params) -> None:
        """Take in a `session/update`; one of an unknown kind or form is skipped."""
        update: Any = params.get("update")  # Any: JSON of another program, read below
        try:
            match _Update.model_validate(update).sessionUpdate:
                case "agent_message_chunk":
                    self._add_words(_Chunk.model_validate(update).content.text)
                case "agent_thought_chunk":
                    self._interrupted = True
                    self._transcript.append(EntryKind.THOUGHT, _Chunk.model_validate(update).content.text)
                case "tool_call" | "tool_call_update":
                    self._interrupted = True
                    self._add_call(_ToolCall.model_validate(update))
                case "plan":
                    self._interrupted = True
                    self._add_plan(_Plan.model_validate(update))
        except ValidationError:
            return

    def _add_words(self, words: str) -> None:
        separator = "\n" if self._interrupted and self.words else ""
        self.words, self._interrupted = (self.words + separator + words)[-KEPT:], False
        self._transcript.append(EntryKind.MESSAGE, words)

    def _add_call(self, call: _ToolCall) -> None:
        known = self._titles.get(call.toolCallId)
        title = (call.title or known or call.kind or "a tool")[:_TITLE]
        if known is None:
            self._transcript.add(EntryKind.CALL, title)
            self._remember(call.toolCallId, title)
        if call.status in _ENDS:
            self._transcript.add(EntryKind.OUTPUT, f"{title}: {call.status}")

    def _remember(self, call_id: str, title: str) -> None:
        if len(self._titles) >= _MOST_CALLS:
            del self._titles[next(iter(self._titles))]
        if len(call_id) <= _TITLE:
            self._titles[call_id] = title

    def _add_plan(self, plan: _Plan) -> None:
        self._transcript.add(EntryKind.PLAN, "\n".join(f"[{step.status}] {step.content}" for step in plan.entries))
