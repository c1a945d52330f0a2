"""Why a job failed, by how it ended and what it printed: the one place that words it."""

from overnight.jail.job import JobEnding, JobResult

IDLE = 0.1  # of the wall time: a job that computes uses more of a processor, unless others keep it from one


def why_failed(result: JobResult, output: bytes) -> tuple[str, tuple[str, ...]]:
    """Why a job failed, in one line; and lines of its output that say more, printable."""
    from overnight.words.failure import read_failure

    found = read_failure(output)
    if result.ending is not JobEnding.EXITED:
        return result.detail + _idle(result), found.lines
    code = result.exit_code or 0
    ended = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
    reason = f"{ended}: {found.headline}" if found.headline else f"{ended}, no output"
    return f"{reason}; {result.detail}" if result.detail else reason, found.lines


def _idle(result: JobResult) -> str:
    """What to add if a job that ran into its wall limit had hardly any processor time: it may not be its own fault."""
    if result.ending is not JobEnding.WALL or result.cpu_s > IDLE * result.wall_s:
        return ""
    return f" after only {result.cpu_s:.1f} s of processor time: it waited for something, or the machine stalled"
