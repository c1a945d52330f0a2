"""Kills of a claw's day, and what must hold after each."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from claw_day import MUTE, NAME, Day

from overnight.claw.events import Answered, Fired, Received, Resumed
from overnight.claw.folders import claw_folder
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.sender import AGAIN
from overnight.operations.record import open_record

HERE = Path(__file__).parent
MAYBE = "may have taken effect"
Said = Sequence[tuple[str, str]]


def live(folder: Path, said: Said, kills: Sequence[Sequence[int]]) -> Sequence[int]:
    """A day for each, its processes killed at these boundaries one after the other; 0: not. The last one's boundaries."""
    found = _run(folder, kills, said)
    assert isinstance(found, list)
    return found


def live_at_random(folder: Path, batch: Said, kills: int) -> Said:
    """A day of such batches that is killed so often at random moments; all that was said."""
    batches = _run(folder, kills, batch)
    assert isinstance(batches, int)
    return [(channel, f"{text}{number}") for number in range(batches) for channel, text in batch]


def _run(folder: Path, kills: object, said: Said) -> object:
    command = [sys.executable, str(HERE / "claw_day.py"), str(folder), json.dumps(kills), json.dumps(said)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def check(folder: Path, said: Said) -> None:
    """Nothing was lost, done twice, or answered twice where the channel can tell."""
    day = Day(folder)
    with ClawRecord(claw_folder(NAME)) as record:
        events = [entry.event for entry in record.store.events()]
        assert record.next_cause() is None and not record.unsent()
    received = Counter((event.channel, event.id) for event in events if isinstance(event, Received))
    assert received == Counter((channel, f"m{number}") for number, (channel, _) in enumerate(said)), "lost, or taken twice"
    fired = Counter((event.schedule, event.due) for event in events if isinstance(event, Fired))
    reminders = [text for _, text in said if text.startswith("remind")]
    assert sorted(fired.values()) == [1] * len(reminders), "a reminder was lost or came twice"
    answered = Counter(event.turn for event in events if isinstance(event, Answered))
    assert set(answered.values()) == {1}
    wanted = {send.key: send.to.channel for event in events if isinstance(event, Answered) for send in event.sends}
    for name, chat in day.chats.items():
        out = chat.said()
        assert {key for key, _ in out} == {key for key, channel in wanted.items() if channel == name}, "an answer was lost"
        seen: set[str] = set()
        for key, text in out:
            if key in seen:
                assert name == MUTE and text.startswith(AGAIN), "sent twice without a word"
            seen.add(key)
    _check_effects(day, said)


def _check_effects(day: Day, said: Said) -> None:
    effects = Counter(day.effects.read_text().splitlines() if day.effects.exists() else [])
    for _, text in said:
        word, _, what = text.partition(" ")
        if word in ("mark", "blind", "burn"):
            for each in what.split():
                assert effects[f"{word} {each}"] <= 1, "an action was repeated blindly"
                if not effects[f"{word} {each}"]:
                    assert word == "blind", f"`{text}` was lost, which can be looked for: {_story(text)}"
                    assert MAYBE in _answers(day), "an action was lost without a word"


def _story(text: str) -> str:
    """All that the records have of what was said, and of each call."""
    with ClawRecord(claw_folder(NAME)) as record, open_record() as operations:
        entries = list(record.store.events())
        turns = {each.seq for each in entries if isinstance(each.event, Received) and record.text(each.event.text) == text}
        turns |= {each.seq for each in entries if isinstance(each.event, Resumed) and each.event.turn in turns}
        lines = [f"{each.at} {each.event}" for each in entries if each.seq in turns or getattr(each.event, "turn", 0) in turns]
        word = text.partition(" ")[2].split()[0]
        about = {each.seq for each in operations._store.events() if f'"{word}"' in str(each.event)}
        lines += [
            f"{each.at} {each.event}"
            for each in operations._store.events()
            if each.seq in about or {getattr(each.event, "asked", 0), getattr(each.event, "started", 0)} & about
        ]
    return "\n".join(["", *lines])


def _answers(day: Day) -> str:
    return " ".join(text for chat in day.chats.values() for _, text in chat.said())
