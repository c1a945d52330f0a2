"""Less code in a real campaign: kept if the program says so, and only then."""

from pathlib import Path

from targets import make_repo, overnight, program, read_json

DEAD_CODE = ("SCALE = 1.0\n", "")
SAME_SIZE = ("SCALE = 1.0", "SCALE = 2.0")


def test_dead_code_goes_and_an_equal_change_does_not(tmp_path: Path) -> None:
    """Only the proposal with less code is kept, and the ledger has its margin."""
    front = "gate: {keep_simpler: true}"
    repo = make_repo(tmp_path / "repo", program(SAME_SIZE, DEAD_CODE, front=front))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    experiments = {e["number"]: e["conclusion"] for e in read_json(repo, "log")["experiments"]}
    assert [experiments[number]["verdict"] for number in (1, 2)] == ["discard", "keep"]
    assert experiments[2]["margin"] is not None and experiments[2]["gain"] == 0.0
    overnight(repo, "verify", check=0)
    overnight(repo, "verify", "--receipt", "autoresearch/t", check=0)
    assert any("less code" in sentence for sentence in read_json(repo, "show", "2")["explanation"])


def test_nobody_asked_for_less_code(tmp_path: Path) -> None:
    """Without the key an equal metric is not better, however short the code."""
    repo = make_repo(tmp_path / "repo", program(DEAD_CODE))
    overnight(repo, "run", "--no-report", check=1)
    assert read_json(repo, "show", "1")["experiment"]["conclusion"]["verdict"] == "discard"
