"""What goes wrong under stress elsewhere: one bad proposal among good ones harms nobody but itself."""

import random
from pathlib import Path

import pytest
from processes import gone
from targets import make_repo, overnight, program, read_json

GOOD = ("OFFSET = 5.0", "OFFSET = 4.0")
LATER = ("OFFSET = 4.0", "OFFSET = 3.0")
TOP = "import random\n"


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("loops for ever", "while True: pass", "of 3 s"),
        ("raises", "raise ValueError('no')", "exit code 1"),
        ("leaves early", "import os; os._exit(0)", "METRIC loss="),
        ("prints a number beyond all", "print('METRIC loss=-8e307'); raise SystemExit", "farther from 0"),
        ("takes 30 GB", "x = bytearray(30 * 10**9)", ""),
        ("leaves a child behind", "import subprocess; subprocess.Popen(['sleep', '4321.5']); 1 / 0", "exit code 1"),
        ("writes outside its folder", "open('/usr/evil', 'w')", "exit code 1"),
    ],
)
def test_a_bad_proposal_is_one_crash(tmp_path: Path, name: str, code: str, told: str) -> None:
    """The bad proposal ends at its limit with its reason; those around it are kept."""
    bad = (TOP, f"{code}\n{TOP}")
    text = program(GOOD, bad, LATER).replace("limits: {wall: 10s, memory: 500MB}", "limits: {wall: 3s, memory: 100MB}")
    repo = make_repo(tmp_path / "r", text)
    overnight(repo, "run", "--no-report", check=0)
    log = {e["number"]: e["conclusion"] for e in read_json(repo, "log")["experiments"]}
    assert [log[n]["verdict"] for n in (1, 2, 3)] == ["keep", "crash", "keep"]
    assert told in log[2]["reason"]
    assert gone("4321.5")


def test_no_ops_on_a_noisy_target_keep_nothing(tmp_path: Path) -> None:
    """Twenty changes that change nothing, on a noisy metric: none is kept."""
    edits = [("SCALE = 1.0", "SCALE = 2.0"), *((TOP, f"{TOP}NOTE = {n}\n") for n in range(20))]
    repo = make_repo(tmp_path / "r", program(*edits), noise=0.5)
    overnight(repo, "run", "--no-report", check=1)
    status = read_json(repo, "status")
    assert (status["kept"], status["experiments"]) == (0, 21)


def test_a_change_of_the_seed_is_no_progress(tmp_path: Path) -> None:
    """A fixed seed is rejected unmeasured; in disguise it is measured and refused, however lucky it is."""
    seeded = ("rng = random.Random(int(sys.argv[1]))", "rng = random.Random(7)")
    lucky = min(range(100), key=lambda seed: random.Random(seed).gauss(0, 1))
    disguised = ("random.Random(int(sys.argv[1]))\n", f"random.Random(int(sys.argv[1]))\nrng.__init__({lucky})\n")
    repo = make_repo(tmp_path / "r", program(seeded, disguised), noise=0.5)
    overnight(repo, "run", "--no-report", check=1)
    told = {experiment["number"]: experiment["conclusion"] for experiment in read_json(repo, "log")["experiments"]}
    assert (told[1]["verdict"], told[2]["verdict"]) == ("reject", "discard")
    assert "a lucky seed that is fixed" in told[2]["reason"]


def test_the_scorer_cannot_be_patched(tmp_path: Path) -> None:
    """A proposal that edits a frozen file never runs."""
    text = (
        program(GOOD)
        .replace("- [train.py, ", "- [score.py, ")
        .replace("OFFSET = 5.0", "honest")
        .replace("OFFSET = 4.0", "hacked")
    )
    repo = make_repo(tmp_path / "r", text, files={"score.py": "# honest\n"})
    overnight(repo, "run", "--no-report", check=1)
    conclusion = read_json(repo, "log")["experiments"][0]["conclusion"]
    assert conclusion["verdict"] == "reject" and "score.py" in conclusion["reason"]
    assert read_json(repo, "status")["trials"] == 3


def test_every_score_is_bound_to_its_tree(tmp_path: Path) -> None:
    """Each trial names the digest of the tree that ran; baseline and candidate never share one."""
    repo = make_repo(tmp_path / "r", program(GOOD), noise=0.01)
    overnight(repo, "run", "--no-report", check=0)
    shown = read_json(repo, "show", "1")
    trees = {arm: {t["tree"] for t in shown["trials"] if t["key"]["arm"] == arm} for arm in ("baseline", "candidate")}
    assert trees["candidate"] == {shown["experiment"]["tree"]}
    assert trees["baseline"] == {shown["experiment"]["base"]}
