"""A real sshd on loopback, with keys and a configuration of the test, and an `ssh` that knows it."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
SSH = shutil.which("ssh")
WHY_NOT = "there is no sshd" if not SSHD else "there is no ssh" if not SSH else "" if os.getuid() == 0 else "sshd needs root"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshDaemon:
    """What runs, and the folder with the `ssh` that reaches it."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def programs(self) -> Path:
        """To be put first on PATH."""
        return self.folder / "bin"

    def sessions(self) -> list[int]:
        """The processes of the connections that stand."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def configure(self, lines: str) -> None:
        """Put lines before those of the user's configuration; the first one counts."""
        path = self.folder / "ssh_config"
        path.write_text(lines + path.read_text())


@contextmanager
def ssh_daemon(folder: Path, *lines: str) -> Iterator[SshDaemon]:
    """A daemon with further lines of configuration; hosts `gpu1` and `gpu2` are it."""
    folder.mkdir(parents=True)
    Path("/run/sshd").mkdir(exist_ok=True)  # where it separates privileges
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    shutil.copy(folder / "user.pub", folder / "authorized")
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "sshd_config").write_text(
        "\n".join(
            (
                *lines,
                f"ListenAddress 127.0.0.1:{port}",
                f"HostKey {folder / 'host'}",
                f"AuthorizedKeysFile {folder / 'authorized'}",
                "PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n",
            )
        )
    )
    (folder / "ssh_config").write_text(
        f"Host gpu1 gpu2\n HostName 127.0.0.1\n Port {port}\n User root\n IdentityFile {folder / 'user'}\n"
        f"Host *\n UserKnownHostsFile {folder / 'known'}\n GlobalKnownHostsFile none\n"
        " IdentitiesOnly yes\n IdentityAgent none\n"
    )
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {SSH} -F {folder / "ssh_config"} "$@"\n')
    (folder / "bin" / "ssh").chmod(0o755)
    assert SSHD
    process = subprocess.Popen(
        [SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"}
    )
    assert process.stderr
    try:
        while b"listening" not in (line := process.stderr.readline()):
            assert line, "sshd did not start"
        yield SshDaemon(folder=folder, port=port, process=process)
    finally:
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        process.kill()
        process.wait()
        process.stderr.close()
