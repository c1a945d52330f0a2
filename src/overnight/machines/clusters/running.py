"""A Dask scheduler that runs already: whether it answers, and takes the user's certificate."""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from overnight.errors import UserError, leaf_errors
from overnight.machines.clusters.certificates import read_certificates
from overnight.machines.clusters.machine import RunningScheduler
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from distributed.security import Security

ANSWER_S = 20.0


def running_security(name: str, way: RunningScheduler) -> "Security":
    """What a client speaks to the scheduler with, once it has answered.

    Raises:
        UserError: a certificate is missing or wrong, the scheduler cannot be reached, refuses us, or is none.
    """
    from distributed.security import Security

    security = read_certificates(way.security).security() if way.security else Security()
    with ThreadPoolExecutor(1) as own_loop:  # our caller may run one
        try:
            found = own_loop.submit(lambda: asyncio.run(_asked(way.address, security))).result()
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            raise _unreachable(name, way, error) from error
    if found.get("type") != "Scheduler":
        raise UserError(
            f"machines.{name}: {printable(way.address, 200)} is no Dask scheduler", fix="correct `dask` in the settings"
        )
    return security


async def _asked(address: str, security: "Security") -> dict[str, Any]:
    """What answers there says of itself."""
    from distributed.comm.core import connect

    connection = await connect(address, timeout=ANSWER_S, **security.get_connection_args("client"))
    try:
        async with asyncio.timeout(ANSWER_S):
            await connection.write({"op": "identity", "reply": True})
            found = await connection.read()
            return found if isinstance(found, dict) else {}
    finally:
        connection.abort()


def _unreachable(name: str, way: RunningScheduler, error: BaseException) -> UserError:
    """In our words; Dask raises its own error from that of the network."""
    shown, causes = printable(way.address, 200), list(leaf_errors(error))
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    words = " ".join(f"{type(each).__name__} {each}" for each in causes)
    if any(isinstance(each, ssl.SSLError) for each in causes) or "SSL" in words:
        fix = f"{way.security} must hold a certificate that the scheduler's authority has signed"
        return UserError(f"machines.{name}: the scheduler {shown} and we do not trust each other's certificates", fix=fix)
    if "refused" in words:
        return UserError(f"machines.{name}: nothing listens at {shown}", fix="start the scheduler, or correct `dask`")
    reason = printable(str(error) or type(error).__name__, 300)
    return UserError(f"machines.{name}: the scheduler {shown} cannot be reached: {reason}", fix="start it, or correct `dask`")
