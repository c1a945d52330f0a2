"""The client's side of the Agent Client Protocol, version 1, as far as a researcher needs it.

Source: https://agentclientprotocol.com/protocol (initialization, session setup, prompt turn). We offer no files and no
terminals: the agent works on the files of its own jail, and nothing is enforced by what it says of itself.
"""

from typing import Any

from pydantic import BaseModel, ValidationError

from overnight.agents.acp.opening import open_session
from overnight.agents.acp.peer import Params, Peer, read
from overnight.agents.acp.permission import permit
from overnight.agents.port import Turn
from overnight.models.port import ModelRun
from overnight.words.foreign import printable

KEPT = 64 * 1024  # characters of what it says in a turn
_GOOD_END = "end_turn"
_WORKS = frozenset({"tool_call", "tool_call_update", "agent_thought_chunk", "plan"})  # updates that part what it says


class _End(BaseModel):
    stopReason: str  # noqa: N815  # as the protocol spells it


class _Content(BaseModel):
    type: str = ""
    text: str = ""


class _Update(BaseModel):
    sessionUpdate: str = ""  # noqa: N815  # as above
    content: Any = None  # of many shapes; only chunks of text are read


class Client:
    """One session with an agent."""

    def __init__(self) -> None:
        self._said = ""
        self._parted = False  # it did something since it spoke: the next words begin a line
        self._session = ""
        self.updates = 0  # that it sent: signs of life

    def on_notification(self, method: str, params: Params) -> None:
        """Read a notification of the agent."""
        self.updates += 1
        if method != "session/update":
            return
        try:
            update = _Update.model_validate(params.get("update"))
            if update.sessionUpdate in _WORKS:
                self._parted = True
            elif update.sessionUpdate == "agent_message_chunk":
                self._add_words(_Content.model_validate(update.content).text)
        except ValidationError:  # an update of a kind that we do not know
            return

    def _add_words(self, words: str) -> None:
        parting = "\n" if self._parted and self._said else ""
        self._said, self._parted = (self._said + parting + words)[-KEPT:], False

    def on_request(self, method: str, params: Params) -> Params | None:
        """Answer a request of the agent."""
        self.updates += 1
        return permit(params) if method == "session/request_permission" else None

    async def begin(self, peer: Peer, folder: str, model: str, run: ModelRun | None) -> None:
        """Open a session in a folder; raises as `open_session` does."""
        self._session = await open_session(peer, folder, model, run)

    async def turn(self, peer: Peer, prompt: str) -> Turn:
        """One prompt, until the agent says that its turn has ended."""
        self._said = ""
        params = {"sessionId": self._session, "prompt": [{"type": "text", "text": prompt}]}
        reason = read(_End, await peer.request("session/prompt", params)).stopReason
        return Turn(text=self._said, fault="" if reason == _GOOD_END else f"the agent ended: {printable(reason, 40)}")

    async def cancel(self, peer: Peer) -> None:
        """Tell the agent that its turn is over."""
        await peer.notify("session/cancel", {"sessionId": self._session})
