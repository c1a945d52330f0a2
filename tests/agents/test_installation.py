"""What the jail shows of the host so that a program on PATH starts in it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from overnight.agents.installation import installation, program_of
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def make_program(path: Path, text: str = "#!/bin/sh\necho works\n") -> Path:
    """A program in its own folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def link(path: Path, target: str) -> None:
    """A link on PATH."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def npm_program(folder: Path) -> str:
    """A program as npm installs it, which runs a binary of a neighbouring package; the PATH to find it."""
    make_program(folder / "lib/node_modules/@maker/agent-linux/agent")
    script = '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/../../agent-linux/agent"\n'
    make_program(folder / "lib/node_modules/@maker/agent/bin/agent.sh", script)
    link(folder / "bin/agent", "../lib/node_modules/@maker/agent/bin/agent.sh")
    return f"{folder}/bin"


def single_file(folder: Path) -> str:
    """A single-file program in a folder of versions, behind two links."""
    make_program(folder / "share/agent/versions/2.1")
    link(folder / "share/agent/current", "versions/2.1")
    link(folder / "bin/agent", str(folder / "share/agent/current"))
    return f"{folder}/bin"


def environment_program(folder: Path) -> str:
    """A program in its own virtual environment."""
    tool = folder / "share/tools/agent"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tool], check=True)
    make_program(tool / "bin/agent", f"#!{tool}/bin/python\nimport sys\nprint('works')\n")
    link(folder / "bin/agent", str(tool / "bin/agent"))
    return f"{folder}/bin"


@pytest.mark.parametrize("make", [npm_program, single_file, environment_program])
def test_a_program_behind_a_link_runs_in_the_jail(make: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As installed by npm, by an installer of single files, and by uv or pipx, in a folder just below home."""
    home = tmp_path / "home"
    monkeypatch.setattr(Path, "home", lambda: home)
    assert callable(make)
    search_path = f"{make(home / '.local')}:{SYSTEM_PATH}"
    make_program(home / "key")
    work, output = tmp_path / "work", tmp_path / "output"
    work.mkdir()
    job = Job(
        command=f"agent; cat {home}/key || echo hidden",
        folder=work,
        output=output,
        limits=Limits(),
        readable=installation("agent --stdin", search_path),
    )
    asyncio.run(JailExecutor(slots=1, search_path=search_path).run(job))
    said = output.read_text().splitlines()
    assert (said[0], said[-1]) == ("works", "hidden")


def test_as_little_as_possible_is_shown(tmp_path: Path) -> None:
    """The packages, or each file that a link leads to; nothing for system programs and missing ones."""
    npm, single = npm_program(tmp_path / "npm"), single_file(tmp_path / "single")
    assert installation("agent", npm) == (f"{tmp_path}/npm/lib/node_modules",)
    versions = f"{tmp_path}/single/share/agent"
    assert installation("agent", single) == (f"{versions}/current", f"{versions}/versions/2.1")
    assert installation("sh run.sh", "/bin") == ()
    assert installation("agent", "/usr/bin") == ()
    assert installation("./agent", npm) == ()


def test_what_would_open_the_host_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link into `/proc`, circular links, and an environment whose interpreter is installed in the home folder."""
    link(tmp_path / "bin/circle", "circle")
    link(tmp_path / "bin/process", f"/proc/{os.getpid()}/exe")
    path = f"{tmp_path}/bin"
    assert installation("circle", path) == ()
    assert all(not each.startswith("/proc") for each in installation("process", path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    make_program(tmp_path / "home/bin/python")
    tool = tmp_path / "tools/agent"
    make_program(tool / "bin/agent")
    (tool / "pyvenv.cfg").touch()
    link(tool / "bin/python", str(tmp_path / "home/bin/python"))
    link(tmp_path / "bin/agent", str(tool / "bin/agent"))
    assert installation("agent", path) == (str(tool),)


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("opencode acp", "opencode"),
        ("exec env DEBUG=1 gemini --acp", "gemini"),
        ("'my agent' --stdin", "my agent"),
        ("echo 'open", ""),
        ("", ""),
    ],
)
def test_the_program_of_a_command(command: str, program: str) -> None:
    """Its first word that is not an assignment."""
    assert program_of(command) == program
