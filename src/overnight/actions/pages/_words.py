"""How the pages of actions write things."""

from collections.abc import Mapping
from pathlib import Path

from overnight.actions.record import ARTIFACTS, actions_folder
from overnight.actions.state import FLOWING, Stage
from overnight.actions.views.result_words import Tone
from overnight.ledger.artifacts import ArtifactStore
from overnight.ledger.file import NAME as LEDGER
from overnight.research.views.numbers import money

CLASSES = {Tone.PROVEN: "proven", Tone.CLAIM: "claimed", Tone.LOOK: "look", Tone.BAD: "fails"}
MARKS = {Tone.PROVEN: "Proven", Tone.CLAIM: "Claimed", Tone.LOOK: "Look", Tone.BAD: "Fails"}


def record_file() -> Path:
    """What changes when anything happens to an action."""
    return actions_folder() / LEDGER


def artifacts() -> ArtifactStore:
    """What was printed, said and shown."""
    return ArtifactStore(actions_folder() / ARTIFACTS)


def words() -> Mapping[str, object]:
    """All of it, for templates."""
    return {
        "stage_class": lambda stage: "runs" if stage in set(FLOWING) else "ended",
        "tone_class": lambda tone: CLASSES.get(tone, ""),
        "tone_word": lambda tone: MARKS.get(tone, ""),
        "money": money,
        "waits": Stage.WAITING.value,
    }
