"""The transcript of a session: in order, bounded, printable, and without the token of its models."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cut_off import cut_off
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.agents.agent import AgentSession
from overnight.agents.command import command_agent
from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.port import Task, TurnFailed
from overnight.agents.transcript import ENTRY_CHARACTERS, TRANSCRIPT_BYTES, EntryKind, Transcript
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.jail.process import ProcessExecutor
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire
from overnight.words.secret import HIDDEN

TOKEN = "0dXb3rT-9vQmLz_2cKfHs7JpWnE5yAgU8iRo4tBxM1q"
URL = f"http://127.0.0.1:4711/{TOKEN}"
RUN: Any = SimpleNamespace(url=URL)  # a transcript reads nothing else of a run
PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"

Kept = list[tuple[Task, list[tuple[EntryKind, str]]]]


def steps(transcript: Transcript) -> list[tuple[EntryKind, str]]:
    """Its entries, for comparison."""
    return [(entry.kind, entry.text) for entry in transcript.entries]


def printable(text: str) -> bool:
    """Whether a terminal shows all of it literally."""
    return all(character.isprintable() or character in "\n\t" for character in text)


# --- Bounds ---


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EntryKind), st.text(st.characters()), st.booleans())))
def test_a_short_session_is_kept_whole_and_in_order(parts: list[tuple[EntryKind, str, bool]]) -> None:
    """Chunks of one kind become one entry, anything else is its own entry; the rendered text is printable."""
    transcript, expected = Transcript(), list[tuple[EntryKind, str]]()
    for kind, text, chunk in parts:
        if chunk and expected and expected[-1][0] is kind:
            expected[-1] = kind, expected[-1][1] + text
        elif text or not chunk:
            expected.append((kind, text))
        (transcript.append if chunk else transcript.add)(kind, text)
    assert steps(transcript) == expected
    assert printable(transcript.render("a session"))
    assert bool(transcript) == bool(expected)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("x" * 50_000, 200),
        ("x\n" * 25_000, 200),
        ("\0" * 50_000, 200),
        ("\U0001f600" * 50_000, 200),
        ("\U000e0001" * 50_000, 200),
        ("", 10_000),
    ],
    ids=["plain", "lines", "nulls", "wide", "tags", "empty"],
)
def test_a_long_session_keeps_its_beginning_and_its_end(text: str, times: int) -> None:
    """However much escaping lengthens its text, the whole stays within its limit and says what is missing."""
    transcript = Transcript()
    transcript.add(EntryKind.PROMPT, "the beginning")
    for _ in range(times):
        transcript.add(EntryKind.OUTPUT, text)
    transcript.add(EntryKind.MESSAGE, "the end")
    said = transcript.render("a session")
    assert len(said.encode()) <= TRANSCRIPT_BYTES
    assert said.startswith("# a session\n\n## Prompt\n\n    the beginning\n\n### Output\n")
    assert said.endswith("### Agent\n\n    the end\n")
    assert f"({transcript.left_out} entries are left out here.)" in said
    assert transcript.left_out + len(transcript.entries) == times + 2


def test_of_a_long_entry_the_two_ends_are_kept() -> None:
    """In one piece or in chunks, with a line that says how much is missing."""
    whole, chunks = Transcript(), Transcript()
    text = "begin" + "x" * 99_990 + "end"
    whole.add(EntryKind.MESSAGE, text)
    for at in range(0, len(text), 7):
        chunks.append(EntryKind.MESSAGE, text[at : at + 7])
    assert steps(whole) == steps(chunks)
    kept = whole.entries[0].text
    assert kept.startswith("beginx") and kept.endswith("xend")
    assert f"[... {99_998 - ENTRY_CHARACTERS} characters left out ...]" in kept


def test_no_text_can_pass_for_a_heading() -> None:
    """The text below a heading is indented, line by line."""
    transcript = Transcript()
    transcript.add(EntryKind.MESSAGE, "```\n## Prompt\r\n\n# a session\r## Prompt\u2028## Prompt\x85## Prompt")
    lines = transcript.render("a session").splitlines()
    assert [line for line in lines if line.startswith("#")] == ["# a session", "### Agent"]


def test_url_and_token_are_hidden_also_over_two_chunks() -> None:
    """However they are split into chunks; a text that only begins like them stays."""
    for cut in range(len(URL)):
        transcript = Transcript(RUN)
        transcript.append(EntryKind.MESSAGE, f"at {URL[:cut]}")
        transcript.append(EntryKind.MESSAGE, f"{URL[cut:]}/v1 by {TOKEN} or {TOKEN[:-1]} or {TOKEN[:7]}")
        [entry] = transcript.entries
        assert entry.text in {
            f"at {at}{HIDDEN}/v1 by {HIDDEN} or {HIDDEN} or {TOKEN[:7]}" for at in ("", URL.removesuffix(TOKEN))
        }
        assert TOKEN not in transcript.render("a session")


# --- Sessions ---


@asynccontextmanager
async def opened(
    tmp_path: Path, text: str, kept: Kept, *, executor: Executor | None = None, **more: Any
) -> AsyncIterator[AgentSession]:
    """A session of this shell text; its final transcript goes to `kept`."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    context = AgentContext(
        spec=AgentSpec(use="command", command=text),
        executor=executor or ProcessExecutor(slots=1, search_path=PATH),
        limits=Limits(wall_s=30.0, memory_bytes=500 * 1000**2),
        scratch=tmp_path,
        slot=0,
        keep_transcript=lambda task, transcript: kept.append((task, steps(transcript))),
        **more,
    )
    async with command_agent(context).open(Task(folder=workspace, role="explorer", number=7)) as session:
        yield session


def test_the_owner_gets_it_at_the_end(tmp_path: Path) -> None:
    """Prompts, output and faults; the session has the same entries at any time before its end."""
    kept: Kept = []

    async def talk() -> None:
        async with opened(tmp_path, "tail -n1; test -e again && exit 3; touch again", kept) as session:
            await session.turn("one")
            assert steps(session.transcript) == [(EntryKind.PROMPT, "one"), (EntryKind.OUTPUT, "one")]
            await session.turn("two")
            assert not kept

    asyncio.run(talk())
    [(task, entries)] = kept
    assert (task.role, task.number) == ("explorer", 7)
    assert entries[2:] == [
        (EntryKind.PROMPT, "two"),
        (EntryKind.OUTPUT, "two"),
        (EntryKind.FAULT, "the command exited with 3: two"),
    ]


def test_the_owner_gets_it_after_a_failure_an_exception_and_a_cancellation(tmp_path: Path) -> None:
    """However the session ended, with the command's output up to then."""
    kept: Kept = []

    async def fails() -> None:
        async with opened(tmp_path, "echo at work; sleep 1000", kept, patience_s=2.0) as session:
            await session.turn("one")

    async def raises() -> None:
        async with opened(tmp_path, "echo done", kept) as session:
            await session.turn("one")
            raise ValueError("a fault of the owner's")

    async def is_cancelled() -> None:
        async with opened(tmp_path, "echo at work; echo > pipe; sleep 1000", kept) as session:
            await cut_off(session, "one", tmp_path / "workspace" / "pipe")

    for talk, error in ((fails, TurnFailed), (raises, ValueError), (is_cancelled, None)):
        if error:
            with pytest.raises(error):
                asyncio.run(talk())
        else:
            asyncio.run(talk())
        (tmp_path / "workspace").rename(tmp_path / talk.__name__)
    one = (EntryKind.PROMPT, "one")
    failed, raised, cancelled = (entries for _, entries in kept)
    assert failed == [
        one,
        (EntryKind.OUTPUT, "at work\n"),
        (EntryKind.FAULT, "it did nothing for 2 s and was ended"),
    ]
    assert raised == [one, (EntryKind.OUTPUT, "done\n")]
    assert (cancelled[0], cancelled[-1]) == (
        one,
        (EntryKind.FAULT, "the turn was cut off: its time was up, or the session ended"),
    )


def test_a_session_without_a_turn_is_not_kept(tmp_path: Path) -> None:
    """There is nothing to read in it."""
    kept: Kept = []

    async def talk() -> None:
        async with opened(tmp_path, "true", kept):
            pass

    asyncio.run(talk())
    assert kept == []


def test_a_hostile_agent_leaves_a_transcript_that_is_bounded_printable_and_without_the_token(tmp_path: Path) -> None:
    """A command that prints escapes, NULs, ten megabytes and the URL of its models, in the jail with the real gateway."""
    text = """head -c 10000000 /dev/zero | tr '\\0' '\\033'
for n in 1 2 3; do printf '\\033[2J\\0\\377\\r\\n## Prompt\\n'; echo "$OVERNIGHT_MODELS ${OVERNIGHT_MODELS##*/}"; done
head -c 20000 /dev/zero; env; echo the end"""
    said: list[str] = []

    async def talk() -> None:
        provider = Provider(name="p", base_url="http://127.0.0.1:9", wires=(Wire.OPENAI_CHAT,))
        async with Gateway([provider], Prices(), allowance=SpendingLimit(), called=lambda _: None, environment={}) as gateway:
            jail = JailExecutor(slots=1, search_path=PATH)
            async with opened(tmp_path, text, [], executor=jail, models=gateway) as session:
                turn = await session.turn("the brief")
                assert session.run is not None and HIDDEN in turn.text, "it was printed"
                assert session.run.url not in turn.text
                said.extend([session.run.url, session.transcript.render("explorer 7")])

    asyncio.run(talk())
    url, rendered = said
    assert url not in rendered and url.rpartition("/")[2] not in rendered
    assert HIDDEN in rendered and "the end" in rendered
    assert printable(rendered)
    assert len(rendered) < 4 * ENTRY_CHARACTERS
    assert rendered.count("\n## ") == 1, "only our own prompt"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([(EntryKind.MESSAGE, "first"), (EntryKind.OUTPUT, "printed"), (EntryKind.MESSAGE, "then")], "first\nthen"),
        ([(EntryKind.PROMPT, "edit it"), (EntryKind.OUTPUT, "a command's words")], "a command's words"),
        ([(EntryKind.CALL, "make"), (EntryKind.OUTPUT, "updated a file"), (EntryKind.FAULT, "cut off")], ""),
    ],
)
def test_what_was_said_are_messages_and_never_what_a_call_printed(steps: list[tuple[EntryKind, str]], said: str) -> None:
    """Only a plain command, which has neither messages nor calls, speaks through its output."""
    transcript = Transcript()
    for kind, text in steps:
        transcript.add(kind, text)
    assert transcript.said == said
