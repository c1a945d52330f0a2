"""What `overnight mcp` serves: the repository around its folder, also one that is made while it runs."""

from pathlib import Path

import pytest
from mcp_client import started
from targets import make_repo, run_here


def test_a_repository_that_comes_later_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent may begin in an empty folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "r"
    folder.mkdir()
    with started(folder) as (client, _):
        client.hello("another name")
        assert "overnight mcp --repo PATH" in client.call("stop", fails=True)["error"]
        make_repo(folder, "no program")
        while not (items := client.call("list", what="repositories")["items"]):
            client.call("wait", address="/home", timeout_s=1)
        assert [item["name"] for item in items] == ["r"]
        assert "no campaign" in client.call("stop", fails=True)["error"]


def test_a_folder_that_is_no_repository_is_refused_at_the_start(tmp_path: Path) -> None:
    """If it is named, in one line, before anything is read."""
    done = run_here(tmp_path, "mcp", "--repo", str(tmp_path / "none"))
    assert done.returncode == 2 and "none" in done.stderr and done.stdout == ""
