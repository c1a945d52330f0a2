"""`overnight idea`: a person's ideas reach the queue, and a note says if no researcher would read them."""

from pathlib import Path

import pytest
from targets import copied, make_repo, overnight, program, read_json


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign whose researcher is a script, which reads no ideas."""
    made = make_repo(tmp_path_factory.mktemp("idea") / "r", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    overnight(made, "run", "--tag", "t", "--no-report", check=0)
    return made


def test_an_idea_is_listed_as_open(repo: Path) -> None:
    """It has the person's words and its risk."""
    done = overnight(repo, "idea", "add", "clip the gradient (bold)", check=0)
    assert done.stdout == "added to the ideas of `t`: clip the gradient (bold)\n"
    assert [(one["text"], one["risk"]) for one in read_json(repo, "idea", "list")["open"]] == [("clip the gradient", "bold")]
    assert "clip the gradient (bold" in overnight(repo, "idea", "list", check=0).stdout


def test_it_is_said_that_nobody_reads_it(repo: Path) -> None:
    """The tuner and scripts do not read ideas: the fix names an agent."""
    assert "no researcher of program.md reads ideas" in overnight(repo, "idea", "add", "larger steps", check=0).stderr
    path = repo / "program.md"
    text = path.read_text()
    path.write_text(text.replace("  - role: script\n", "  - {role: explorer, use: agent}\n  - role: script\n"))
    assert overnight(repo, "idea", "add", "smaller steps", check=0).stderr == ""
    path.write_text(text)


def test_an_idea_without_words_is_refused(repo: Path) -> None:
    """The error says how to write one."""
    assert "the idea has no words" in overnight(repo, "idea", "add", "  ", check=2).stderr


def test_a_secret_in_an_idea_is_hidden(repo: Path) -> None:
    """The idea is added without it, and the second look finds it like that."""
    done = overnight(repo, "idea", "add", "momentum by sk-abcdef123456789012", check=0)
    assert done.stdout == "added to the ideas of `t`: momentum by [hidden]\n"


def test_an_idea_that_is_there_already_is_refused_at_once(repo: Path) -> None:
    """Even if the words differ slightly, and whether or not the campaign has read the first one; nothing is added."""
    overnight(repo, "idea", "add", "nesterov momentum", check=0)
    before = (repo / ".overnight" / "t" / "ideas.md").read_text()
    refused = overnight(repo, "idea", "add", "Try  Nesterov, momentum! (bold)", check=2)
    assert "not added to the ideas of `t`: nearly the same as idea #" in refused.stderr
    assert refused.stdout == ""
    assert (repo / ".overnight" / "t" / "ideas.md").read_text() == before


def test_an_idea_for_no_campaign_is_the_user_s_mistake(repo: Path) -> None:
    """A tag without a campaign is reported in one line, and no folder is created."""
    for arguments in (("add", "larger batches"), ("list",)):
        assert "start one with `overnight run`" in overnight(repo, "idea", *arguments, "--tag", "other", check=2).stderr
    assert not (repo / ".overnight" / "other").exists()


def test_nothing_that_is_appended_vanishes_below_what_is_done(repo: Path, tmp_path: Path) -> None:
    """By the command and by hand, while the campaign does not run: it is listed at once, and still is after a session."""
    made = copied(repo, tmp_path / "r")
    ideas = made / ".overnight" / "t" / "ideas.md"
    with ideas.open("a") as file:
        file.write("- [x] was tried elsewhere\n")
    overnight(made, "run", "--tag", "t", "--no-report")
    assert "## Done" in ideas.read_text()
    overnight(made, "idea", "add", "cosine decay", check=0)
    with ideas.open("a") as file:
        file.write("- [ ] label smoothing\nweight averaging\n")
    for _ in range(2):
        listed = [one["text"] for one in read_json(made, "idea", "list")["open"]]
        assert {"cosine decay", "label smoothing", "weight averaging"} <= set(listed)
        overnight(made, "run", "--tag", "t", "--no-report")
    assert "weight averaging" in ideas.read_text()


def test_an_idea_is_put_first_and_dropped(repo: Path) -> None:
    """By its number, as orders in the record, with the reason; a number that is not open is refused with where to look."""
    for text in ("one cycle schedule", "gradient noise"):
        overnight(repo, "idea", "add", text, check=0)
    number = read_json(repo, "idea", "list")["open"][-1]["number"]
    assert overnight(repo, "idea", "first", str(number), check=0).stdout == f"idea #{number} of `t` comes first\n"
    assert read_json(repo, "idea", "list")["open"][0]["text"] == "gradient noise"
    dropped = read_json(repo, "idea", "drop", str(number), "--reason", "tried\x1b[31m elsewhere")
    assert dropped == {"campaign": "t", "number": number}
    (done,) = [one for one in read_json(repo, "idea", "list")["done"] if one["number"] == number]
    assert (done["state"], done["reason"]) == ("dropped", "tried\\x1b[31m elsewhere")
    for command in ("first", "drop"):
        assert f"no open idea has the number {number}" in overnight(repo, "idea", command, str(number), check=2).stderr
