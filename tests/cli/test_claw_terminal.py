"""The claw at a terminal and on a pipe: real processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from claws import make_test_claw
from targets import run_here, started
from terminals import LONGEST_S, Terminal

from overnight.claw.events import Noticed, Send
from overnight.claw.folders import claw_folder
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.process import claw_loop
from overnight.claw.setup.parsing import read_charter
from overnight.cli.loops import claw_command
from overnight.jobs.upkeep import Setup
from overnight.ledger.sealed import seal
from overnight.operations.principal import Address

OVERNIGHT = (sys.executable, "-m", "overnight")


def on_a_pipe(text: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """`overnight claw chat` with lines on standard input."""
    command = [*OVERNIGHT, "claw", "chat", *options]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=LONGEST_S, check=False)


@pytest.fixture
def folder(claw_state: Path) -> Iterator[Path]:
    """A claw that nobody runs."""
    assert claw_state.name == "state"
    made = make_test_claw()
    made.record.store.close()
    yield made.folder


def test_a_pipe_is_answered_and_ends(folder: Path) -> None:
    """Each line is a message; it ends with the last answer, in order, and nothing else is printed."""
    done = on_a_pipe("note that tea is in the jar\nwhere is tea?\n")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("noted as #")
    assert "tea is in the jar" in second
    assert folder.is_dir()


def test_a_pipe_in_json(folder: Path) -> None:
    """Each line says what it is, and the turn that it belongs to."""
    assert folder.is_dir()
    said, message = map(json.loads, on_a_pipe("help\n", "--json").stdout.splitlines())
    assert (said["kind"], said["text"], message["kind"]) == ("said", "help", "message")
    assert message["turn"] == said["turn"]


def test_a_pipe_approves_nothing(folder: Path) -> None:
    """An approval is typed at a terminal, or comes by a button."""
    assert folder.is_dir()
    done = on_a_pipe("approve 1\n")
    assert done.returncode == 1
    assert "A pipe approves nothing" in done.stderr


def notice(folder: Path, said: str) -> None:
    """The claw says something to the terminal that nobody asked for."""
    with ClawRecord(folder) as record:
        text = seal(said)
        record.append(Noticed(sends=(Send(key=f"n.{said}", to=Address("terminal", "owner"), text=text.ref),)), texts=[text])


def test_a_talk_at_a_terminal(folder: Path) -> None:
    """It says what it is, answers, shows what comes while somebody types, and ends with Ctrl-D or Ctrl-C."""
    notice(folder, "the \x1b[31mdoor\x07 is open")
    talk = Terminal("claw", "chat")
    talk.until("has no model")
    talk.until("1 message since you were here")
    said = talk.until(" is open")
    assert "\x07" not in said and "[31mdoor" in said and "\x1b[31m" not in said
    talk.type("note that tea is in the jar\n")
    talk.until("noted as #")
    talk.type("approve 77\n")
    talk.until("there is no such approval")
    talk.type("where is")
    talk.until("where is")
    notice(folder, "the build is red")
    talk.until("the build is red")
    talk.until("> where is")  # what was typed so far
    talk.type(" tea?\n")
    talk.until("tea is in the jar")
    assert "tea is in the jar" in on_a_pipe("where is tea?\n").stdout  # which has its own answers, and no others
    talk.type("\x04")
    assert talk.end() == 0
    again = Terminal("claw", "chat")
    again.until("> ")
    again.type("\x03")
    assert again.end() == 130


def test_a_talk_is_answered_by_the_process_that_runs_it(folder: Path) -> None:
    """With a runner elsewhere, a talk is a window: the runner answers, and a second runner is refused."""
    with started(["-m", "overnight", "claw", "run"], folder, stderr=subprocess.PIPE) as runner:
        assert runner.stderr is not None
        assert "runs; Ctrl-C" in runner.stderr.readline()
        assert "noted as #" in on_a_pipe("note that tea is in the jar\n").stdout
        second = subprocess.run([*OVERNIGHT, "claw", "run"], capture_output=True, text=True, timeout=LONGEST_S, check=False)
        assert second.returncode == 2
        assert "runs it already" in second.stderr
        assert "overnight claw chat" in second.stderr


def test_in_the_background_it_begins_when_a_talk_ends(folder: Path) -> None:
    """What `overnight up` starts waits for a talk that runs the claw, and takes over from it."""
    setup = Setup(loop=claw_loop(folder), wanted=True)
    words = claw_command(setup, None)
    assert words[-4:] == ["claw", "run", "claw", "--when-free"]
    talk = Terminal("claw", "chat")
    talk.until("> ")
    talk.type("help\n")
    talk.until("I understand")
    with started(words[1:], folder, stderr=subprocess.PIPE) as runner:
        assert runner.stderr is not None
        assert f"process {talk.process} runs it already: this one begins when it ends" in runner.stderr.readline()
        talk.type("\x04")
        assert talk.end() == 0
        assert "claw runs" in runner.stderr.readline()


def test_six_questions_make_a_claw(claw_state: Path) -> None:
    """The answers are in its files, what cannot be is asked again, and it works at once."""
    first = Terminal("claw", "init")
    for question, answer in (
        ("called?", "Bert"),
        ("in a sentence?", "I am Ann."),
        ("time zone?", "Nowhere/X"),
        ("time zone?", "Europe/Berlin"),
        ("thinks with?", ""),
        ("hours such as", "in the evening"),
        ("hours such as", "25-7"),
        ("hours such as", "23-6"),
        ("on Telegram", "yes"),
    ):
        first.until(question)
        first.type(f"{answer}\n")
    first.until("overnight secret set CLAW_TELEGRAM")
    first.until("overnight claw pair")
    assert first.end() == 0
    folder = claw_folder("claw")
    charter = read_charter(folder)
    assert charter.zone == "Europe/Berlin"
    assert charter.quiet is not None
    assert [(each.name, each.options["token"]) for each in charter.channels] == [("telegram", "CLAW_TELEGRAM")]
    assert (charter.quiet.begin, charter.quiet.end) == (23 * 60, 6 * 60)
    assert "You are Bert" in (folder / "SOUL.md").read_text()
    assert "I am Ann." in (folder / "USER.md").read_text()
    assert claw_state in folder.parents


def test_a_pipe_is_asked_nothing(claw_state: Path, tmp_path: Path) -> None:
    """Options say the rest; a second claw has a bot of its own, and a model that nobody offers is named."""
    assert claw_state.name == "state"
    done = run_here(tmp_path, "claw", "init", "work-two", "--yes", "--telegram", "--model", "gpt")
    assert "overnight secret set CLAW_WORK_TWO_TELEGRAM" in done.stdout
    assert "overnight claw pair --claw work-two" in done.stdout
    assert "no provider of models is set up, so `gpt` cannot be asked yet: overnight docs gateway" in done.stdout
    assert "token: CLAW_WORK_TWO_TELEGRAM" in (claw_folder("work-two") / "claw.yaml").read_text()
    again = run_here(tmp_path, "claw", "init", "work-two")
    assert (again.returncode, again.stdout) == (2, "")
    assert "talk to it: overnight claw chat work-two" in again.stderr


def test_the_first_screen_says_what_to_type(claw_state: Path, tmp_path: Path) -> None:
    """Without a claw, how to make one; with one, how it is."""
    assert claw_state.name == "state"

    assert "overnight claw init" in run_here(tmp_path, "claw").stdout
    make_test_claw().record.store.close()
    assert "nobody runs it" in run_here(tmp_path, "claw").stdout
