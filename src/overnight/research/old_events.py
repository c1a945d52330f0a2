"""Translates events and rows of version 0.1.0, which had reasons as prose, into the current form."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from overnight.gate.verdict import Conclusion
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
    if document.get("kind") != "stopped" or not isinstance(reason, str) or not isinstance(detail, str):
        return None
    session = SessionKind.AUDIT if reason == "audit" else SessionKind.CAMPAIGN
    if session is SessionKind.AUDIT:
        word, _, rest = detail.partition(": ")
        reason, detail = (word, rest) if word in _REASONS else ("", detail)
    ending = {"reason": _reason(reason, detail), "detail": detail}
    return {"kind": "stopped", "session": session, "ending": ending, "elapsed_s": document.get("elapsed_s")}


def with_superseded(conclusion: Conclusion) -> Conclusion:
    """The conclusion, marked as superseded if it is an old one that says so only in words."""
    return replace(conclusion, superseded=True) if conclusion.reason == _SUPERSEDED else conclusion


def _reason(word: str, detail: str) -> EndReason:
    reason = _REASONS.get(word, EndReason.AUDITED)
    return next((fine for (coarse, start), fine in _FINER.items() if coarse is reason and detail.startswith(start)), reason)
