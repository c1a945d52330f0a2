"""Pure: the commands that may measure, of all kinds in one sequence, the likeliest first."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from overnight.program.detection import scores
from overnight.program.detection.cmake import cmake_programs
from overnight.program.detection.command import INSTALLS, MEASURES, Command, Files, is_beside
from overnight.program.detection.demands import lacks_arguments
from overnight.program.detection.go_and_rust import go, rust
from overnight.program.detection.interpreted import interpreted
from overnight.program.detection.javascript import javascript, serves_for_ever
from overnight.program.detection.make import Makefiles, just_targets
from overnight.program.detection.python_scripts import further_scripts, measuring_scripts, near_scripts
from overnight.program.detection.python_text import only_defines
from overnight.program.detection.readme import README, Shown, is_test, shown_commands
from overnight.program.detection.single_source import single_sources

MOST = 50  # commands

_MAKE_ENVIRONMENTS = {"tox", "nox", "hatch"}  # from a registry, before they run anything

WANTED = re.compile(
    r"(?:[^/]+/){0,2}(?:package\.json|GNUmakefile|makefile|Makefile)|(?:[^/]+/){0,3}CMakeLists\.txt"
    rf"|pyproject\.toml|Cargo\.toml|\.?[jJ]ustfile|{README.pattern}|(?:.+/)?[^/]+_test\.go"
    r"|(?:.+/)?(?:micro)?(?:bench|perf|speed|timing|latency|load[_-]?test|(?:run|test)[_-]?(?:bench|perf))[^/]*(?:/[^/]+)?"
    r"\.(?:py|sh|[cm]?[jt]s|rs|go|c|cc|cpp)"
    r"|(?:scripts?/)?(?:measure|eval)[^/]*\.(?:py|sh)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What may measure."""

    measuring: Sequence[Command]  # the likeliest first
    asked: Sequence[Command]  # of which only a person knows whether they do, the likeliest first


def wants(path: str) -> bool:
    """Whether the text of this file is wanted, not only its name."""
    return WANTED.fullmatch(path) is not None or scores.WANTED.fullmatch(path) is not None


def is_told_by_name(path: str) -> bool:
    """Whether the text is wanted for the file's name; the others may be anything."""
    return WANTED.fullmatch(path) is not None


def candidates(files: Files, name: str = "") -> Candidates:
    """Every command that may measure, each once: those that are called so; if there are none, what prints a score.

    Files whose names have characters that no program.md can name are left aside.

    Args:
        files: every path with its text.
        name: that of the repository, as which its program may be called.
    """
    files = {path: text for path, text in files.items() if path.isprintable()}
    shown = shown_commands(files)
    makefiles = Makefiles(files)
    named = _once(_called_so(files, shown, makefiles))
    measuring = sorted(named, key=lambda command: (command.fetches, lacks_arguments(command, files)))
    likely = scores.likely_programs(files, shown, list(islice(makefiles.programs(), MOST)), name)
    if not measuring and (clear := scores.clear_one(likely, files)):
        measuring = [clear]
    known = {name for command in measuring for name in (command.text, command.leaf)}
    asked = [each.command for each in likely if known.isdisjoint((each.command.text, each.command.leaf or each.command.text))]
    return Candidates(measuring=measuring, asked=asked[:MOST])


def _called_so(files: Files, shown: Sequence[Shown], makefiles: Makefiles) -> Iterator[Command]:
    targets, scripts = list(makefiles.measuring()), list(javascript(files))
    readme = list(_of_readme(files, shown, [*targets, *scripts]))
    plain = [(command, mentioned) for command, plainly, mentioned in readme if plainly]
    mentioned = [command for command, only_mentioned in plain if only_mentioned]
    yield from (command for command, only_mentioned in plain if not only_mentioned)
    if any((command.leaf or "").endswith(("js", "ts")) for command in mentioned):
        yield from (script for script in scripts[:1] if script.text.startswith("npm run"))
    yield from mentioned
    yield from near_scripts(files)
    yield from targets
    yield from just_targets(files)
    yield from measuring_scripts(files)
    yield from scripts
    yield from further_scripts(files)
    yield from (command for command, *_ in readme)
    yield from go(files)
    yield from rust(files)
    yield from interpreted(files)
    yield from cmake_programs(files)
    yield from single_sources(files)


def _of_readme(files: Files, shown: Sequence[Shown], known: Sequence[Command]) -> Iterator[tuple[Command, bool, bool]]:
    """Those that measure by what the README says, each with whether the command itself says so, and is only mentioned."""
    for each in shown:
        spelled, text = each.spelled, files.get(each.spelled.leaf or "") or ""
        plainly = any(map(MEASURES.search, (spelled.text.replace("-D", "-"), each.comment)))
        if is_test(each, files) or is_beside(spelled.leaf or ""):
            continue
        if spelled.lacks or only_defines(text) or not (plainly or MEASURES.search(each.about)):
            continue
        if serves_for_ever(text) or ((spelled.leaf or "").endswith(".sh") and INSTALLS.search(text)):
            continue
        same = (command for command in known if spelled.text in command.text.split(" && "))
        fetches = spelled.text.split()[0] in _MAKE_ENVIRONMENTS
        reason = "the README says how to run the benchmark"
        command = Command(text=spelled.text, leaf=spelled.leaf, reason=reason, fetches=fetches)
        yield next(same, command), plainly, each.mentioned


def _once(commands: Iterable[Command]) -> list[Command]:
    found: dict[str, Command] = {}
    for command in commands:
        found.setdefault(command.text, command)
        if len(found) == MOST:
            break
    return list(found.values())
