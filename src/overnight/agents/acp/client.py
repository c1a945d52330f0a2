"""The client's side of the Agent Client Protocol, version 1, as far as an agent in a jail needs it.

Source: https://agentclientprotocol.com/protocol (initialization, session setup, prompt turn). We offer no files and no
terminals: the agent works on the files of its own jail, and nothing is enforced by what it says of itself.
"""

from pydantic import BaseModel

from overnight.agents.acp.opening import open_session
from overnight.agents.acp.peer import Params, Peer, read
from overnight.agents.acp.permission import permit
from overnight.agents.acp.updates import Updates
from overnight.agents.port import Turn
from overnight.agents.transcript import Transcript
from overnight.models.port import ModelRun
from overnight.words.foreign import printable

_GOOD_END = "end_turn"


class _End(BaseModel):
    stopReason: str  # noqa: N815  # as the protocol spells it


class Client:
    """One session with an agent."""

    def __init__(self, transcript: Transcript) -> None:
        self._updates = Updates(transcript)
        self._session = ""
        self.received = 0  # notifications and requests: signs of life

    def on_notification(self, method: str, params: Params) -> None:
        """Read a notification of the agent."""
        self.received += 1
        if method == "session/update":
            self._updates.read(params)

    def on_request(self, method: str, params: Params) -> Params | None:
        """Answer a request of the agent."""
        self.received += 1
        return permit(params) if method == "session/request_permission" else None

    async def begin(self, peer: Peer, folder: str, model: str, run: ModelRun | None) -> None:
        """Open a session in a folder; raises as `open_session` does."""
        self._session = await open_session(peer, folder, model, run)

    async def turn(self, peer: Peer, prompt: str) -> Turn:
        """One prompt, until the agent says that its turn has ended."""
        self._updates.begin_turn()
        params = {"sessionId": self._session, "prompt": [{"type": "text", "text": prompt}]}
        reason = read(_End, await peer.request("session/prompt", params)).stopReason
        fault = "" if reason == _GOOD_END else f"the agent ended: {printable(reason, 40)}"
        return Turn(text=self._updates.words, fault=fault)

    async def cancel(self, peer: Peer) -> None:
        """Tell the agent that its turn is over."""
        await peer.notify("session/cancel", {"sessionId": self._session})
