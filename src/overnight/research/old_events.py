"""Translates events and rows of version 0.1.0, which had reasons as prose, into the current form."""

from collections.abc import Mapping
from typing import Any

from overnight.research.ending import EndReason, SessionKind

_SUPERSEDED = "another change was kept first; it goes on against the new head"
_REASONS = {
    "budget": EndReason.BUDGET,
    "target": EndReason.TARGET,
    "signal": EndReason.SIGNAL,
    "no ideas": EndReason.NO_IDEAS,
    "models": EndReason.MODELS,
    "stop": EndReason.STOP,
    "error": EndReason.ERROR,
}
_FINER = {  # by how the details begin
    (EndReason.SIGNAL, "SIGINT"): EndReason.INTERRUPT,
    (EndReason.BUDGET, "the budget of "): EndReason.BUDGET,
    (EndReason.BUDGET, ""): EndReason.SESSION,
}


def updated(document: Mapping[str, Any]) -> Mapping[str, Any] | None:  # Any: JSON
    """The JSON of an old event as it would be written today; None if its form has not changed."""
    reason, detail = document.get("reason"), document.get("detail")
    if document.get("kind") != "stopped" or "ending" in document or not (isinstance(reason, str) and isinstance(detail, str)):
        return None
    session, found = SessionKind.CAMPAIGN, _REASONS.get(reason)
    if reason == "audit":
        session, (word, _, rest) = SessionKind.AUDIT, detail.partition(": ")
        found, detail = (_REASONS[word], rest) if word in _REASONS else (EndReason.AUDITED, detail)
    if found is None:
        return None
    ending = {"reason": _finer(found, detail), "detail": detail}
    return {"kind": "stopped", "session": session, "ending": ending, "elapsed_s": document.get("elapsed_s")}


def with_superseded(conclusion: object) -> object:
    """The JSON of a conclusion, marked as superseded if it is an old one that says so only in words."""
    old = isinstance(conclusion, dict) and "superseded" not in conclusion and conclusion.get("reason") == _SUPERSEDED
    return {**conclusion, "superseded": True} if old and isinstance(conclusion, dict) else conclusion


def _finer(reason: EndReason, detail: str) -> EndReason:
    return next((fine for (coarse, start), fine in _FINER.items() if coarse is reason and detail.startswith(start)), reason)
