"""What version 0.1.0 wrote, event by event."""

import json

import pytest

from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.ending import EndReason, SessionKind
from overnight.research.event_text import decode, encode
from overnight.research.events import Concluded, Stopped

SUPERSEDED = "another change was kept first; it goes on against the new head"


def stopped(reason: object, detail: object) -> bytes:
    return json.dumps({"kind": "stopped", "reason": reason, "detail": detail, "elapsed_s": 9.5}).encode()


@pytest.mark.parametrize(
    ("reason", "detail", "session", "today", "said"),
    [
        (
            "budget",
            "the budget of 9 experiments is spent",
            "campaign",
            EndReason.BUDGET,
            "the budget of 9 experiments is spent",
        ),
        (
            "budget",
            "the 2 min 30 s of this session are over",
            "campaign",
            EndReason.SESSION,
            "the 2 min 30 s of this session are over",
        ),
        (
            "budget",
            "1 experiment in this session, as asked for",
            "campaign",
            EndReason.SESSION,
            "1 experiment in this session, as asked for",
        ),
        ("target", "the head is verified", "campaign", EndReason.TARGET, "the head is verified"),
        ("signal", "SIGINT was received", "campaign", EndReason.INTERRUPT, "SIGINT was received"),
        ("signal", "SIGTERM was received", "campaign", EndReason.SIGNAL, "SIGTERM was received"),
        ("stop", "stopped by `overnight stop`", "campaign", EndReason.STOP, "stopped by `overnight stop`"),
        ("no ideas", "all edits were made", "campaign", EndReason.NO_IDEAS, "all edits were made"),
        ("models", "401: no key", "campaign", EndReason.MODELS, "401: no key"),
        ("error", "the session failed", "campaign", EndReason.ERROR, "the session failed"),
        ("audit", "finished", "audit", EndReason.AUDITED, "finished"),
        ("audit", "signal: SIGINT was received", "audit", EndReason.INTERRUPT, "SIGINT was received"),
        ("audit", "stop: stopped by `overnight stop`", "audit", EndReason.STOP, "stopped by `overnight stop`"),
    ],
)
def test_each_old_end_of_a_session_has_its_reason(reason: str, detail: str, session: str, today: EndReason, said: str) -> None:
    """The word and the sentence of then are the reason and the detail of now."""
    event = decode(stopped(reason, detail))
    assert isinstance(event, Stopped)
    assert (event.session, event.ending.reason, event.ending.detail) == (SessionKind(session), today, said)
    assert event.elapsed_s == 9.5 and decode(encode(event)) == event


@pytest.mark.parametrize(
    "body",
    [
        stopped("whatever", "x"),
        stopped(1, "x"),
        stopped("budget", None),
        b'{"kind": "stopped", "reason": "budget", "detail": "x"}',
        b'{"kind": "stopped", "reason": "stop", "detail": "x", "ending": {"reason": "?", "detail": ""}, "elapsed_s": 1.0}',
        b'{"kind": "stopped", "reason": "budget", "detail": "x", "elapsed_s": "soon"}',
        b"[]",
        b"null",
        b'"stopped"',
        b"{" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_no_version_wrote_is_no_event(body: bytes) -> None:
    """It is a ValueError, which the ledger reports as damage."""
    with pytest.raises(ValueError):  # of several kinds
        decode(body)


def test_an_old_discard_for_a_head_that_moved_is_superseded() -> None:
    """It said so in words alone; a new event says so by itself, whatever its words."""
    conclusion = Conclusion(verdict=Verdict.DISCARD, reason=SUPERSEDED)
    event = Concluded(number=1, conclusion=conclusion, elapsed_s=1.0)
    assert decode(encode(event)) == event
    old = json.loads(encode(event))
    del old["conclusion"]["superseded"]
    found = decode(json.dumps(old))
    assert isinstance(found, Concluded) and found.conclusion.superseded
    old["conclusion"]["reason"] = "behind"
    found = decode(json.dumps(old))
    assert isinstance(found, Concluded) and not found.conclusion.superseded
