"""Small values for tests, each valid by itself."""

from dataclasses import replace

from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.port import FileChange
from overnight.research.ending import Ending, EndReason, SessionKind
from overnight.research.events import Advanced, CampaignOpened, Concluded, Proposed, SessionStarted, Stopped, TrialFinished
from overnight.research.search_trial import Searched

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py --seed {seed}
editable: [train.py]
---
# Make the loss small
"""


def change(path: str, content: bytes | None = b"new\n", *, executable: bool = False) -> FileChange:
    return FileChange(path=path, content=content, executable=executable)


def opened(program: str = PROGRAM, *, start: str = "a" * 40) -> CampaignOpened:
    return CampaignOpened(tag="t", version="0", program=program, start=start, secret="00" * 16, sandbox="process")


def session(elapsed_s: float = 0.0) -> SessionStarted:
    return SessionStarted(version="0", sandbox="process", elapsed_s=elapsed_s)


def proposed(number: int, *, base: str = "a" * 40, commit: str = "", tree: str = "", role: str = "tuner") -> Proposed:
    return Proposed(
        number=number,
        role=role,
        researcher="scripted",
        hypothesis=f"idea {number}",
        base=base,
        commit=commit or f"{number:040x}",
        tree=tree or f"{number:064x}",
    )


def trial(
    number: int, index: int = 0, *, stage: Stage = Stage.SCREEN, arm: Arm = Arm.CANDIDATE, value: float | None = 1.0
) -> TrialFinished:
    key = TrialKey(experiment=number, stage=stage, arm=arm, index=index)
    return TrialFinished(trial=Trial(key=key, seed=1, tree="t", value=value, wall_s=0.5))


def baseline(index: int, value: float) -> TrialFinished:
    return trial(0, index, stage=Stage.BASELINE, arm=Arm.BASELINE, value=value)


def searched(
    index: int, value: float | None = 1.0, *, role: str = "tuner", base: str = "a" * 40, repeat: int = 0
) -> TrialFinished:
    """A search trial, with its index as a note."""
    asked = Searched(role=role, base=base, notes={"index": index}, repeat=repeat)
    return replace(trial(0, index, stage=Stage.SEARCH, value=value), searched=asked)


def concluded(number: int, verdict: Verdict = Verdict.DISCARD, *, gain: float | None = None) -> Concluded:
    conclusion = Conclusion(verdict=verdict, reason="because", gain=gain)
    return Concluded(number=number, conclusion=conclusion, elapsed_s=float(number))


def stopped(
    reason: EndReason = EndReason.STOP, detail: str = "", *, elapsed_s: float = 9.0, session: SessionKind = SessionKind.CAMPAIGN
) -> Stopped:
    return Stopped(session=session, ending=Ending(reason=reason, detail=detail), elapsed_s=elapsed_s)


def advanced(number: int, *, old: str = "a" * 40) -> Advanced:
    return Advanced(number=number, old=old, new=f"{number:040x}")
