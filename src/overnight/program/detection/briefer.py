"""Pure: how a benchmark suite is run more briefly, by the options of its runner."""

import re
from collections.abc import Sequence

_GO = re.compile(r"(\bgo test\b.{0,200}?-bench[= ]\S+)(?: -benchtime[= ]\S+)?")
_OF_GO = re.compile(r"-benchtime[= ](\S+)")
_PYTEST = re.compile(r"\bpytest\b.*--benchmark-(?!disable)")
_CRITERION = re.compile(r"cargo bench (?!.*(?:--quick|--measurement-time)).*")
_CUT = re.compile(r"[|<>;`\n]|(?<!&)&(?!&)")  # an option at the end would not be the runner's


def briefer_commands(command: str, *, criterion: bool = False) -> Sequence[tuple[str, str]]:
    """The same benchmarks for less time, the longest first, each with what was set for it.

    Args:
        command: as a shell reads it.
        criterion: whether cargo runs benchmarks of criterion, which others do not share their options with.
    """
    if _GO.search(command):
        given = _OF_GO.search(command)
        times = ("100ms", "10ms") if given is None else ("10ms",) if given[1] == "100ms" else ()
        return [(_GO.sub(rf"\1 -benchtime {time}", command), f"-benchtime {time}") for time in times]
    if _CUT.search(command):
        return []
    if _PYTEST.search(command) and "--benchmark-max-time" not in command:
        words = "--benchmark-max-time=0.1 --benchmark-min-rounds=3"
        return [(f"{command} {words}", words)]
    if criterion and _CRITERION.fullmatch(command):
        words = "--warm-up-time 0.5 --measurement-time 1"
        return [(f"{command} {'' if ' -- ' in command else '-- '}{words}", words)]
    return []
