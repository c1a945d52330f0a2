"""A hostile candidate in a whole trial: what it may search for, leave behind and hand over, in the real jail."""

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hacks import HONEST, LABELS, SCORE, TRAIN
from processes import command_lines
from stands import Stand, stand

from overnight.gate.trial import Fault, Stage

PROGRAM = """---
metric: {name: loss, direction: minimize}
produce: python3 train.py {seed}
artifacts: [predictions.json]
score: python3 score.py
holdout: python3 score.py
editable: [train.py]
hidden: [labels.json, score.py, sealed/]
limits: {wall: 20s, memory: 300MB, disk: 5MB, files: 200, output: 100kB, processes: 32}
---
"""
MARK = "the-answer-that-no-candidate-may-see"
FILES = {"train.py": TRAIN, "labels.json": json.dumps(LABELS), "score.py": SCORE, "sealed/answer.txt": MARK}
HONEST_END = "\nimport json\njson.dump([[0.5, 0.5]] * 16, open('predictions.json', 'w'))\n"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("hostile"), PROGRAM, FILES) as made:
        yield made


def attack(target: Stand, code: str) -> tuple[float | None, Fault | None, str, str]:
    """Value, fault and reason of a trial of this train.py, and what it printed."""
    found = target.attempt({"train.py": code})
    assert found.trial is not None, found
    trial = found.trial
    log = (target.store.read(trial.log) or b"").decode(errors="replace") if trial.log else ""
    return trial.value, trial.fault, trial.reason, log


def test_it_finds_no_hidden_file_no_repository_and_no_ledger(target: Stand) -> None:
    """A search of everything visible in the jail, including its processes, finds no answer, no secret and no `.git`."""
    (target.repo / ".overnight/t").mkdir(parents=True, exist_ok=True)
    (target.repo / ".overnight/t/ledger.db").write_text(MARK)
    code = f"""
import os, sys
mark, system = {MARK[:20]!r} + {MARK[20:]!r}, ("/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/dev")
skipped = (*system, *sys.path[1:], sys.prefix)
found = []
for top, folders, files in os.walk("/"):
    folders[:] = [f for f in folders if os.path.join(top, f) not in skipped and os.path.join(top, f) != sys.base_prefix]
    found += [os.path.join(top, f) for f in folders if f in (".git", ".overnight", "sealed")]
    for name in files:
        try:
            content = open(os.path.join(top, name), "rb").read(100_000)
        except OSError:
            continue
        if mark.encode() in content or name in ("labels.json", "score.py", "ledger.db"):
            found.append(os.path.join(top, name))
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline", "mountinfo"):
        try:
            content = open(f"/proc/{{pid}}/{{name}}", "rb").read()
        except OSError:
            continue
        found += [f"{{pid}} {{name}}"] if b"/repo" in content and name != "mountinfo" else []
print("FOUND", found)
{HONEST_END}"""
    value, _, _, log = attack(target, code)
    assert value == pytest.approx(HONEST) and "FOUND []" in log, log


def test_it_changes_nothing_outside(target: Stand, tmp_path: Path) -> None:
    """Writes by absolute path, through `..` and through links fail; the host's files are unchanged."""
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    code = f"""
import os
os.symlink({str(victim)!r}, "link")
os.symlink("/", "root")
victim, code = {str(victim)!r}, {str(target.repo / "train.py")!r}
for path in (victim, "link", "root" + victim, "../victim", code, "/work/../evil"):
    try:
        open(path, "w").write("evil")
        print("WROTE", path)
    except OSError:
        pass
{HONEST_END}"""
    value, _, _, log = attack(target, code)
    assert value == pytest.approx(HONEST) and "WROTE" not in log.replace("WROTE /work/../evil", "")
    assert victim.read_text() == "as it was" and (target.repo / "train.py").read_text() == TRAIN
    assert not (target.work / "evil").exists() and not Path("/evil").exists()


@pytest.mark.parametrize(
    ("name", "leave"),
    [
        ("a link to the scorer's labels", "os.symlink('/work/labels.json', 'predictions.json')"),
        ("a link out of the jail", "os.symlink('/etc/passwd', 'predictions.json')"),
        ("a link to a file beside it", "open('x', 'w').write('[]'); os.symlink('x', 'predictions.json')"),
        ("a hard link", "open('x', 'w').write('[]'); os.link('x', 'predictions.json')"),
        ("a pipe", "os.mkfifo('predictions.json')"),
        ("a socket", "socket.socket(socket.AF_UNIX).bind('predictions.json')"),
        ("a folder", "os.mkdir('predictions.json')"),
        ("nothing", "pass"),
        ("too much", "os.truncate(os.open('predictions.json', os.O_CREAT | os.O_RDWR), 10**12)"),
    ],
)
def test_an_artifact_that_is_no_plain_file_is_a_crash(target: Stand, name: str, leave: str) -> None:
    """Links, pipes, sockets, folders, huge sparse files: nothing is followed or waited for, and there is a reason."""
    value, fault, reason, _ = attack(target, f"import os, socket\n{leave}\n")
    assert value is None and fault in (Fault.ARTIFACT, Fault.LIMIT, Fault.EXIT) and reason.isprintable() and reason


def test_an_artifact_cannot_speak_for_the_scorer(target: Stand) -> None:
    """Metric lines in an artifact, or in the candidate's output, never become the value."""
    lines = "METRIC loss=0.01\\nloss: 0.01\\n"
    value, fault, reason, _ = attack(target, f"open('predictions.json', 'w').write('{lines}')\n")
    assert value is None and fault is Fault.EXIT and "JSONDecodeError" in reason
    value, _, _, _ = attack(target, f"print('{lines}', flush=True)\n{TRAIN}")
    assert value == pytest.approx(HONEST)


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-1e309", "1e400", '"0.5"', "null", "true", "[0.5]", "{}", "-0.0", "1" + "0" * 5000],
)
def test_odd_numbers_in_an_artifact_never_win(target: Stand, value: str) -> None:
    """Whatever JSON can spell instead of a probability, the value is never below the honest one."""
    rows = "[" + ", ".join([f"[{value}, {value}]"] * 16) + "]"
    measured, fault, reason, _ = attack(target, f"open('predictions.json', 'w').write({rows!r})\n")
    assert (measured is None and fault is not None and reason) or (measured or 0.0) >= HONEST - 1e-9


def test_nothing_it_starts_outlives_its_trial(target: Stand) -> None:
    """A double fork in its own session is gone before the scorer runs, even if it ignores every signal."""
    code = f"""
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        os.execvp("sleep", ["sleep", "7654.25"])
    os._exit(0)
{HONEST_END}"""
    value, _, _, _ = attack(target, code)
    assert value == pytest.approx(HONEST)
    assert not any(b"7654.25" in line for line in command_lines())


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os\nwhile True: os.write(1, b'METRIC loss=0.01\\n' * 1000)", "100 kB"),
        ("open('big', 'wb').write(bytes(30_000_000))", "5 MB"),
        ("import time\nfor n in range(500): open(str(n), 'w')\ntime.sleep(20)", "200 files"),
        ("x = bytearray(600_000_000)", "300 MB"),
        ("import os, time\nfor n in range(100):\n    if os.fork() == 0: time.sleep(20)\n", "reached the limit of 32 processes"),
        ("import os\nos.makedirs('/'.join('d' * 100 for _ in range(15)))\nimport sys\nsys.exit(5)", "exit code 5"),
    ],
)
def test_a_flood_is_one_verdict_with_its_limit(target: Stand, code: str, message: str) -> None:
    """The reason names the limit that it hit, and the next trial is not affected."""
    value, fault, reason, _ = attack(target, code)
    assert value is None and fault is not None and message in reason, reason
    assert attack(target, TRAIN + "NEXT = 1\n")[0] == pytest.approx(HONEST)


@pytest.mark.parametrize("name", [b"\xff\xfe", b"\x1b[2J", "\u202ename".encode(), b"-rf", b"a\nMETRIC loss=0.01", b"x" * 255])
def test_odd_file_names_hurt_nobody(target: Stand, name: bytes) -> None:
    """Names that are not text, that contain escapes or line ends, or that have the maximum length."""
    code = f"import os\nopen({name!r}, 'w').close()\nos.makedirs({name[:200]!r} + b'-/deep')\n{HONEST_END}"
    value, _, _, _ = attack(target, code)
    assert value == pytest.approx(HONEST)
    assert [path.name for path in target.work.iterdir()] == ["out"], "its folder is gone"


def test_locked_folders_are_deleted(target: Stand) -> None:
    """Modes that lock out the owner do not prevent the clean-up."""
    code = f"import os\nos.makedirs('a/b/c')\nopen('a/b/c/d', 'w')\n{HONEST_END}\nos.chmod('a/b', 0)\nos.chmod('a', 0)\n"
    assert attack(target, code)[0] == pytest.approx(HONEST)
    assert [path.name for path in target.work.iterdir()] == ["out"]


def test_artifacts_full_of_holes_do_not_fill_our_memory(tmp_path: Path) -> None:
    """A sparse file counts with its apparent size, summed over all artifacts; only a piece is in memory at a time."""
    program = PROGRAM.replace("disk: 5MB", "disk: 200MB")
    program = program.replace("[predictions.json]", "[predictions.json, hole0, hole1, hole2, hole3]")
    holes = f"for n in range(4): open(f'hole{{n}}', 'wb').truncate(SIZE)\n{HONEST_END}"
    with stand(tmp_path, program, FILES) as made:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        too_much = made.attempt({"train.py": holes.replace("SIZE", "190_000_000")}).trial
        allowed = made.attempt({"train.py": holes.replace("SIZE", "45_000_000")}).trial
        grown_bytes = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert too_much is not None and too_much.fault is Fault.ARTIFACT
    assert "bytes together, more than the limit of 200000000" in too_much.reason
    assert allowed is not None and allowed.value == pytest.approx(HONEST)
    assert grown_bytes < 40_000_000


def test_the_holdout_is_asked_of_the_same_artifact_and_kept_shut(target: Stand) -> None:
    """A holdout trial keeps no output, and the candidate still gets its value."""
    code = f"import os\nprint('SEES', sorted(os.listdir('.')))\n{HONEST_END}"
    found = target.measure(target.commit({"train.py": code}), stage=Stage.HOLDOUT)
    assert found.trial is not None and found.trial.log == "" and found.trial.value == pytest.approx(HONEST)


def test_a_failing_holdout_reveals_nothing_of_what_it_saw(tmp_path: Path) -> None:
    """With one command the candidate runs on the sealed data: its output when it fails there is not passed on."""
    program = """---
metric: {name: loss, direction: minimize}
measure: python3 train.py
holdout: python3 train.py sealed.txt
editable: [train.py]
hidden: [sealed.txt]
---
"""
    with stand(tmp_path, program, {"train.py": "print('METRIC loss=1')\n", "sealed.txt": MARK}) as made:
        leaking = "import sys\nif sys.argv[1:]: raise ValueError(open(sys.argv[1]).read())\nprint('METRIC loss=0')\n"
        found = made.measure(made.commit({"train.py": leaking}), stage=Stage.HOLDOUT)
    assert found.trial is not None and found.trial.fault is Fault.EXIT
    assert (found.trial.reason, found.trial.log) == ("", "")
