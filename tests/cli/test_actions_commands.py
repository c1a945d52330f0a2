"""Actions on the command line: ask, look at the board, read a result, judge it."""

import json
from pathlib import Path

import pytest
from action_records import keep, keep_waiting, made_in, shop
from agent_settings import forget_settings, provide
from scripted_models import ScriptedModels
from targets import git, overnight, read_json, run_here
from test_json_page import fits

from overnight.actions.events import Asked, Waiting
from overnight.actions.record import ActionRecord
from overnight.cli.json_page import SHAPES


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return shop(tmp_path / "shop")


def asked() -> Asked:
    """The newest request in the record."""
    with ActionRecord() as record:
        return next(entry.event for entry in reversed(list(record.store.events())) if isinstance(entry.event, Asked))


def test_without_actions_the_board_says_what_to_type(repo: Path) -> None:
    """And nothing is written by looking."""
    assert 'overnight do "' in overnight(repo, "board", check=0).stdout
    assert (
        overnight(repo, "review", check=2).stderr == 'error: no result waits for you; ask for something: overnight do "..."\n'
    )
    assert not (repo.parent / "state" / "overnight" / "actions").exists()


def test_do_queues_a_request(repo: Path) -> None:
    """With its title, its budget and what it comes after, from anywhere; nothing of the checkout is touched."""
    before = git(repo, "status", "--porcelain"), git(repo, "rev-parse", "HEAD")
    found = json.loads(overnight(repo, "do", "# Export\n\nas CSV", "--tokens", "300k", "--later", "--json", check=0).stdout)
    assert fits(found, SHAPES["do TEXT"]) and [(each["number"], each["title"]) for each in found["actions"]] == [(1, "Export")]
    assert (found["process"], found["notes"]) == (None, [])
    request = asked().request
    assert request.text == "# Export\n\nas CSV" and request.budget is not None and request.budget.tokens == 300_000
    options = ("--later", "--repo", "shop", "--after", "1", "--no-plan", "--branch", "made", "--check", "true")
    assert "nobody runs the board: overnight work-on" in overnight(repo.parent, "do", "Then import", *options, check=0).stdout
    request = asked().request
    assert (request.repo, list(request.after), request.plan, list(request.checks)) == (str(repo), [1], False, ["true"])
    assert request.commit == git(repo, "rev-parse", "made")
    page = read_json(repo, "board")
    assert fits(page, SHAPES["board"]) and [line["number"] for line in page["waiting"]] == [1, 2]
    assert (git(repo, "status", "--porcelain"), git(repo, "rev-parse", "HEAD")) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["do", "x", "--repo", "nowhere"], "there is no folder"),
        (["do", "x", "--repo", ".."], "git"),
        (["do", "--init", "--repo", ".."], "/.. is not in a git repository; git init, then commit your files"),
        (["do", " \n"], "nothing is asked for"),
        (["do", "x", "--after", "7"], "there is no action 7"),
        (["do", "x", "--branch", "nowhere"], "there is no branch or commit `nowhere`"),
        (["do", "x", "--tokens", "many"], "the limit of tokens must be a"),
        (["do", "x", "-f"], "x: cannot be read: no such file or directory"),
        (["do", "x", "--yes"], "--yes and --sandbox can only be used with --init"),
        (["review", "7"], "there is no action 7; `overnight board` lists them"),
        (["accept", "7", "abcdefg"], "there is no action 7"),
        (["send", "back", "7", "x"], "there is no action 7"),
        (["drop", "7"], "there is no action 7"),
    ],
)
def test_a_mistake_is_a_line_with_its_fix(repo: Path, words: list[str], said: str) -> None:
    """And nothing is recorded."""
    done = overnight(repo, *words, check=2)
    assert said in done.stderr and "Traceback" not in done.stderr
    assert read_json(repo, "board")["total"] == 0


def test_without_a_model_nothing_is_queued(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake comes at once, with its fix; a branch that is there already needs no coder, and a reviewer is only missed."""
    git(repo, "rm", "-q", "actions.md")
    git(repo, "commit", "-qm", "No rules")
    done = overnight(repo, "do", "x", "--later", check=2)
    assert "nobody can code here: no provider of models is set up; set " in done.stderr
    assert done.stderr.endswith("or name a command of yours as the coder in actions.md\n")
    assert "nobody can code here" in run_here(repo, "--as", "agent:claude", "do", "x").stderr, "no approval is asked for"
    overnight(repo, "do", "--branch", "made", "--later", check=0)
    assert asked().request.title == "Merge made"
    (repo / "actions.md").write_text("---\nroles: [{role: coder, use: command, command: 'true'}]\n---\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "A coder")
    assert "note: nobody can review here: no provider" in overnight(repo, "do", "x", "--later", check=0).stderr


def test_a_model_that_nobody_names_is_a_mistake_at_once(
    repo: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """With a key alone no server would answer: the fix says where to name one, and which there are; then it is queued."""
    forget_settings(repo.parent, monkeypatch)
    provide(repo.parent, monkeypatch, models.url("ok"))
    git(repo, "rm", "-q", "actions.md")
    git(repo, "commit", "-qm", "No rules")
    said = overnight(repo, "do", "x", "--later", check=2).stderr
    assert said.startswith("error: nobody can code here: no model is named for p; write `roles: [{role: coder, use: agent, ")
    assert "in actions.md and commit it" in said and said.endswith(": it has scripted\n")
    (repo / "actions.md").write_text("---\nroles: [{role: coder, use: agent, model: m1}]\n---\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "A model")
    assert overnight(repo, "do", "x", "--later", check=0).stderr == "", "the coder's model also reviews"


def test_who_asks_hears_that_nothing_new_begins(repo: Path) -> None:
    """As many results wait as may: the person is the one to act, and another board would do nothing."""
    keep_waiting(repo, 1, 2, 3)
    assert overnight(repo, "do", "x", "--later", check=0).stderr == ""
    keep_waiting(repo, 5)
    done = overnight(repo, "do", "y", "--later", check=0)
    assert done.stderr == "note: nothing new begins while 4 results wait for you: overnight review\n"
    board = overnight(repo, "board", check=0).stdout
    assert "next: overnight review" in board and "overnight work-on" not in board


def test_task_files_are_asked_for_together(repo: Path) -> None:
    """Each after those that it names, whatever their order; a mistake names the file and the line, and asks for nothing."""
    (repo / "b.md").write_text("---\nafter: [a]\ntokens: 1\n---\nThen B\n")
    (repo / "a.md").write_text("First A\n")
    assert "b.md:3: tokens: " in overnight(repo, "do", "--later", "-f", "b.md", "a.md", check=2).stderr
    (repo / "b.md").write_text("---\nafter: [a]\n---\nThen B\n")
    done = overnight(repo, "do", "--later", "-f", "b.md", "a.md", check=0)
    (repo / "c.md").write_text("Use sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa here\n")
    overnight(repo, "do", "--later", "-f", "c.md", check=0)
    assert "aaaaaaaa" not in asked().request.text + asked().request.title, "no secret is kept"
    assert done.stdout.startswith(f"#1 First A: queued, in {repo}\n#2 Then B: queued, in {repo}, after #1\n")


def test_a_result_is_read_without_a_terminal(repo: Path) -> None:
    """As Markdown with the diff last, or as JSON; the one that waits longest by default."""
    commit = keep_waiting(repo, 1, 2)
    text = overnight(repo, "review", check=0).stdout
    assert text.startswith("# \\#1 Action 1") and "+    return 'id,name'" in text
    assert f"overnight accept 1 {commit[:12]}" in text.splitlines()[-3]
    found = read_json(repo, "result", "2")
    assert fits(found, SHAPES["result N"]) and found == read_json(repo, "review", "2")
    assert [(part["part"], part["added"]) for part in found["parts"]] == [("code", 2), ("tests", 2)]
    assert found["lines"] == 4 and found["trouble"] == ""


def test_the_first_screen_mentions_results_that_wait(repo: Path) -> None:
    """And says nothing while none does."""
    assert "wait" not in overnight(repo, check=0).stdout
    keep_waiting(repo, 1, 2)
    assert overnight(repo, check=0).stdout.endswith("2 results of actions wait for you: overnight review\n")


def test_a_result_is_accepted_at_the_commit_that_was_read(repo: Path) -> None:
    """Another one is refused, and so is a second word."""
    commit = keep_waiting(repo, 1)
    for stale in ("0" * 40, commit[:6], ""):
        done = overnight(repo, "accept", "1", stale, check=2)
        assert "read it again: overnight review 1" in done.stderr
    assert overnight(repo, "accept", "1", commit[:7], check=0).stdout.startswith("accepted #1")
    assert "does not wait for you: it is merging" in overnight(repo, "accept", "1", commit[:7], check=2).stderr
    found = read_json(repo, "result", "1")
    assert [(each["word"], each["commit"], each["by"]) for each in found["judgements"]] == [
        ("accept", commit, "owner:terminal")
    ]


def test_what_has_no_commit_cannot_be_accepted(repo: Path) -> None:
    """It can be sent back or dropped."""
    keep(*made_in(repo, 1)[:3], Waiting(action=1, why="the coder ended without a change"))
    assert "nothing to accept: the coder ended without a change" in overnight(repo, "accept", "1", "abcdefg", check=2).stderr
    assert (
        "says nothing" in overnight(repo, "send", "back", "1", " ").stderr
        or overnight(repo, "send", "back", "1", " ").returncode == 2
    )
    done = overnight(repo, "send", "back", "1", "decide yourself", check=0)
    assert done.stdout == "sent #1 back: is being coded; nobody runs the board: overnight work-on\n"
    assert read_json(repo, "board")["flowing"][0]["doing"] == "nobody runs the board"


def test_a_dropped_action_has_ended(repo: Path) -> None:
    """With its reason; nothing more can be said about it."""
    commit = keep_waiting(repo, 1)
    overnight(repo, "drop", "1", "--reason", "not wanted", check=0)
    page = read_json(repo, "board")
    assert (page["needs_you"], page["ended"][0]["doing"]) == ([], "dropped: not wanted")
    for words in (("drop", "1"), ("accept", "1", commit), ("send", "back", "1", "x")):
        assert "action 1 has ended: dropped" in overnight(repo, *words, check=2).stderr


def test_an_agent_s_word_is_the_owner_s_to_give(repo: Path) -> None:
    """It may look; asking, accepting, sending back and dropping need an approval, which is bound to the commit."""
    commit = keep_waiting(repo, 1)
    agent = ("--as", "agent:claude")
    assert run_here(repo, *agent, "board").returncode == 0 and run_here(repo, *agent, "review").returncode == 0
    for words in (("do", "x", "--later"), ("accept", "1", commit), ("send", "back", "1", "x")):
        assert "needs the owner's approval" in run_here(repo, *agent, *words).stderr
    pending = read_json(repo, "approvals")["pending"]
    assert [each["tells"] for each in pending[1:]] == ["#1 Action 1 (shop): no test shows the change; 1.5 k tokens"] * 2
    assert pending[0]["tells"] == f"agents would work on {repo}, with as many tokens as its actions.md allows: x"
    assert "is for the owner alone" in run_here(repo, *agent, "work-on").stderr
    overnight(repo, "approve", str(pending[1]["number"]), check=0)
    assert run_here(repo, *agent, "accept", "1", commit).stdout.startswith("accepted #1")
    assert read_json(repo, "result", "1")["judgements"][0]["by"] == "agent:claude"


def test_a_stale_commit_is_not_even_asked_about(repo: Path) -> None:
    """So that the owner reads no question that cannot be answered well."""
    keep_waiting(repo, 1)
    assert "read it again" in run_here(repo, "--as", "agent:claude", "accept", "1", "0" * 12).stderr
    assert read_json(repo, "approvals")["pending"] == []


def test_an_agent_takes_back_what_it_asked_for(repo: Path) -> None:
    """As long as nobody has worked on it; what others asked for stays theirs."""
    agent = ("--as", "agent:claude")
    run_here(repo, *agent, "do", "x", "--later")
    overnight(repo, "approve", str(read_json(repo, "approvals")["pending"][0]["number"]), check=0)
    assert run_here(repo, *agent, "do", "x", "--later").returncode == 0
    overnight(repo, "do", "y", "--later", check=0)
    assert "needs the owner's approval" in run_here(repo, *agent, "drop", "2").stderr
    assert run_here(repo, *agent, "drop", "1").stdout == "dropped #1\n"


def test_a_repository_that_is_gone_is_named(repo: Path) -> None:
    """The rest of the result is still there."""
    keep_waiting(repo, 1)
    repo.rename(repo.with_name("moved"))
    found = read_json(repo.parent, "result", "1")
    assert "its diff cannot be read: there is no folder" in found["trouble"] and found["claims"]
