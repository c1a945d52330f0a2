"""A Dask scheduler of a session, in a process of its own that ends with ours, however that ends.

Our side starts it with `started_scheduler`; `python -m overnight.machines.clusters.scheduler` is the other side. It gets one
line of JSON, prints its address, and ends when its input does.

It serves nobody without a certificate of the session, and has no page for browsers.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.errors import InternalError, UserError
from overnight.machines.clusters.certificates import Certificates
from overnight.machines.nodes.settings import SETTINGS
from overnight.words.foreign import printable, printable_lines

LOOPBACK = "127.0.0.1"
ENDING_S = 10.0
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")  # no key of the user's


@contextmanager
def started_scheduler(certificates: Certificates, *, interface: str | None = None) -> Iterator[str]:
    """The address of a new scheduler; it ends with the context.

    `interface`: of the network that it listens to; empty for that of the default route, None for loopback alone.

    Raises:
        UserError: there is no such interface.
        InternalError: it did not start; the message has what it printed.
    """
    if interface and interface not in (known := [name for _, name in socket.if_nameindex()]):
        fix = f"known here: {printable(', '.join(known), 200)}"
        raise UserError(f"this machine has no network interface {printable(interface, 40)}", fix=fix)
    log = certificates.folder / "scheduler.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=own_environment(),
            start_new_session=True,  # the user's Ctrl-C is for us alone
        )
    assert process.stdin and process.stdout  # noqa: S101  # they are pipes
    try:
        host = LOOPBACK if interface is None else None
        asked = {"folder": str(certificates.folder), "host": host, "interface": interface or None}
        try:
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, as its output says
        line = process.stdout.readline()
        if not line:
            raise InternalError(f"the scheduler did not start: {printable_lines(log.read_text(errors='replace'), 2000)}")
        yield str(json.loads(line)["address"])
    finally:
        process.stdin.close()
        try:
            process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def own_environment() -> dict[str, str]:
    """What a process of ours needs of the environment, and nothing else: no key travels with it."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def main() -> None:
    """Run a scheduler until the input ends."""
    import asyncio

    asked = json.loads(sys.stdin.readline())
    asyncio.run(_serve(Certificates(folder=Path(asked["folder"])), asked["host"], asked["interface"]))


async def _serve(certificates: Certificates, host: str | None, interface: str | None) -> None:
    import asyncio

    import dask
    from distributed import Scheduler

    class Unlisted(Scheduler):
        """Without the HTTP server that Dask always starts, which checks nobody's certificate."""

        def start_http_server(self, *_: object, **__: object) -> None:
            """Start none."""

    with dask.config.set(SETTINGS):
        scheduler = Unlisted(
            host=host,
            interface=interface,
            port=0,
            protocol="tls",
            security=certificates.security(),
            dashboard=False,
        )
        async with scheduler:
            print(json.dumps({"address": scheduler.address}), flush=True)  # noqa: T201  # how our side learns it
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    main()
