"""One real experiment through the real jail, git and ledger, from the command line."""

from pathlib import Path

import pytest
from targets import assert_verified, git, make_repo, overnight, program, read_json, run_apart

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
WORSE = ("OFFSET = 5.0", "OFFSET = 9.0")


def test_a_noisy_campaign_keeps_what_is_better_and_nothing_else(tmp_path: Path) -> None:
    """A real gain is screened, confirmed in pairs and kept; a loss and a no-op are discarded; everything is recorded."""
    repo = make_repo(tmp_path / "repo", program(WORSE, BETTER, ("SCALE = 1.0", "SCALE = 2.0")), noise=0.1)
    start = git(repo, "rev-parse", "HEAD")
    done = run_apart(repo, "run", "--tag", "t")
    assert done.returncode == 0 and "kept #2" in done.stdout, done.stderr

    status = read_json(repo, "status")
    assert (status["kept"], status["discarded"], status["crashed"], status["open"]) == (1, 2, 0, 0)
    keep = status["keeps"][0]
    assert keep["low"] == pytest.approx(2.0) == keep["high"], "pairs share their seed, and with it the noise"
    assert abs(status["head_value"] - 3.0) < 0.2

    assert git(repo, "rev-parse", "autoresearch/t") == status["head"] == keep["commit"]
    assert git(repo, "rev-parse", "autoresearch/t^") == start
    assert git(repo, "show", "autoresearch/t:train.py") == (repo / "train.py").read_text().strip().replace(*BETTER)
    assert len(git(repo, "for-each-ref", "refs/overnight/t").splitlines()) == 3

    shown = read_json(repo, "show", "2")
    confirmed = [t for t in shown["trials"] if t["key"]["stage"] == "confirm"]
    base, changed = (
        {t["key"]["index"]: t["seed"] for t in confirmed if t["key"]["arm"] == arm} for arm in ("baseline", "candidate")
    )
    pairs = base.keys() & changed.keys()  # one more may have begun when the verdict came
    assert len(pairs) >= 9 and all(base[index] == changed[index] for index in pairs)
    screened = {t["seed"] for t in shown["trials"] if t["key"]["stage"] == "screen"}
    assert not screened & set(changed.values()), "seeds of screening are never used again"
    assert "+OFFSET = 3.0" in shown["diff"] and shown["level"]["level"] > 0

    assert_verified(repo)
    rows = (repo / ".overnight/t/results.tsv").read_text().splitlines()
    assert rows[0].split("\t") == ["commit", "loss", "memory_gb", "status", "description"]
    assert [row.split("\t")[3] for row in rows[1:]].count("keep") == 2  # the baseline counts as one, as in other tools
    assert (repo / ".overnight/t/report.html").stat().st_size > 10_000
    assert (repo / ".overnight/t/progress.png").read_bytes().startswith(b"\x89PNG")


def test_a_deterministic_campaign_needs_one_trial_to_discard(tmp_path: Path) -> None:
    """If baseline trials are identical, an equal value is discarded after one trial and a better one is run twice."""
    repo = make_repo(tmp_path / "repo", program(("SCALE = 1.0", "SCALE = 3.0"), BETTER))
    overnight(repo, "run", "--no-report", check=0)
    log = {e["number"]: e for e in read_json(repo, "log")["experiments"]}
    assert [log[n]["conclusion"]["verdict"] for n in (1, 2)] == ["discard", "keep"]
    assert [log[n]["trials"] for n in (1, 2)] == [1, 2]


def test_the_checkout_is_never_touched(tmp_path: Path) -> None:
    """Dirty files, the index, the stash, HEAD and the user's branches stay byte for byte the same."""
    repo = make_repo(tmp_path / "repo", program(BETTER))
    (repo / "train.py").write_text("stashed")
    git(repo, "stash")
    (repo / "staged.txt").write_text("staged")
    git(repo, "add", "staged.txt")
    (repo / "train.py").write_text("dirty")
    kept = {name: (repo / ".git" / name).read_bytes() for name in ("index", "HEAD", "refs/heads/main", "refs/stash")}
    listing = git(repo, "status", "--porcelain")
    overnight(repo, "run", check=0)
    assert {name: (repo / ".git" / name).read_bytes() for name in kept} == kept
    assert (repo / "train.py").read_text() == "dirty"
    assert git(repo, "status", "--porcelain") == listing


def test_the_holdout_has_the_last_word(tmp_path: Path) -> None:
    """A change that wins in public but loses on the sealed holdout is discarded with that reason; its values stay sealed."""
    sealed_eval = {"holdout.py": "import train\nprint(f'METRIC loss={20 - train.OFFSET}')\n"}
    repo = make_repo(
        tmp_path / "repo",
        program(BETTER, front="holdout: python holdout.py {seed} | tail -1\nhidden: [holdout.py]"),
        files=sealed_eval,
    )
    overnight(repo, "run", "--no-report", check=1)
    shown = read_json(repo, "show", "1")
    assert shown["experiment"]["conclusion"]["verdict"] == "discard"
    assert "holdout" in shown["experiment"]["conclusion"]["reason"]
    sealed = [t for t in shown["trials"] if t["key"]["stage"] == "holdout"]
    assert sealed and all(t["value"] is None and not t["metrics"] for t in sealed)


def test_a_run_that_kept_nothing_does_not_exit_zero(tmp_path: Path) -> None:
    """Without a kept change the exit code is 1, and the output says so."""
    repo = make_repo(tmp_path / "repo", program(WORSE))
    done = overnight(repo, "run", "--no-report", check=1)
    assert "Nothing was kept" in done.stdout
