"""What is recorded has no secret in any text, and what names something is as it was."""

import json
import re
from dataclasses import replace

import pytest
from campaigns import CASES, record

from overnight.agents.hindrance import Hindrance
from overnight.research.event_text import decode, encode
from overnight.research.events import Event, IdeasChanged, Noted, ProposalMissed, Proposed, TrialFinished
from overnight.research.experiment import ByProducts, Edit
from overnight.research.idea import AddIdea
from overnight.research.scrubbing import scrub_event, scrub_value
from overnight.words.scrubber import Scrubber
from overnight.words.secret import HIDDEN

KEY = 'team-"\\9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV'
HEX = "0123456789abcdef0123456789abcdef01234567"
SCRUBBER = Scrubber([KEY, HEX])


def proposed(text: str, commit: str = "c" * 40) -> Proposed:
    """An experiment with this text wherever there is one."""
    return Proposed(
        number=1,
        role="explorer",
        researcher="command",
        hypothesis=f"try {text}",
        base="b" * 40,
        commit=commit,
        tree="d" * 64,
        notes={f"note {text}": text, "rate": 0.5, "on": True, "none": None},
        by_products=ByProducts(count=1, ignored=(text,)),
        edit=Edit(files=1, lines=("a.py:1", f"+{text}")),
        together=(1, 2),
    )


@pytest.mark.parametrize(
    "spell", [str, lambda key: json.dumps(key)[1:-1], lambda key: "".join(f"\\u{ord(c):04x}" for c in key)]
)
def test_no_text_of_an_event_keeps_a_secret(spell: "type[str]") -> None:
    """However it is spelled and nested; the event can be read again, and equals what is in memory."""
    found = scrub_event(proposed(spell(KEY)), SCRUBBER)
    assert found == proposed(HIDDEN)
    assert decode(encode(found)) == found


def test_an_event_without_one_is_the_same_object() -> None:
    """And a text that looks like one is hidden unknown."""
    plain = proposed("a larger rate")
    assert scrub_event(plain, SCRUBBER) is plain
    assert scrub_event(proposed("sk-ant-abcdefgh1234"), SCRUBBER) == proposed(HIDDEN)


def test_what_names_something_stays() -> None:
    """A digest that has a part of a secret, a role, a provider; but a text that is the secret goes."""
    other = HEX[:-4] + "ffff"
    found = scrub_event(proposed(KEY, commit=other), SCRUBBER)
    assert found == proposed(HIDDEN, commit=other)
    assert scrub_event(proposed(HEX), SCRUBBER) == proposed(HIDDEN)


@pytest.mark.parametrize(
    "event",
    [
        ProposalMissed(role="r", reason=f"exit 1: {KEY}", fault=Hindrance.PROGRAM),
        IdeasChanged(by="person", edits=(AddIdea(text=f"use {KEY}"),)),
    ],
)
def test_reasons_and_ideas_lose_it_too(event: Event) -> None:
    """And keep their types."""
    found = scrub_event(event, SCRUBBER)
    assert KEY not in str(found) and HIDDEN in str(found)
    assert type(found) is type(event) and decode(encode(found)) == found


def test_a_note_that_is_only_shown_loses_it_as_well() -> None:
    """As a text that goes to the screen and to notices."""
    assert scrub_value(Noted(text=f"x {KEY}"), SCRUBBER) == Noted(text=f"x {HIDDEN}")


def test_any_text_may_be_a_secret_without_a_broken_record() -> None:
    """Each event can be written and read again, whichever of its texts is one; kinds, verdicts and other fixed words stay."""
    events = {entry.event.kind: entry.event for name in ("usual", "crashes only") for entry in record(CASES[name])}
    for text in {text for event in events.values() for text in re.findall(r'"([^"\\]{6,})"', encode(event).decode())}:
        for event in events.values():
            found = scrub_event(event, Scrubber([text]))
            assert decode(encode(found)) == found and found.kind == event.kind


def test_a_metric_keeps_its_name_though_a_variable_has_the_same_value() -> None:
    """As with `MONITOR_KEY=val_accuracy`; what a tree prints as the name of another one is foreign text."""
    metrics = {"val_accuracy": 0.5, KEY: 1.0}
    [finished] = [entry.event for entry in record(CASES["usual"]) if isinstance(entry.event, TrialFinished)][:1]
    event = replace(finished, trial=replace(finished.trial, metrics=metrics))
    found = scrub_event(event, Scrubber([KEY, "val_accuracy"], spare=["val_accuracy"]))
    assert isinstance(found, TrialFinished) and found.trial.metrics == {"val_accuracy": 0.5, HIDDEN: 1.0}
