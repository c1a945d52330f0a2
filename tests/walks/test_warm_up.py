"""If the metric is a time, a session begins with a trial that does not count."""

from pathlib import Path

import pytest
from targets import git, make_repo, overnight, program, read_json


@pytest.mark.parametrize(("metric", "extra"), [("latency_ms", 1), ("loss", 0)])
def test_a_session_of_timings_is_warmed_up(tmp_path: Path, metric: str, extra: int) -> None:
    """For a timing, and only then, the command runs once more than there are recorded trials."""
    runs = tmp_path / "runs"
    text = program(("OFFSET = 5.0", "OFFSET = 9.0"), measure=f"echo . >> {runs} && python train.py {{seed}}")
    repo = make_repo(tmp_path / "repo", text.replace("name: loss", f"name: {metric}"), noise=0.1)
    (repo / "train.py").write_text((repo / "train.py").read_text().replace("METRIC loss", f"METRIC {metric}"))
    git(repo, "commit", "-q", "-a", "--allow-empty", "-m", "named")
    overnight(repo, "run", "--sandbox", "process", "--no-report")
    assert len(runs.read_text().split()) == read_json(repo, "status")["trials"] + extra
