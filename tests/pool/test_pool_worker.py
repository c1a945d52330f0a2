"""A worker joins a hub, follows its chain, and sends what it has, over real HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pool_hubs import FILES, FRONT, TestHub, changed, serving
from targets import git, overnight

BETTER = FILES["train.py"].decode().replace("OFFSET = 5.0", "OFFSET = 4.0")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    """A hub without blocks."""
    with serving(TestHub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def joined(hub: TestHub, tmp_path: Path, name: str = "w") -> Path:
    """A folder that joined the hub."""
    overnight(tmp_path, "work", "join", hub.url, name, "--yes", check=0)
    return tmp_path / name


def test_what_would_run_is_shown_before_anything_is_written(hub: TestHub, tmp_path: Path) -> None:
    """Commands, limits, what may change, key and project; without an answer nothing is made."""
    done = overnight(tmp_path, "work", "join", hub.url, "w", check=2)
    for words in ("python train.py {seed}", hub.key.public, "a small loss", "train.py", "10.0 s a trial", "no network"):
        assert words in done.stdout
    assert "somebody has to agree" in done.stderr and not (tmp_path / "w").exists()


def test_two_workers_have_the_same_commits(hub: TestHub, tmp_path: Path) -> None:
    """The repository is made from contents alone: equal on all machines, with a commit for each entry."""
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
    one, other = joined(hub, tmp_path, "one"), joined(hub, tmp_path, "other")
    assert git(one, "rev-parse", "chain") == git(other, "rev-parse", "HEAD")
    assert git(one, "log", "--format=%s", "chain").splitlines() == ["block 1: better", "a small loss: the public tree"]
    assert (one / "train.py").read_text() == BETTER and (one / "README.md").read_bytes() == FILES["README.md"]
    assert git(one, "status", "--porcelain").splitlines() == ["?? program.md"]
    assert git(one, "fsck", "--strict") == ""


def test_a_submitted_commit_becomes_a_block_that_others_follow(hub: TestHub, tmp_path: Path) -> None:
    """It is committed to, revealed and judged; the next look brings the block to the checkout, and the status says so."""
    place = joined(hub, tmp_path)
    (place / "train.py").write_text(BETTER)
    git(place, "commit", "-q", "-am", "Lower the offset")
    done = overnight(place, "work", "submit", "HEAD", "--json", check=0)
    sent = json.loads(done.stdout)
    assert sent["state"] == "queued"
    hub.do(lambda: hub.accept(sent["submission"]))
    overnight(place, "work", "submit", "HEAD~0", check=0)  # the same commit: it only looks again
    [status] = json.loads(overnight(tmp_path, "work", "status", "--json", check=0).stdout)
    assert (status["entry"], status["accepted"], status["changes"][0]["block"]) == (1, 1, 1)
    assert git(place, "log", "-1", "--format=%s", "chain") == "block 1: better"
    assert git(place, "branch", "--list", "yours-*") != "", "what a person committed is kept"


def test_what_is_not_editable_is_not_sent(hub: TestHub, tmp_path: Path) -> None:
    """The scope of the program holds here already, in words."""
    place = joined(hub, tmp_path)
    (place / "README.md").write_text("mine")
    git(place, "commit", "-q", "-am", "Mine")
    done = overnight(place, "work", "submit", "HEAD", check=1)
    assert "dropped" in done.stdout and "`README.md` is not editable" in done.stdout
    assert not any("requests" in each for each in hub.asked)


def test_the_chain_that_moved_is_no_conflict_unless_it_is_one(hub: TestHub, tmp_path: Path) -> None:
    """A change is merged onto the newest entry; what a block changed otherwise is dropped with a word."""
    place = joined(hub, tmp_path)
    text = (place / "train.py").read_text()
    (place / "train.py").write_text(text.replace("SCALE = 1.0", "SCALE = 2.0"))
    git(place, "commit", "-q", "-am", "Scale")
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
    sent = json.loads(overnight(place, "work", "submit", "HEAD", "--json", check=0).stdout)
    files = {each.path: each.content for each in hub.do(lambda: hub.record.changes(sent["submission"]))}
    assert files == {"train.py": BETTER.replace("SCALE = 1.0", "SCALE = 2.0").encode()}
    git(place, "checkout", "-q", "-f", "-b", "again", "chain~1")
    (place / "train.py").write_text(text.replace("OFFSET = 5.0", "OFFSET = 3.0"))
    git(place, "commit", "-q", "-am", "Offset")
    said = overnight(place, "work", "submit", "HEAD", check=1).stdout
    assert "it conflicts with block 1, which changed train.py meanwhile" in said


def test_a_commit_on_top_of_one_that_became_a_block_is_no_conflict(hub: TestHub, tmp_path: Path) -> None:
    """A worker who went on before looking sends only what is new."""
    place = joined(hub, tmp_path)
    (place / "train.py").write_text(BETTER)
    git(place, "commit", "-q", "-am", "Lower the offset")
    first = json.loads(overnight(place, "work", "submit", "HEAD", "--json", check=0).stdout)
    hub.do(lambda: hub.accept(first["submission"]))
    text = BETTER.replace("OFFSET = 4.0", "OFFSET = 3.0")
    (place / "train.py").write_text(text)
    git(place, "commit", "-q", "-am", "Lower it again")
    second = json.loads(overnight(place, "work", "submit", "HEAD", "--json", check=0).stdout)
    assert second["state"] == "queued"
    sent = {each.path: each.content for each in hub.do(lambda: hub.record.changes(second["submission"]))}
    assert sent == {"train.py": text.encode()}


def test_a_new_worker_is_told_what_to_do(tmp_path: Path) -> None:
    """`overnight work` alone is a first screen; outside a worker's folder the error says how to join."""
    assert "overnight work join URL" in overnight(tmp_path, "work", check=0).stdout
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    done = overnight(tmp_path, "work", "run", "--hours", "1", check=2)
    assert "no hub is joined" in done.stderr and "overnight work join URL DIR" in done.stderr


def test_a_search_needs_limits(hub: TestHub, tmp_path: Path) -> None:
    """Hours always; tokens or money if a model may be asked."""
    place = joined(hub, tmp_path)
    assert "--hours" in overnight(place, "work", "run", check=2).stderr
    done = overnight(place, "work", "run", "--hours", "1", "--researcher", "agent", check=2)
    assert "add --tokens N or --cost USD" in done.stderr


def test_the_owner_s_limits_count(hub: TestHub, tmp_path: Path) -> None:
    """Whatever a hub asks for, a trial has no more than work.yaml gives, and the difference is said."""
    (tmp_path / "config/overnight").mkdir(parents=True)
    (tmp_path / "config/overnight/work.yaml").write_text("limits: {wall: 2s, memory: 100MB}\n")
    done = overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    assert "the hub asks for 10.0 s, you give 2.0 s" in done.stdout
    assert "wall: 2.0" in (tmp_path / "w/program.md").read_text()
    (tmp_path / "config/overnight/work.yaml").write_text("limits: {wal: 2s}\n")
    assert "work.yaml:1" in overnight(tmp_path, "work", "join", hub.url, "v", "--yes", check=2).stderr


def test_the_front_of_a_genesis_is_what_is_taken(hub: TestHub, tmp_path: Path) -> None:
    """`program.md` has what is allowed of it, and nothing of the founder's words is a heading of ours."""
    text = (joined(hub, tmp_path) / "program.md").read_text()
    for key in FRONT:
        assert f"\n{key}: " in text
    assert "network" not in text
