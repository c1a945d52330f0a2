"""The jail as an executor."""

import asyncio
import os
import resource
import select
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import overnight
from overnight.errors import SandboxError
from overnight.jail import jail as jail_module
from overnight.jail import launch
from overnight.jail.cgroup_tree import Parents
from overnight.jail.jail import JailExecutor, find_bwrap
from overnight.jail.job import Job
from overnight.jail.reach import Reach
from overnight.testing import LIMITS, ExecutorConformance


@cache
def jail() -> JailExecutor:
    return JailExecutor(slots=2, search_path=os.environ["PATH"])


class TestJail(ExecutorConformance):
    """The jail keeps what every executor promises."""

    def make(self) -> JailExecutor:
        return jail()

    def test_folder_is_at_a_constant_path(self, tmp_path: Path) -> None:
        """No job learns, or depends on, where its folder is on the host."""
        _, output = self.run(tmp_path, "pwd; echo $HOME; id -un")
        assert output == b"/trial\n/tmp\njob\n"

    def test_our_interpreter_runs_inside(self, tmp_path: Path) -> None:
        """A job finds the same Python as PATH does here."""
        ask = 'python3 -c "import sys; print(sys.prefix, sys.version_info[:2])"'
        outside = subprocess.run(["/bin/sh", "-c", ask], capture_output=True, check=True).stdout
        _, output = self.run(tmp_path, ask)
        assert output == outside

    def test_readable_data_is_at_its_own_path(self, tmp_path: Path) -> None:
        """Data that a program names is available, even if its path contains blanks."""
        data = tmp_path / "my data"
        data.mkdir()
        (data / "set").write_text("42")
        _, output = self.run(tmp_path, f"cat '{data}/set'", readable=(str(data),))
        assert output == b"42"

    def test_our_own_package_is_not_visible(self, tmp_path: Path) -> None:
        """If the folder that contains our package is shown, the bundled labs with their sealed data are not."""
        installed = Path(overnight.__file__).parent
        _, output = self.run(tmp_path, f"ls -A '{installed}'; ls '{installed.parent}'", readable=(str(installed.parent),))
        assert output.split()[0] == b"overnight"

    def test_missing_readable_path_is_the_users_to_fix(self, tmp_path: Path) -> None:
        """A missing path that a program names is an error, not a verdict on the job."""
        with pytest.raises(SandboxError, match=r"nowhere: it does not exist"):
            self.run(tmp_path, "true", readable=(f"{tmp_path}/nowhere",))

    def test_launch_failure_is_no_exit_code(self, tmp_path: Path) -> None:
        """If bwrap itself fails, the error has its message."""
        with pytest.raises(SandboxError, match=r"could not be started: bwrap: .*setenv"):
            self.run(tmp_path, "true", environment={"a=b": "c"})

    def test_impossible_command_is_said(self, tmp_path: Path) -> None:
        """A command that no process can have is an error of one line, not a crash."""
        with pytest.raises(SandboxError, match="cannot be started: embedded null byte"):
            self.run(tmp_path, "echo \0")

    def test_slot_is_pinned(self, tmp_path: Path) -> None:
        """The jobs of a slot run on its processors only."""
        last = max(os.sched_getaffinity(0))
        executor = JailExecutor(slots=1, cpus_of_slot={0: [last]}, search_path="/usr/bin:/bin")
        (tmp_path / "job").mkdir()
        job = Job(
            command="grep Cpus_allowed_list /proc/self/status", folder=tmp_path / "job", output=tmp_path / "out", limits=LIMITS
        )
        asyncio.run(executor.run(job))
        assert (tmp_path / "out").read_text().split() == ["Cpus_allowed_list:", str(last)]

    @pytest.mark.parametrize("grouped", [True, False])
    def test_a_job_cannot_leave_its_processors(self, tmp_path: Path, grouped: bool) -> None:
        """By a control group if one can, otherwise because the call is refused; asking is allowed."""
        usable = os.sched_getaffinity(0)
        executor = JailExecutor(slots=1, cpus_of_slot={0: [max(usable)]}, search_path=os.environ["PATH"])
        if not grouped:
            executor.groups.parents = Parents(v1={})
        (tmp_path / "job").mkdir()
        code = f"""import os, threading
for wanted in ({usable}, {usable} - {{{max(usable)}}}):
    try:
        os.sched_setaffinity(0, wanted)
    except OSError as error:
        print(error.strerror)
    threading.Thread(target=lambda: print(*os.sched_getaffinity(0))).start()
"""
        (tmp_path / "job/widen.py").write_text(code)
        job = Job(command="python3 widen.py", folder=tmp_path / "job", output=tmp_path / "out", limits=LIMITS)
        assert asyncio.run(executor.run(job)).exit_code == 0
        said = (tmp_path / "out").read_text().splitlines()
        assert [line for line in said if line.isdigit()] == [str(max(usable))] * 2
        if not grouped:
            assert said.count("Operation not permitted") == 2

    def test_process_limits_are_set(self, tmp_path: Path) -> None:
        """A job leaves no core files and has few descriptors, and cannot raise either."""
        _, output = self.run(tmp_path, "ulimit -c; ulimit -n; ulimit -H -n")
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        most = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
        assert output.split() == [b"0", *[str(most).encode()] * 2]

    def test_runs_leave_no_descriptor_open(self, tmp_path: Path) -> None:
        """Neither a job nor a failed start keeps a descriptor of ours open."""
        self.run(tmp_path, "true")
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(3):
            self.run(tmp_path, "echo x", stdin=b"y")
        with pytest.raises(SandboxError):
            self.run(tmp_path, "true", environment={"a=b": "c"})
        assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_missing_tool_comes_with_its_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without bubblewrap there is no jail, and one command that fixes it."""
    launch.find_tool.cache_clear()
    monkeypatch.setattr(launch, "SYSTEM_PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"bwrap is not installed; .*apt-get install bubblewrap"):
        JailExecutor(slots=1, search_path="/usr/bin")


def test_old_bubblewrap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bubblewrap that cannot limit its file systems is refused."""
    monkeypatch.setattr(jail_module, "bwrap_version", lambda _: "0.6.1")
    with pytest.raises(SandboxError, match=r"bubblewrap 0\.6\.1 is too old: 0\.8 or newer is needed; .*install bubblewrap"):
        find_bwrap()


def test_refused_namespaces_come_with_their_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If the kernel denies us namespaces, the error has bubblewrap's message and a fix."""
    bwrap = tmp_path / "bwrap"
    bwrap.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    bwrap.chmod(0o755)
    monkeypatch.setattr(jail_module, "find_bwrap", lambda: str(bwrap))
    with pytest.raises(SandboxError, match=r"No permissions to create new namespace; \w+"):
        JailExecutor(slots=1, search_path="/usr/bin")


@pytest.mark.skipif(os.geteuid() != 0, reason="without root, jobs read what we read")
def test_unreadable_interpreter_comes_with_its_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Python that only root may run is useless to jobs: this is reported before the first job."""
    python = tmp_path / "own/bin/python3"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o700)
    reach = Reach(folders=(f"{tmp_path}/own",), search_path=f"{tmp_path}/own/bin:/usr/bin", pythons=(str(python),))
    monkeypatch.setattr(jail_module, "find_reach", lambda *_, environment="": reach)
    with pytest.raises(SandboxError, match=rf"cannot run {python}; .*chmod -R o\+rX {tmp_path}/own"):
        JailExecutor(slots=1, search_path="/usr/bin")


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from overnight.jail.cgroup_tree import Parents
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job
from overnight.testing import LIMITS
here = Path(sys.argv[1])
command = "exec 9> alive; echo >&9; setsid sleep 60 & sleep 60"
job = Job(command=command, folder=here / "job", output=here / "out", limits=LIMITS)
asyncio.run(JailExecutor(slots=1, search_path="/usr/bin:/bin").run(job))
"""


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    """Kill -9 of our own process ends everything in the jail."""
    (tmp_path / "job").mkdir()
    os.mkfifo(tmp_path / "job/alive")
    reader = os.open(tmp_path / "job/alive", os.O_RDONLY | os.O_NONBLOCK)
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)]) as supervisor:
        try:
            assert select.select([reader], [], [])[0]
            assert os.read(reader, 9) == b"\n"
        finally:
            supervisor.kill()
    assert select.select([reader], [], [])[0]
    assert os.read(reader, 9) == b""
    os.close(reader)
