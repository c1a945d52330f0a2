"""What the jobs of actions are given, and what they printed, without secrets."""

from pathlib import Path

from overnight.jail.job import Limits, plain_environment
from overnight.ledger.artifacts import ArtifactStore
from overnight.words.scrubber import Scrubber


def environment_of(limits: Limits) -> dict[str, str]:
    """The environment of a job that is no agent's."""
    return {**plain_environment(limits), "CI": "1"}


def read_output(output: Path, scrubber: Scrubber) -> bytes:
    """What a job printed, without secrets; nothing if it has no output."""
    return scrubber.whole(output.read_bytes()) if output.is_file() else b""


def keep_log(output: Path, printed: bytes, artifacts: ArtifactStore) -> str:
    """Keep what a job printed in place of its output; its digest, empty if it printed nothing."""
    if not printed:
        return ""
    output.write_bytes(printed)
    return artifacts.keep(output)
