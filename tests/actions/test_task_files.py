"""Requests from texts, options and task files: their titles, their order, and mistakes with file, line, key and fix."""

from pathlib import Path

import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import git, repository_of

from overnight.actions.asking.requests import Options, ask_all, read_tasks, tokens_of, wanted_of
from overnight.actions.asking.schema import ActionBudgetKeys
from overnight.actions.asking.tasks import LONGEST, LONGEST_TITLE, Task, parse_task, task_of, title_of
from overnight.actions.charter import ActionBudget, Request
from overnight.actions.events import Judged, Planned, Word
from overnight.actions.findings import Plan, TurnOutcome
from overnight.actions.record import ActionRecord
from overnight.actions.state import Board
from overnight.errors import ProgramError, UserError
from overnight.words.scrubber import Scrubber

TASK = """\
---
repo: ../r
checks: sh check.sh
budget: {tokens: 300k}
after: [models.md, 2]
show: sh show.sh
plan: false
refactoring: true
measure: true
---
# Export as CSV

Users export their data.
"""


def files(folder: Path, texts: dict[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [folder / name for name in texts]


def refused(folder: Path, texts: dict[str, str], board: Board | None = None) -> str:
    with pytest.raises(UserError) as error:
        wanted_of(read_tasks(files(folder, texts)), Options(), board=board or Board(), here=folder)
    return str(error.value)


def test_every_key_of_a_file_is_taken_up() -> None:
    """The text below is the request, and its heading the title."""
    task = parse_task(TASK, "t.md")
    assert (task.title, task.text) == ("Export as CSV", "# Export as CSV\n\nUsers export their data.")
    assert (task.repo, task.checks, task.after, task.show) == ("../r", ("sh check.sh",), ("models.md", 2), "sh show.sh")
    assert task.budget == ActionBudgetKeys(tokens=300_000)
    assert (task.plan, task.refactoring, task.measure) == (False, True, True)


def test_a_file_without_front_matter_is_only_text() -> None:
    """Whatever it says."""
    assert parse_task("Plan: add a line\n", "t.md").title == "Plan: add a line"
    assert parse_task("\ufeffAdd a line", "t.md") == Task(path="t.md", title="Add a line", text="Add a line")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("## Export as CSV ##\n\nmore", "Export as CSV"),
        ("\n---\n\n* **Add** a line", "Add** a line"),
        ("a\tb  c", "a b c"),
        ("###", "###"),
        ("x" * 200, "x" * 71 + "…"),
        ("word " * 40, "word " * 13 + "word…"),
        ("one\x1b[31mtwo", "one\\x1b[31mtwo"),
    ],
)
def test_a_title_is_one_printable_line(text: str, title: str) -> None:
    """The first line that says something, without marks of Markdown, shortened at a word."""
    assert title_of(text) == title


def test_what_nobody_sees_is_made_visible() -> None:
    """An agent would read it all the same; a pasted space that does not break is a space."""
    assert task_of("a\u00a0b\u202ec\r\nd").text == "a b\\u202ec\nd"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nrepos: x\n---\nA\n", "t.md:2: repos: unknown key; did you mean `repo`?"),
        ("---\nbudget: {tokens: many}\n---\nA\n", "t.md:2: budget.tokens: must be a whole number"),
        ("---\nafter: [true]\n---\nA\n", "t.md:2: after[0]: must be the name of a file or the number of an action"),
        ("---\nafter: [0]\n---\nA\n", "t.md:2: after[0]"),
        ("---\nplan: maybe\n---\nA\n", "t.md:2: plan: "),
        ("---\nplan: true\n---\n \n", "t.md: asks for nothing; write what is to be done"),
        ("after: [a.md]\n\nA\n", "t.md:1: after: no front matter, but a key; put `---` above the keys and below them"),
        ("x" * (LONGEST + 1), "t.md: longer than 100,000 characters; shorten it, or commit a file"),
    ],
)
def test_a_mistake_in_a_file_names_its_place_and_its_fix(text: str, message: str) -> None:
    """As those of actions.md do."""
    with pytest.raises(ProgramError) as error:
        parse_task(text, "t.md")
    assert message in str(error.value)


def test_tasks_come_after_those_that_they_name(tmp_path: Path) -> None:
    """By name, with or without suffix, or by path; the rest stays as it was given. Numbers are those of the board."""
    top = str(repository_of(tmp_path / "r", {"a": ""}).toplevel)
    texts = {
        "a.md": "---\nafter: [c, ./b.md]\n---\nA",
        "b.md": "B",
        "c.md": "---\nafter: b.md\nrepo: ../r\n---\nC",
        "d.md": "---\nafter: 1\n---\nD",
    }
    with ActionRecord(tmp_path / "state") as record:
        record.ask(Request(repo=top, title="first", text="first"))
        tasks = read_tasks([*files(tmp_path / "tasks", texts), tmp_path / "tasks" / "b.md"])
        wanted = wanted_of(tasks, Options(repo=tmp_path / "r"), board=record.board(), here=tmp_path)
        assert ask_all(record, wanted) == [2, 3, 4, 5]
        asked = record.board().actions
    assert [(asked[number].request.title, tuple(asked[number].request.after)) for number in (2, 3, 4, 5)] == [
        ("B", ()),
        ("C", (2,)),
        ("A", (2, 3)),
        ("D", (1,)),
    ]
    assert {action.request.repo for action in asked.values()} == {top}


def test_whatever_names_what_each_comes_after_those_that_it_names(tmp_path: Path) -> None:
    """Or the tasks that go round in a circle are an error; nothing is lost or asked for twice."""
    repository_of(tmp_path, {"a": ""})

    @settings(deadline=None, max_examples=scaled(25))
    @given(st.lists(st.lists(st.integers(0, 5), max_size=3, unique=True), min_size=1, max_size=6))
    def holds(before: list[list[int]]) -> None:
        tasks = [
            Task(path=f"{index}.md", title=str(index), text="x", after=[f"{each}.md" for each in others], after_lines=[1, 2, 3])
            for index, others in enumerate(before)
        ]
        try:
            wanted = wanted_of(tasks, Options(), board=Board(), here=tmp_path)
        except UserError:
            assert any(
                each >= len(before) or reaches(before, each, index) for index in range(len(before)) for each in before[index]
            )
            return
        order = [int(each.request.title) for each in wanted]
        assert sorted(order) == list(range(len(before)))
        for place, each in enumerate(wanted):
            assert sorted(order[index] for index in each.after) == sorted(before[order[place]])
            assert all(index < place for index in each.after)

    holds()


def reaches(before: list[list[int]], start: int, goal: int) -> bool:
    """Whether one comes after the other, over any number of steps."""
    seen, waiting = set[int](), [start]
    while waiting:
        at = waiting.pop()
        if at not in seen and at < len(before):
            seen.add(at)
            waiting += before[at]
    return goal in seen


def test_secrets_are_not_recorded(tmp_path: Path) -> None:
    """Neither in the text, nor in its title, nor in commands."""
    top = str(repository_of(tmp_path / "r", {"a": ""}).toplevel)
    key = "sk-ant-api03-" + "aB3dE5fG7h" * 9
    options = Options(repo=Path(top), checks=[f"KEY={key} sh a"], show=f"echo {key}")
    with ActionRecord(tmp_path / "state") as record:
        ask_all(record, wanted_of([task_of(f"Use {key}")], options, board=Board(), here=tmp_path, scrubber=Scrubber()))
        request = record.board().actions[1].request
    assert key not in repr(request) and request.title.startswith("Use ")


def test_what_a_task_comes_after_must_be_there(tmp_path: Path) -> None:
    """A file that is given too, and only one; an action that is on the board, and not dropped."""
    repository_of(tmp_path, {"a": ""})
    with ActionRecord(tmp_path / "state") as record:
        record.ask(Request(repo=str(tmp_path), title="x", text="x"))
        board = record.append(Judged(action=1, word=Word.DROP))
    after = "---\nplan: true\nafter: [{}]\n---\nA".format
    here = tmp_path / "t"
    assert "a.md:3: after[0]: no file `b.md` is among those given" in refused(here, {"a.md": after("b.md")})
    assert "after[0]: it would come after itself" in refused(here, {"a.md": after("a")})
    assert "after[0]: there is no action 7; `overnight board`" in refused(here, {"a.md": after("7")})
    assert "after[0]: action 1 was dropped" in refused(here, {"a.md": after("1")}, board)
    assert "`b` names several files: " in refused(here, {"a.md": after("b"), "b.md": "B", "b.txt": "B"})


def test_nothing_comes_after_a_task_of_which_a_part_was_dropped(tmp_path: Path) -> None:
    """As after one that was dropped itself; it may as long as all parts can still be merged."""
    repository_of(tmp_path, {"a": ""})
    request = Request(repo=str(tmp_path), title="x", text="x")
    with ActionRecord(tmp_path / "state") as record:
        record.ask(request)
        record.split(Planned(action=1, plan=Plan(split=("a", "b")), outcome=TurnOutcome(text="")), [request, request])
        options = Options(after=(1,))
        assert wanted_of([task_of("x")], options, board=record.board(), here=tmp_path)[0].request.after == (1,)
        board = record.append(Judged(action=3, word=Word.DROP))
    with pytest.raises(UserError, match="action 1 was split, and a part of it was dropped, so nothing comes after it"):
        wanted_of([task_of("x")], options, board=board, here=tmp_path)


def test_checkouts_of_one_repository_share_a_queue(tmp_path: Path) -> None:
    """A linked worktree is another folder, and results from there go onto the same trunk."""
    top = repository_of(tmp_path / "r", {"a": ""}).toplevel
    git(top, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    folders = (top, tmp_path / "linked")
    found = [wanted_of([task_of("x")], Options(repo=each), board=Board(), here=tmp_path)[0].request for each in folders]
    assert [each.repo for each in found] == [*map(str, folders)]
    assert found[0].queue == found[1].queue == str(top / ".git")


def test_a_cycle_is_named(tmp_path: Path) -> None:
    """By its files alone."""
    repository_of(tmp_path, {"a": ""})
    after = "---\nafter: [{}]\n---\nA".format
    texts = {"a.md": after("b"), "b.md": after("c"), "c.md": after("b"), "d.md": "D"}
    names = [str(tmp_path / "t" / name) for name in ("b.md", "c.md", "b.md")]
    assert f"these tasks come after each other: {' after '.join(names)}; delete one" in refused(tmp_path / "t", texts)


def test_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    """Each on a line, with its fix."""
    folder = tmp_path / "t"
    good = files(folder, {"a.md": "A", "large.md": "x" * 600_000})
    (folder / "latin.md").write_bytes(b"line\ncaf\xe9\n")
    (folder / "link.md").symlink_to(folder / "a.md")
    with pytest.raises(UserError) as error:
        read_tasks([*good, folder / "latin.md", folder / "link.md", folder, folder / "none.md"])
    large, latin, link, whole, none = str(error.value).splitlines()
    assert "large.md: larger than" in large and "latin.md:2: not UTF-8; save it as UTF-8" in latin
    assert "link.md: cannot be read: it is a link" in link and f"is a folder; name its files: {folder}/*.md" in whole
    assert "none.md: cannot be read: no such file" in none


def test_a_repository_that_cannot_be_worked_on_is_named(tmp_path: Path) -> None:
    """Before anything is asked for; also if its actions.md has mistakes."""
    folder = tmp_path / "t"
    assert "a.md: repo: there is no folder" in refused(folder, {"a.md": "---\nrepo: ../none\n---\nA"})
    assert "git" in refused(folder, {"a.md": "A"})
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "-q")
    assert "no readable commit at HEAD; commit the files" in refused(folder, {"a.md": "---\nrepo: ../empty\n---\nA"})
    git(tmp_path / "empty", "init", "-q", "--bare", "bare")
    assert "is a bare repository" in refused(folder, {"a.md": "---\nrepo: ../empty/bare\n---\nA"})
    repository_of(tmp_path / "r", {"actions.md": "---\nchekcs: [x]\n---\n"})
    assert "actions.md:2: chekcs: unknown key" in refused(folder, {"a.md": "---\nrepo: ../r\n---\nA"})


def test_options_say_what_a_file_does_not(tmp_path: Path) -> None:
    """What is left out of a budget is the repository's."""
    rules = "---\nbudget: {tokens: 5k, turns: 3}\nenv: {API_TOKEN: 0123456789abcdef0123}\n---\n"
    repository = repository_of(tmp_path, {"actions.md": rules, "sub/a": ""})
    (tmp_path / "actions.md").write_text("changed")
    options = Options(repo=tmp_path / "sub", budget=ActionBudgetKeys(tokens=tokens_of("300k")), plan=True, show="x")
    first, second = wanted_of(
        [task_of("A"), parse_task("---\nbudget: {cost_usd: 1}\nplan: false\n---\nB", "b.md")],
        options,
        board=Board(),
        here=tmp_path,
    )
    assert first.request.repo == str(repository.toplevel)
    assert first.request.budget == ActionBudget(tokens=300_000, turns=3)
    assert second.request.budget == ActionBudget(tokens=5_000, cost_usd=1.0, turns=3)
    changed, secret = first.notes
    assert changed == f"{tmp_path}/actions.md is not committed as it is: actions go by the committed one"
    assert secret.startswith("actions.md: env.API_TOKEN looks like a secret")
    assert (first.request.plan, second.request.plan, second.request.show) == (True, False, "x")


@pytest.mark.parametrize("text", ["many", "0", "-3", "1.5", ""])
def test_a_limit_of_tokens_is_a_count(text: str) -> None:
    """One line, with how to write it."""
    with pytest.raises(UserError, match="the limit of tokens"):
        tokens_of(text)


@settings(deadline=None, max_examples=scaled(60))
@given(
    st.text(max_size=80)
    | st.sampled_from(["repo", "after", "plan", "budget"]).flatmap(
        lambda k: st.text(max_size=20).map(lambda v: f"---\n{k}: {v}\n---\nA")
    )
)
def test_any_text_is_a_task_or_a_mistake(text: str) -> None:
    """No text makes the parser do anything else, and every title is short and printable."""
    try:
        task = parse_task(text, "t.md")
    except ProgramError as error:
        assert str(error).startswith("t.md")
    else:
        assert task.title.isprintable() and 0 < len(task.title) <= LONGEST_TITLE and task.text
