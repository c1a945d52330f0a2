"""A hostile job in a real jail, with a list of hosts: what it reaches, by the programs that jobs use and by raw bytes."""

import asyncio
import os
import ssl
from pathlib import Path

import pytest
import trustme
from proxied import HOST, LOOPBACK, Names, origin

from overnight.egress.connection import Connection, Outcome
from overnight.egress.dial import Dialer
from overnight.errors import SandboxError
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, JobResult, Limits
from overnight.jail.process import ProcessExecutor
from overnight.machines.proxied import ProxiedExecutor

PROXY = "127.0.0.1:3128"
ASK = """
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url).read())
    except Exception as error:
        print(error)
"""
RAW = """
import socket, sys
end = b"\\r\\n\\r\\n"
for words in (b"hello" + end, b"\\x05\\x01\\x00" + end, b"\\x00" * 70000, b"CONNECT 169.254.169.254:80 HTTP/1.1" + end):
    with socket.create_connection(("127.0.0.1", 3128)) as proxy:
        try:
            proxy.sendall(words)
            print(proxy.recv(100).split(b"\\r\\n")[0])
        except OSError as error:
            print(error)
"""
MANY = """
import socket
every = [socket.socket() for _ in range(1000)]
for each in every:
    each.setblocking(False)
    each.connect_ex(("127.0.0.1", 3128))
print(len(every))
"""


class Jobs:
    """Runs jobs in a jail, with names of the test's own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / "job"
        self.folder.mkdir()
        self.reached: list[Connection] = []
        names = Names({HOST: [["127.0.0.1"]], "inside.example.com": [["10.0.0.1"]]})
        self._executor = ProxiedExecutor(
            JailExecutor(slots=1, search_path=os.environ["PATH"]),
            reached=lambda _, connections: self.reached.extend(connections),
            dialer=lambda: Dialer(names, also=[LOOPBACK]),
        )

    async def run(self, command: str, *hosts: str, **limits: int) -> str:
        """What a job prints that may reach these hosts."""
        result = await self._executor.run(self.job(command, Limits(hosts=hosts, **limits)))  # type: ignore[arg-type]  # numbers
        assert isinstance(result, JobResult)
        return (self.place / "output").read_text()

    def job(self, command: str, limits: Limits) -> Job:
        return Job(command=command, folder=self.folder, output=self.place / "output", limits=limits)


def test_a_job_reaches_what_is_listed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python and curl find the proxy by its variables; what is not listed, or leads inside, is refused with the reason."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.corp:3128")  # the user's own, which no job gets
    jobs = Jobs(tmp_path)
    (jobs.folder / "ask.py").write_text(ASK)

    async def run() -> str:
        async with origin() as host:
            listed = f"{HOST}:{host.port}"
            urls = f"http://{listed}/ http://evil.org/ https://evil.org/ http://inside.example.com/ http://169.254.169.254/"
            direct = f"curl -sS --noproxy '*' http://127.0.0.1:{host.port}/ 2>&1; curl -sS --noproxy '*' http://1.1.1.1/ 2>&1"
            curl = f"curl -sS http://{listed}/; echo; curl -sS https://evil.org/ 2>&1; {direct}; env | grep -i proxy"
            return await jobs.run(f"python3 ask.py {urls}; {curl}", listed, "inside.example.com")

    printed = asyncio.run(run())
    assert printed.splitlines()[:6] == [
        "b'hello'",
        "HTTP Error 403: evil.org:80 is not on the list of what this job may reach",
        "<urlopen error Tunnel connection failed: 403 evil.org:443 is not on the list of what this job may reach>",
        "HTTP Error 403: inside.example.com resolves to 10.0.0.1, which is private: no job reaches that",
        "HTTP Error 403: 169.254.169.254:80 is not on the list of what this job may reach",
        "hello",
    ]
    assert printed.count("403") == 5 and "secret" not in printed and "corp" not in printed
    assert printed.lower().count(f"https_proxy=http://{PROXY}") == 2
    assert {(one.host, one.outcome, one.count) for one in jobs.reached} == {
        (HOST, Outcome.REACHED, 1),
        ("evil.org", Outcome.REFUSED, 1),
        ("evil.org", Outcome.REFUSED, 2),
        ("inside.example.com", Outcome.REFUSED, 1),
        ("169.254.169.254", Outcome.REFUSED, 1),
    }


def test_tls_goes_through_to_the_very_host(tmp_path: Path) -> None:
    """A job checks the certificate of the host itself: the proxy sees its name and its bytes, not what is in them."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST, "other.example.com").configure_cert(context)
    jobs = Jobs(tmp_path)
    authority.cert_pem.write_to_path(str(jobs.folder / "ca.pem"))

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async def run() -> str:
        server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
        async with server:
            listed = f"{HOST}:{server.sockets[0].getsockname()[1]}"
            fronted = f"--connect-to other.example.com:443:{listed} https://other.example.com/"
            return await jobs.run(
                f"curl -sS --cacert ca.pem https://{listed}/; curl -sS --cacert ca.pem {fronted} 2>&1", listed
            )

    printed = asyncio.run(run())
    assert printed.startswith("hellocurl: ") and "unrecognized name" in printed
    assert [one.outcome for one in jobs.reached] == [Outcome.REACHED, Outcome.REFUSED]


def test_raw_bytes_and_a_thousand_connections(tmp_path: Path) -> None:
    """Whatever a job writes to the proxy's port, it is told off; other jobs and this process are not harmed."""
    jobs = Jobs(tmp_path)
    (jobs.folder / "raw.py").write_text(RAW)
    (jobs.folder / "many.py").write_text(MANY)

    async def run() -> str:
        return await jobs.run("python3 raw.py; ulimit -n 4096; python3 many.py 2>&1 | tail -n 1", HOST)

    lines = asyncio.run(run()).splitlines()
    assert len(lines) == 5 and lines[-1] == "1000"
    assert all("HTTP/1.1 4" in line for line in lines[:2] + lines[3:4])
    assert len(jobs.reached) < 65


def test_a_job_without_a_list_has_no_proxy(tmp_path: Path) -> None:
    """Nothing listens in a jail that may reach nothing, and no variable says otherwise."""
    jobs = Jobs(tmp_path)
    printed = asyncio.run(jobs.run(f"curl -sS http://{PROXY}/ 2>&1; env | grep -ci proxy; ls /etc/ssl 2>&1"))
    assert "refused" in printed.lower() or "connect" in printed.lower()
    assert printed.splitlines()[1] == "0" and "No such file" in printed
    assert not jobs.reached


def test_a_list_without_a_jail_is_refused(tmp_path: Path) -> None:
    """A plain process reaches everything, so a job that may reach some hosts only does not run as one."""
    jobs = Jobs(tmp_path)
    job = jobs.job("touch ran", Limits(hosts=(HOST,)))
    with pytest.raises(SandboxError, match="cannot be kept without a jail"):
        asyncio.run(ProcessExecutor(slots=1, search_path=os.environ["PATH"]).run(job))
    assert not (jobs.folder / "ran").exists()
