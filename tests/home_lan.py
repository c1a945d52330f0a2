"""Addresses for twins: free ones on loopback, or a private LAN of ten twins in namespaces of this test alone."""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TRIES = 100
HERE = Path(__file__).parent
SUBNET = "10.77.0.0/24"
CLIENT = "10.77.0.2"


def loopback(port: int = 0) -> str:
    """An address of 127.0.0.0/8 on which a port is free; drawn, because several suites run on one machine."""
    for _ in range(TRIES):
        draw = random.SystemRandom().randrange
        address = f"127.{draw(1, 255)}.{draw(256)}.{draw(1, 255)}"
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
        return address
    raise RuntimeError(f"no address of {TRIES} tried has a free port {port}")


def free_port() -> int:
    """A port of 127.0.0.1 that is free at this moment, for a program that takes none of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lan:
    """A client's namespace, from which the twins are reached: `inside` is put before a command that runs there."""

    inside: list[str]
    twins: dict[str, dict[str, Any]]  # by name: family, address, port, mac
    _process: subprocess.Popen[str]

    def python(self, code: str, *arguments: str, timeout_s: float = 60) -> str:
        """What a piece of Python prints in the client's namespace."""
        command = [*self.inside, sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=timeout_s, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def beside(self, script: str) -> Iterator[subprocess.Popen[str]]:
        """A script of this folder in the namespace of the twins, once it has printed a line."""
        enter = ["nsenter", "-t", str(self._process.pid), "-U", "--preserve-credentials", "-n"]
        command = [*enter, sys.executable, str(HERE / script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment()) as process:
            try:
                assert process.stdout
                assert process.stdout.readline(), f"{script} did not start"
                yield process
            finally:
                process.kill()

    def ask(self, **asked: str) -> Any:
        """Ask the twins: `do="truth"`, `do="heard"`, or `do="fault", name=..., kind=...`."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def why_no_lan() -> str:
    """Why this machine cannot make a LAN of its own; empty if it can."""
    missing = [name for name in ("unshare", "nsenter", "ip") if shutil.which(name) is None]
    if missing:
        return f"no private LAN: {', '.join(missing)} not installed"
    script = "ip link add one type veth peer name two && ip link add three link one type macvlan mode bridge"
    tried = subprocess.run(["unshare", "-rn", "sh", "-c", script], capture_output=True, text=True, check=False)
    return f"no private LAN: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


@contextmanager
def lan() -> Iterator[Lan]:
    """A /24 with ten twins on addresses of their own, each with a MAC of its own; nothing leaves it."""
    why = why_no_lan()
    if why:
        pytest.skip(why)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": _environment()}
    with subprocess.Popen(["unshare", "-rn", "sh", "-c", "echo here; exec cat"], **pipes) as holder:
        assert holder.stdout
        holder.stdout.readline()
        inside = ["nsenter", "-t", str(holder.pid), "-U", "--preserve-credentials", "-n"]
        twins = [*inside, "unshare", "-n", sys.executable, str(HERE / "home_lan_twins.py")]
        with subprocess.Popen(twins, **pipes) as process:
            try:
                assert process.stdout
                assert process.stdin
                process.stdout.readline()
                for line in (
                    "link set lo up",
                    f"link add lan type veth peer name wire netns {process.pid}",
                    f"addr add {CLIENT}/24 dev lan",
                    "link set lan up",
                    "route add 224.0.0.0/4 dev lan",
                ):
                    subprocess.run([*inside, "ip", *line.split()], check=True)
                print("go", file=process.stdin, flush=True)
                ready = process.stdout.readline()
                assert ready, "the twins did not start"
                yield Lan(inside=inside, twins=json.loads(ready), _process=process)
            finally:
                process.kill()
                holder.kill()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent / "src"), str(HERE)])}
