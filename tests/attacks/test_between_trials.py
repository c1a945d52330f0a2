"""What one trial could leave for another: the page cache, and anything that tells a trial which one it is."""

import asyncio
import re
from dataclasses import replace
from difflib import unified_diff
from functools import partial
from pathlib import Path

import anyio
import pytest
from cached import COUNT, absent, can_count, drop, make_data
from stands import Stand, stand
from targets import make_repo, overnight, program, recorded

from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, JobResult, Limits
from overnight.research.events import TrialFinished

# The loss is the number of pages of the data that a trial finds on the disk, and a little noise.
READER = f"""\
import glob, os, random, sys
{COUNT}
names = sorted(glob.glob("DATA/*"))
cold = read_all(names)
# HERE
print(f"METRIC loss={{cold + 1 + 0.01 * random.Random(int(sys.argv[1])).random()}}")
"""
EMPTY = "for n in names: f = os.open(n, os.O_RDONLY); os.posix_fadvise(f, 0, 0, os.POSIX_FADV_DONTNEED)"
PAGE_OUT = """\
import ctypes, mmap
for n in names:
    with open(n, "rb") as f, mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ) as m:
        sum(m[::4096]); m.madvise(21); m.madvise(20)
"""
DIRTY = "open('junk', 'wb').write(bytes(2 * 10**7)); os.sync()"
SAME = "names = list(names)"


@pytest.fixture
def data(tmp_path: Path) -> list[Path]:
    """Data outside the repository, in memory and on the disk."""
    tmp_path.chmod(0o755)
    if not can_count(tmp_path):
        pytest.skip("what is read from this disk is not counted")
    return make_data(tmp_path / "data")


def losses(repo: Path) -> list[float]:
    """The values of all trials of its campaign."""
    return [each.trial.value or 0.0 for each in recorded(repo) if isinstance(each, TrialFinished)]


def test_no_candidate_makes_the_head_read_from_the_disk(tmp_path: Path, data: list[Path]) -> None:
    """Candidates that empty the data from memory, fill the disk's queue or do nothing: no trial of either arm finds it cold.

    They are as good as the head, so none is kept.
    """
    folder = data[0].parent
    edits = [("# HERE", code) for code in (SAME, EMPTY, PAGE_OUT, DIRTY)]
    text = program(*edits, front=f"readable: ['{folder}']")
    repo = make_repo(tmp_path / "repo", text, files={"train.py": READER.replace("DATA", str(folder))})
    drop(data)
    overnight(repo, "run", "--no-report", "--plain", "--slots", "1", "--tag", "t", check=1)
    found = losses(repo)
    assert len(found) > 2 * len(edits)
    pages = sum(path.stat().st_size for path in data) // 4096
    assert max(found) - 1 < pages / 20, found  # the kernel takes a page at any time by itself; a candidate would take all


@pytest.mark.parametrize("forget", [True, False])
def test_what_a_candidate_reads_leaves_no_trace_in_memory(tmp_path: Path, data: list[Path], forget: bool) -> None:
    """A page for each bit of a sealed file: the next job would read it by what is in memory. Only its own pages are dropped."""
    jail = JailExecutor(slots=1, search_path="/usr/bin:/bin")
    if "memory" not in jail.groups.controllers:
        pytest.skip("no memory controller")
    drop(data)
    data[0].read_bytes()  # by us, before
    nothing = absent(data[1:])
    (tmp_path / "job").mkdir()
    command = "; ".join(f"cat {path} > /dev/null" for path in data[::2])
    folders = (str(data[0].parent),)
    job = Job(
        command=command, folder=tmp_path / "job", output=tmp_path / "out", limits=Limits(), readable=folders, forget=forget
    )
    assert asyncio.run(jail.run(job)).exit_code == 0
    assert absent(data[:1]) == 0
    assert (absent(data[1:]) == nothing) is forget


WHERE = r"""\
import re, sys
own = [line.split()[3] for line in open("/proc/self/mountinfo") if line.split()[4] == "/trial"]
assert own and re.fullmatch(r".*/\.overnight/\.work-\w{8}/trees/[0-9a-f]{16}", own[0]), own
SCALE = 1.0
print(f"METRIC loss={SCALE}")
"""


def test_no_name_tells_what_a_trial_is_for(tmp_path: Path) -> None:
    """A candidate sees its folder's path on the host: it has one form in a campaign, a check and a rerun, and no number."""
    repo = make_repo(tmp_path / "repo", program(("SCALE = 1.0", "SCALE = 0.5")), files={"train.py": WHERE})
    overnight(repo, "check", check=0)
    overnight(repo, "run", "--no-report", "--plain", "--tag", "t", check=0)
    overnight(repo, "verify", "--rerun", "all", "--pairs", "2", check=0)


ASK = """\
import os, resource, socket
for name in "cmdline environ mountinfo mounts cgroup status limits uid_map gid_map oom_score_adj comm".split():
    for process in ("self", "1"):
        try:
            print("==", process, name, open(f"/proc/{process}/{name}").read().replace(chr(0), " "))
        except OSError as error:
            print("==", process, name, error.strerror)
for folder in ("/", "/trial", "/tmp", "/dev", "/dev/shm"):
    for name in sorted(os.listdir(folder)):
        found = os.lstat(os.path.join(folder, name))
        print(folder, name, oct(found.st_mode), found.st_uid, found.st_size if name != "proc" else "")
print(sorted(os.environ.items()), socket.gethostname(), os.getuid(), os.getgroups(), os.getcwd(), os.getpid(), os.getppid())
print(sorted(filter(str.isdigit, os.listdir("/proc"))), os.listdir("/proc/self/fd"), os.umask(0), socket.if_nameindex())
print([(name, resource.getrlimit(getattr(resource, name))) for name in dir(resource) if name.startswith("RLIMIT")])
print("METRIC loss=1")
"""
# Random names, and what the kernel counts by itself.
CUT = re.compile(
    r"[0-9a-f]{16}|\.work-\w{8}|"
    r"^(Vm|Rss|Hugetlb|\w*ctxt|Cpus_|Mems_|total|Threads|SigQ).*|^(== \w+ mountinfo )?\d+ \d+ (0:\d+ )?",
    re.MULTILINE,
)


def test_nothing_a_job_reads_of_itself_tells_stage_arm_or_number(tmp_path: Path) -> None:
    """Its processes, mounts, limits, names and folders are the same in every trial."""
    front = "metric: loss\nmeasure: python3 train.py\neditable: [train.py]\nholdout: python3 train.py"
    with stand(tmp_path, f"---\n{front}\n---\n", {"train.py": ASK}) as made:
        keys = [
            TrialKey(experiment=number, stage=stage, arm=arm, index=index)
            for stage in (Stage.BASELINE, Stage.SCREEN, Stage.CONFIRM, Stage.AUDIT)
            for arm, number, index in ((Arm.BASELINE, 0, 0), (Arm.CANDIDATE, 1, 0), (Arm.CANDIDATE, 12, 7))
        ]
        said = {CUT.sub("", seen_by(made, key)) for key in keys}
    first, *others = said
    assert "/trial rw" in first
    assert others == [], "\n".join(unified_diff(first.splitlines(), others[0].splitlines()))


def seen_by(made: Stand, key: TrialKey) -> str:
    """What the start's own code prints as this trial."""
    program = replace(made.program, audit=None, holdout=None)
    trial = anyio.run(partial(made.runner(program).run, key, commit=made.start, tree=made.start, seed=1, slot=0))
    assert trial.value == 1, trial
    return (made.store.read(trial.log) or b"").decode()


def test_only_a_candidates_sealed_trials_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They alone know what must not be passed on; after others the interpreter's files stay in memory."""
    front = "metric: loss\nmeasure: cat loss\neditable: [loss]\nholdout: cat loss"
    with stand(tmp_path, f"---\n{front}\n---\n", {"loss": "METRIC loss=2"}) as made:
        forgotten: list[bool] = []
        run = made.jail.run

        async def record(job: Job, *rest: object, **named: object) -> JobResult:
            forgotten.append(job.forget)
            return await run(job)

        monkeypatch.setattr(made.jail, "run", record)
        candidate = made.commit({"loss": "METRIC loss=1"})
        for commit in (made.start, candidate):
            for stage in (Stage.SCREEN, Stage.CONFIRM, Stage.HOLDOUT):
                key = TrialKey(experiment=1, stage=stage, arm=Arm.CANDIDATE, index=0)
                anyio.run(partial(made.runner().run, key, commit=commit, tree=commit, seed=1, slot=0))
    assert forgotten == [False, False, False, False, False, True]
