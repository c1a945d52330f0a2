"""The refs of actions and those of campaigns do not meet."""

from pathlib import Path

from targets import make_repo, overnight, program


def test_no_campaign_is_called_actions(tmp_path: Path) -> None:
    """Its attempts would have the names of folders that actions keep theirs in."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    done = overnight(repo, "run", "--tag", "actions", check=2)
    assert "its refs and folder are those of actions; use another --tag" in done.stderr
