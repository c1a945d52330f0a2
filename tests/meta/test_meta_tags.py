"""Campaigns and meta-campaigns of one repository: each command takes those of its own sort, lists show both."""

import shutil
from pathlib import Path

import pytest
from targets import copied, make_repo, overnight, program, read_json

EDIT = ("OFFSET = 5.0", "OFFSET = 3.0")


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a campaign `t`, and one whose folder has the name of a meta-campaign, begun later."""
    first = make_repo(tmp_path_factory.mktemp("tags") / "first", program(EDIT))
    overnight(first, "run", "--tag", "t", "--no-report", "--sandbox", "process", "--experiments", "1", check=0)
    shutil.copytree(first / ".overnight" / "t", first / ".overnight" / "meta-t")
    (first / ".overnight" / "meta-t" / "lock").touch()
    return copied(first, first.with_name("repo"))


def test_commands_take_the_newest_of_their_own_sort(repo: Path) -> None:
    """Without a tag; `status` and `log` never choose a meta-campaign, although it ran last."""
    assert overnight(repo, "status", check=0).stdout.count("meta-t") == 0
    assert "/meta-t" in str(read_json(repo, "meta", "status"))
    assert len(read_json(repo, "meta", "log")["experiments"]) == 1
    assert "experiment 1: keep" in overnight(repo, "meta", "show", "1", check=0).stdout
    assert {line["tag"] for line in read_json(repo, "campaigns")["campaigns"]} == {"t", "meta-t"}


def test_sessions_refuse_names_of_the_other_sort(repo: Path) -> None:
    """With what to type instead."""
    done = overnight(repo, "run", "--tag", "meta-t", check=2)
    assert "`meta-t` is the name of a meta-campaign; use `overnight meta run --tag meta-t`, or another name" in done.stderr
    assert "is the name of a meta-campaign" in overnight(repo, "up", "--repo", ".", "--tag", "meta-t", check=2).stderr
    for command in ("run", "status", "finalize"):
        done = overnight(repo, "meta", command, "--tag", "t", check=2)
        assert "`t` is no name of a meta-campaign; call it `meta-t`, or leave --tag out" in done.stderr


def test_without_a_campaign_the_other_sort_is_named(repo: Path, tmp_path: Path) -> None:
    """It is what the user may have meant."""
    alone = Path(shutil.copytree(repo, tmp_path / "alone"))
    shutil.rmtree(alone / ".overnight" / "t")
    done = overnight(alone, "status", check=2)
    assert "start one with `overnight run`; the meta-campaign `meta-t` has commands of its own, such as" in done.stderr
    assert "there are no two campaigns here to compare" in overnight(repo, "compare", check=2).stderr
