"""One worker on a host that the user's own `ssh` reaches: it lives as long as its connection.

All goes through the one connection to a host: the scheduler is forwarded to the host and the worker to us, so that neither
side listens to a network, and a host behind a gateway works as `ssh HOST` does.

Does not cover: other users of the host and of this machine, who can reach the forwarded ports, but not without a certificate.
"""

import json
import os
import random
import re
import select
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from shlex import quote
from typing import Any

from overnight.errors import UserError
from overnight.machines.clusters.certificates import Certificates
from overnight.machines.clusters.scheduler import LOOPBACK
from overnight.machines.clusters.ssh_faults import fault_of, unlike_ours
from overnight.words.foreign import printable

ANSWER_S = 90.0  # until a host has answered, with a slow login
ENDING_S = 20.0
FAR_PORTS = (20000, 32000)  # below those that the kernel gives to clients
TRIES = 5  # to find a free one there
MOST_LINES = 200  # that a login may print before we do
OPTIONS = {
    "BatchMode": "yes",  # nobody is asked
    "StrictHostKeyChecking": "yes",  # nor is a new key accepted
    "ControlPath": "none",  # a connection that is shared with others does not end with ours
    "ExitOnForwardFailure": "yes",
    "ConnectTimeout": "20",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "4",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "LogLevel": "INFO",  # it names the forwarded port
}


class SshNode:
    """The worker on one host, which can be started again when its connection was lost."""

    def __init__(self, host: str, name: str, python: str, certificates: Certificates, scheduler: str) -> None:
        """`scheduler` is its address on this machine's loopback."""
        self.host, self.name = host, name
        self._python, self._certificates, self._scheduler = python, certificates, scheduler
        self._log = certificates.folder / f"ssh-{name.replace('/', '-')}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._settled = threading.Event()
        self._settled.set()
        self.problem = ""  # why it is not there, once it was lost

    @property
    def settled(self) -> bool:
        """Whether it is not being started."""
        return self._settled.is_set()

    def start(self) -> None:
        """Connect, and start the worker; it joins the scheduler by itself some seconds later.

        Raises:
            UserError: there is no ssh, the host cannot be reached, or it lacks what a worker needs.
        """
        self._settled.clear()
        try:
            for _ in range(TRIES):
                if self._tried(random.randint(*FAR_PORTS)):  # noqa: S311  # a port, no secret
                    self.problem = ""
                    return
        finally:
            self._settled.set()
        raise UserError(f"{self.host}: no free port was found", fix="try again")

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return self._process is not None and self._process.poll() is None

    def beat(self) -> None:
        """Tell the far end that we still live."""
        with suppress(OSError):
            os.write(self._pipe().fileno(), b"\n")

    def note_loss(self) -> None:
        """Find out why the connection has ended, which it has."""
        if self._process is None or self.problem:
            return
        said = self._process.stdout.read().decode(errors="replace") if self._process.stdout else ""
        with suppress(ValueError, KeyError, IndexError):
            last = json.loads(said.splitlines()[-1])
            lines = str(last["output"]).strip().splitlines()[-3:]
            self.problem = f"{self.name}: its worker ended: {printable(' / '.join(lines), 400)}"
        if not self.problem:
            self.problem = str(fault_of(self.host, self._python, self._process.poll() or 0, self._printed()))

    def hang_up(self) -> None:
        """Let the far end know that it is over; it ends its worker."""
        if self._process is not None:
            with suppress(OSError):
                self._pipe().close()

    def interrupt(self) -> None:
        """End a connection at once; whoever waits for an answer of it gets none."""
        if process := self._process:
            process.kill()

    def end(self) -> None:
        """End the worker with its connection, and wait for it."""
        if self._process is None:
            return
        self.hang_up()
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def _pipe(self) -> Any:  # typeshed's IO[bytes]
        assert self._process and self._process.stdin  # noqa: S101
        return self._process.stdin

    def _tried(self, far_port: int) -> bool:
        """Whether a worker was started; not if something else listens on the port there."""
        near_port = free_port()
        scheduler_port = self._scheduler.rpartition(":")[2]
        argv = [
            *("ssh", "-T", "-R", f"{LOOPBACK}:0:{LOOPBACK}:{scheduler_port}"),
            *("-L", f"{LOOPBACK}:{near_port}:{LOOPBACK}:{far_port}"),
            *(f"-o{name}={value}" for name, value in OPTIONS.items()),
            *("--", self.host, f"exec {quote(self._python)} -P -m overnight.machines.clusters.remote"),
        ]
        self._open(argv)
        deadline = time.monotonic() + ANSWER_S
        try:
            hello = self._answer("overnight", deadline)
            if fault := unlike_ours(self.host, self._python, str(hello["overnight"]), list(hello["missing"])):
                raise fault
            order = {
                "scheduler": f"tls://{LOOPBACK}:{self._allocated_port()}",
                "contact": f"tls://{LOOPBACK}:{near_port}",
                "port": far_port,
                "name": self.name,
                "certificates": self._certificates.texts(),
            }
            self._pipe().write(json.dumps(order).encode() + b"\n")
            self._pipe().flush()
            answer = self._answer("", deadline)
        except BaseException:
            self.end()
            raise
        if "started" not in answer:
            self.end()
        return "started" in answer

    def _open(self, argv: Sequence[str]) -> None:
        self.end()  # what is left of an earlier connection
        try:
            with self._log.open("wb") as errors:
                self._process = subprocess.Popen(
                    argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
                )
        except FileNotFoundError:
            raise UserError("there is no program ssh", fix="install it: sudo apt-get install openssh-client") from None

    def _answer(self, key: str, deadline: float) -> dict[str, Any]:
        """The next line of the far end that is a mapping with this key; a login may print others before."""
        for _ in range(MOST_LINES):
            line = self._line(deadline)
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict) and (not key or key in found):
                    return found
        raise UserError(f"{self.host}: it prints much before the worker starts", fix="make its shell print nothing at a login")

    def _line(self, deadline: float) -> bytes:
        assert self._process and self._process.stdout  # noqa: S101
        file, line = self._process.stdout.fileno(), b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([file], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                fix = f"`ssh {quote(self.host)}` must work"
                raise UserError(f"{self.host}: it did not answer for {ANSWER_S:.0f} s", fix=fix)
            if not (byte := os.read(file, 1)):
                raise fault_of(self.host, self._python, self._process.wait(), self._printed())
            line += byte
        return line

    def _allocated_port(self) -> int:
        if found := re.search(r"Allocated port (\d+) for remote forward", self._printed()):
            return int(found[1])
        raise fault_of(self.host, self._python, 255, "remote port forwarding failed")

    def _printed(self) -> str:
        return self._log.read_text(errors="replace")[-16_000:]


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as asked:
        asked.bind((LOOPBACK, 0))
        return int(asked.getsockname()[1])
