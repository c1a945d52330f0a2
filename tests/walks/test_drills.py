"""One bad proposal among good ones harms no other; the cases are failures seen elsewhere."""

import random
from pathlib import Path

import pytest
from processes import gone
from targets import assert_verified, make_repo, overnight, program, read_json

GOOD = ("OFFSET = 5.0", "OFFSET = 4.0")
LATER = ("OFFSET = 4.0", "OFFSET = 3.0")
TOP = "import random\n"


BAD = {  # a proposal: its code, the fault, and what its reason says
    "loops for ever": ("while True: pass", "limit", "ended after 3"),
    "raises": ("raise ValueError('no')", "exit", "exit code 1: ValueError: no"),
    "leaves early": ("import os; os._exit(0)", "metric", "METRIC loss="),
    "prints a number beyond all": ("print('METRIC loss=-8e307'); raise SystemExit", "metric", "farther from 0"),
    "takes 30 GB": ("x = [bytes([1]) * 10**6 for _ in range(30_000)]", "limit", "MB of 100 MB"),
    "leaves a child behind": (
        "import subprocess; subprocess.Popen(['sleep', '4321.5']); 1 / 0",
        "exit",
        "exit code 1: ZeroDivisionError",
    ),
    "writes outside its folder": ("open('/usr/evil', 'w')", "exit", "Read-only file system"),
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with each of the bad proposals between two good ones."""
    bad = [(TOP, f"{code}\n{TOP}") for code, _, _ in BAD.values()]
    limits = "limits: {wall: 3s, memory: 100MB}"
    text = program(GOOD, *bad, LATER).replace("limits: {wall: 10s, memory: 500MB}", limits)
    repo = make_repo(tmp_path_factory.mktemp("drills") / "r", text)
    overnight(repo, "run", "--no-report", check=0)
    return repo


@pytest.mark.parametrize("name", BAD)
def test_a_bad_proposal_is_one_crash(night: Path, name: str) -> None:
    """It ends after one trial with its reason, and no process of it is left."""
    _, fault, reason = BAD[name]
    shown = read_json(night, "show", str(list(BAD).index(name) + 2))
    conclusion, [trial] = shown["experiment"]["conclusion"], shown["trials"]
    assert conclusion["verdict"] == "crash" and reason in conclusion["reason"]
    assert (trial["fault"], trial["value"]) == (fault, None) and reason in trial["reason"]
    assert trial["peak_memory_bytes"] < 2 * 100 * 1000**2
    assert gone("4321.5")


def test_bad_proposals_harm_no_other(night: Path) -> None:
    """The good proposals before and after them are kept, each with two undisturbed trials."""
    good = {"1": 4.0, str(len(BAD) + 2): 3.0}
    for number, value in good.items():
        shown = read_json(night, "show", number)
        assert shown["experiment"]["conclusion"]["verdict"] == "keep"
        assert [(trial["fault"], trial["value"]) for trial in shown["trials"]] == [(None, value)] * 2
    status = read_json(night, "status")
    assert (status["kept"], status["crashed"]) == (len(good), len(BAD))
    assert_verified(night)


def test_no_ops_on_a_noisy_target_keep_nothing(tmp_path: Path) -> None:
    """Twenty changes that change nothing, on a noisy metric: none is kept."""
    edits = [("SCALE = 1.0", "SCALE = 2.0"), *((TOP, f"{TOP}NOTE = {n}\n") for n in range(20))]
    repo = make_repo(tmp_path / "r", program(*edits), noise=0.5)
    overnight(repo, "run", "--no-report", check=1)
    status = read_json(repo, "status")
    assert (status["kept"], status["experiments"]) == (0, 21)


def test_a_change_of_the_seed_is_no_progress(tmp_path: Path) -> None:
    """A fixed seed is rejected unmeasured; a disguised one is measured and refused, however lucky it is."""
    seeded = ("rng = random.Random(int(sys.argv[1]))", "rng = random.Random(7)")
    lucky = min(range(100), key=lambda seed: random.Random(seed).gauss(0, 1))
    disguised = ("random.Random(int(sys.argv[1]))\n", f"random.Random(int(sys.argv[1]))\nrng.__init__({lucky})\n")
    repo = make_repo(tmp_path / "r", program(seeded, disguised), noise=0.5)
    overnight(repo, "run", "--no-report", check=1)
    ended = {experiment["number"]: experiment["conclusion"] for experiment in read_json(repo, "log")["experiments"]}
    assert (ended[1]["verdict"], ended[2]["verdict"]) == ("reject", "discard")
    assert "with a fixed lucky seed" in ended[2]["reason"]


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
