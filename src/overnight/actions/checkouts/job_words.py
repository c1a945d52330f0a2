"""What the jobs of actions are given, and how what came of them is said and kept."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.jail.job import JobEnding, JobResult, Limits
from overnight.ledger.artifacts import ArtifactStore
from overnight.words.failure import read_failure
from overnight.words.scrubber import Scrubber

IDLE = 0.1  # of the wall time: a job that computes uses more of a processor, unless others keep it from one
READ_BYTES = 512 * 1024  # of the end of an output, in which it says why it failed


def environment_of(limits: Limits) -> Mapping[str, str]:
    """The environment of a job that is no agent's, beside PATH and HOME, which the jail sets."""
    threads = str(limits.cpus)
    return {
        "LANG": "C.UTF-8",
        "CI": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
    }


def why_failed(result: JobResult, output: Path) -> tuple[str, Sequence[str]]:
    """Why a job failed, in one line; and lines of its output that say more, printable."""
    found = read_failure(_end(output))
    if result.ending is not JobEnding.EXITED:
        return f"{result.detail}{_idle(result)}", found.lines
    code = result.exit_code or 0
    ended = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
    reason = f"{ended}: {found.headline}" if found.headline else f"{ended}, no output"
    return f"{reason}; {result.detail}" if result.detail else reason, found.lines


def keep_log(output: Path, artifacts: ArtifactStore, scrubber: Scrubber) -> str:
    """Keep what a job printed, without secrets; its digest, empty if it printed nothing."""
    if not output.is_file() or not output.stat().st_size:
        return ""
    output.write_bytes(scrubber.whole(output.read_bytes()))
    return artifacts.keep(output)


def _idle(result: JobResult) -> str:
    """What to add if a job that ran into its wall limit had hardly any processor time: it may not be its own fault."""
    if result.ending is not JobEnding.WALL or result.cpu_s > IDLE * result.wall_s:
        return ""
    return f" after only {result.cpu_s:.1f} s of processor time: it waited for something, or the machine stalled"


def _end(output: Path) -> bytes:
    if not output.is_file():
        return b""
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - READ_BYTES))
        return file.read(READ_BYTES)
