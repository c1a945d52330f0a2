"""`check` on programs that could never keep anything, and what it says about noise that hides gains."""

from pathlib import Path

from targets import git, make_repo, overnight, program, read_json

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")


def test_a_guard_on_a_metric_that_is_not_printed_is_a_mistake(tmp_path: Path) -> None:
    """No candidate could pass it; the error names what was measured, because the usual cause is a misspelt name."""
    repo = make_repo(tmp_path / "r", program(BETTER, front="guards: [los <= 9]"))
    said = overnight(repo, "check", check=2).stderr
    assert "guard los <= 9" in said and "nothing could ever be kept" in said
    assert "cpu_s" in said and "loss" in said and "`guards`" in said


def test_a_guard_that_the_baseline_breaks_is_reported(tmp_path: Path) -> None:
    """With the committed value, because it may be intended. A guard that holds is not mentioned."""
    repo = make_repo(tmp_path / "r", program(BETTER, front="guards: [loss <= 4, peak_memory_mb <= 400]"))
    [note] = [note for note in read_json(repo, "check")["notes"] if "guard" in note]
    assert "breaks the guard loss <= 4 itself: its value is 5;" in note


def test_a_cap_of_pairs_that_proves_nothing_is_reported(tmp_path: Path) -> None:
    """If no gain is large enough for it, `check` says so and how many pairs a keep takes."""
    repo = make_repo(tmp_path / "r", program(BETTER, front="gate: {max_pairs: 5}"), noise=0.1)
    found = read_json(repo, "check")
    assert found["smallest_effect"] is None and found["max_pairs"] == 5 < found["fewest_pairs"]
    shown = overnight(repo, "check", check=0).stdout
    assert "detectable  nothing: no gain can be proven within 5 pairs, however large" in shown
    assert f"the first keep needs at least {found['fewest_pairs']}" in shown and "max_pairs" in shown


def test_what_can_be_found_is_shown_as_an_estimate(tmp_path: Path) -> None:
    """Two digits, and that it is found four times out of five; nothing is shown without noise."""
    noisy = make_repo(tmp_path / "r", program(BETTER), noise=0.1)
    assert "is proven four times out of five" in overnight(noisy, "check", check=0).stdout
    assert "detectable" not in overnight(make_repo(tmp_path / "e", program(BETTER)), "check", check=0).stdout


def test_a_branch_in_the_way_is_found_before_a_night(tmp_path: Path) -> None:
    """A branch `autoresearch` and git's folder of that name cannot both be; the fix is a command."""
    repo = make_repo(tmp_path / "r", program(("5.0", "4.0")))
    git(repo, "branch", "autoresearch")
    said = overnight(repo, "check", check=2).stderr
    assert "error: the branch autoresearch is in the way" in said
    assert said.endswith("rename it: git branch -m autoresearch autoresearch-old\n")


def test_fewer_experiments_fit_where_the_tuner_searches(tmp_path: Path) -> None:
    """Most of its trials make no experiment, so the number for other researchers would mislead."""
    budget = "budget: {trials: 150}"
    other = make_repo(tmp_path / "o", program(BETTER, front=budget))
    fits = "budget      about 50 experiments would fit"
    assert fits in overnight(other, "check", check=0).stdout.splitlines()
    scripted = program(BETTER, front=budget)
    entry = scripted[scripted.index("  - role") : scripted.index(budget)]
    tuned = make_repo(tmp_path / "t", scripted.replace(entry, "  - {role: tuner, use: tuner}\n"))
    assert f"{fits}, fewer of the tuner: most of its trials search" in overnight(tuned, "check", check=0).stdout.splitlines()
