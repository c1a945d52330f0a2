"""Campaigns in this process whose tuners are researchers of a test."""

from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest
from targets import make_repo, program, recorded

from overnight.gate.trial import Stage
from overnight.git.repository import open_repository
from overnight.research import staffing
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Event, Sign, TrialFinished
from overnight.research.loop.stop import Stop
from overnight.research.researchers.port import Researcher
from overnight.research.wiring import SessionRequest, open_session


def repo_of(
    folder: Path, *, roles: Sequence[str] = ("one",), noise: float = 0.0, front: str = "", files: dict[str, str] | None = None
) -> Path:
    """A repository whose researchers are tuners: the tests put others in their place."""
    listed = "\n".join(f"  - {{role: {role}, use: tuner}}" for role in roles)
    head = program().partition("researchers:")[0]
    text = f"{head}researchers:\n{listed}\n{front}\n---\n# Make the loss small\n"
    return make_repo(folder, text, noise=noise, files=files)


def run(
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    *researchers: Researcher,
    until: Callable[[Sign], object] = lambda _: False,
    slots: int = 2,
) -> list[Event]:
    """One session in this process with these researchers, stopped at a sign; what is in the record then."""
    left = list(researchers)
    monkeypatch.setattr(staffing, "RESEARCHERS", {"tuner": lambda _spec, _context: left.pop(0)})

    async def walk() -> None:
        stop = Stop()

        def see(sign: Sign) -> None:
            if until(sign):
                stop.request(Ending(reason=EndReason.STOP, detail="enough was seen"))

        request = SessionRequest(tag="t", sandbox="process", slots=slots)
        with open_session(open_repository(repo), request, stop, [see]) as campaign:
            await campaign.run()

    anyio.run(walk)
    return recorded(repo)


def searched(events: Sequence[Sign]) -> list[TrialFinished]:
    """The search trials."""
    return [event for event in events if isinstance(event, TrialFinished) and event.trial.key.stage is Stage.SEARCH]
