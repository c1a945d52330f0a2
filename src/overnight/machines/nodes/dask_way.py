"""The way to a node that is a Dask worker: directly, or through the scheduler if the worker cannot be reached from here."""

import pickle
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio

from overnight.errors import UserError
from overnight.machines.nodes.calls import OP
from overnight.machines.nodes.installing import install
from overnight.machines.nodes.lost import Unreachable

if TYPE_CHECKING:
    from distributed import Client

DIRECT_S = 5.0  # in which a worker must answer to be called directly
INSTALL_S = 60.0  # a cold disk reads our package in several seconds


class DaskWay:
    """The port `Way` to one worker."""

    def __init__(self, client: "Client", address: str, *, direct: bool = True) -> None:
        self._client = client
        self._address = address
        self._direct = direct

    async def call(self, name: str, body: bytes, contents: Sequence[bytes], within_s: float) -> tuple[bytes, Sequence[bytes]]:
        """The node's answer to one call."""
        reply = await self._sent({"op": OP, "name": name, "body": body, "contents": list(contents)}, within_s)
        if not isinstance(reply, dict) or not isinstance(reply.get("body"), bytes):
            raise Unreachable("its worker does not know our calls")
        return reply["body"], [bytes(each) for each in reply.get("contents", ())]

    async def open(self) -> None:
        """Find out how the worker is reached, and have it answer our calls.

        Raises:
            Unreachable: it cannot be reached at all.
            UserError: overnight is not installed there, or too old.
        """
        try:
            await self._sent({"op": "identity"}, DIRECT_S)
        except Unreachable:
            self._direct = False
        try:
            reply = await self._sent({"op": "run", "function": pickle.dumps(install)}, INSTALL_S)
        except ImportError as error:
            raise UserError(
                f"overnight is not installed there, or too old to be a node: {error}",
                fix="install it for the Python that runs the worker: pip install 'overnight[machines]'",
            ) from error
        if not isinstance(reply, dict) or reply.get("status") != "OK":
            raise Unreachable(f"it cannot be made a node: {_said(reply)}")

    async def _sent(self, message: dict[str, Any], within_s: float) -> Any:  # Any: what msgpack can say
        try:
            with anyio.fail_after(within_s):
                scheduler = self._client.scheduler
                if not self._direct and scheduler:
                    return await scheduler.proxy(msg=message, worker=self._address)
                operation = message.pop("op")
                try:
                    return await getattr(self._client.rpc(self._address), operation)(**message)
                finally:
                    message["op"] = operation
        except ImportError:
            raise
        except Exception as error:  # what the network does, or the worker raised: no node of many ends a campaign
            raise Unreachable(f"it does not answer: {str(error) or 'time is over'}") from error


def _said(reply: Any) -> str:  # Any: what msgpack can say
    exception = reply.get("exception") if isinstance(reply, dict) else None
    return str(getattr(exception, "data", exception))
