"""The option of a training script that says how much it does, with its default, by reading the script; nothing is run."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from overnight.research.changes.syntax import parse_python
from overnight.research.researchers.tuner.constants import settings_of
from overnight.research.researchers.tuner.declared import class_attributes, command_line_options, default_arguments
from overnight.research.researchers.tuner.settings import Setting, fold

LARGEST_FILE = 100_000  # characters; the parser takes a second for a hostile file of this size
MOST_FILES = 8

_WHOLE = r"total[-_](?:time[-_]?|env[-_]?)?(?:steps|frames)"
_PARTS = r"(?:(?:n|num|nb|no|number[-_]?of|max|maximum|total|train|training|tot)[-_]?){0,3}"
# An option's name, and how its unit is called in what is printed. The most telling first: of two options the one that stands
# further up says how long it takes, and steps may also be those of a single epoch, of a rollout or of a diffusion.
_KINDS = tuple(
    (re.compile(rf"{option}(?:[-_](?:max|num|count|n))?", re.IGNORECASE), unit)
    for option, unit in (
        (_WHOLE, r"(?:time|env[-_ ]?|global[-_ ]?)?steps?"),
        (rf"{_PARTS}(?:epochs?|epoches)", r"(?:epoch|ep|e)"),
        (rf"{_PARTS}episodes?|{_PARTS}eps", r"(?:episode|ep)"),
        (rf"{_PARTS}(?:generations?|gens?)", r"gen(?:eration)?"),
        (rf"{_PARTS}games", r"game"),
        (rf"{_PARTS}rounds?", r"round"),
        (rf"{_PARTS}(?:updates|sweeps|trials|passes)", r"(?:update|sweep|trial|pass)"),
        (rf"{_PARTS}(?:iterations?|iters?)", r"(?:iteration|iter|it|i)"),
        (rf"{_PARTS}steps?", r"(?:global[-_ ]?)?step"),
        (rf"{_PARTS}time[-_]?steps?", r"(?:time[-_ ]?)?step"),
        (rf"{_PARTS}(?:repeats?|repetitions?|reps?|runs?)|n", r"(?:repeat|rep|run)"),
    )
)
_BY_FIELDS = re.compile(r"\b(?:tyro|simple_parsing|HfArgumentParser|jsonargparse|draccus|pyrallis)\b")
_BY_ARGUMENTS = re.compile(r"\b(?:typer|fire|tyro|jsonargparse|defopt|cyclopts)\b")
_BY_CONSTANTS = "configurator.py"  # run by a script that lets `--name=value` set its constants
_DEFINED = re.compile(r"DEFINE_integer|\bflags\.")
_CUT = re.compile(r"[|<>;`\n]|(?<!&)&(?!&)")  # after such a command's words, an option would go elsewhere
_ENDLESS = re.compile(r"^[ \t]{0,16}while[ \t]+(?:True|1)[ \t]*:", re.MULTILINE)
_ENDS = re.compile(r"^[ \t]*(?:break|return|raise|(?:sys\.)?exit\(|quit\()", re.MULTILINE)
_GIVEN = r"(-?[0-9](?:_?[0-9]){0,14})(?=\s|$)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much a command does, as it is set on its command line."""

    option: str  # `--epochs `, `--epochs=`: what stands before the number
    number: int | None  # None: it goes on until it is ended
    unit: str  # such as `epoch`; a regex

    def of(self, command: str, number: int) -> str:
        """The command that does so much."""
        given = _given(command, self.option.rstrip(" ="))
        return f"{command[: given.start(1)]}{number}{command[given.end(1) :]}" if given else f"{command} {self.option}{number}"

    def words(self, number: int) -> str:
        """Such as `--epochs 20`."""
        return f"{self.option}{number}"


def amount_of(command: str, texts: Mapping[str, str]) -> Amount | None:
    """How much a command does; None if no option of it is known to say so.

    Args:
        command: as a shell reads it.
        texts: of the Python files that it runs and of those that they import, by path, the first first.
    """
    if _CUT.search(command):
        return None
    found = list(_explicit(command))
    for text in list(texts.values())[:MOST_FILES]:
        found += _declared(command, text)
    return min(found, key=lambda each: each[0], default=(0, None))[1]


def constant_of(texts: Mapping[str, str]) -> str:
    """The constant that says how much a script does, such as `EPOCHS = 200 in train.py`; empty if none is found."""
    for path, text in list(texts.items())[:MOST_FILES]:
        tree = _parsed(text)
        for setting in settings_of(tree) if tree else ():
            number = _number(setting.node)
            if _rank(setting.name.rpartition(".")[2]) is not None and isinstance(number, int) and number > 1:
                return f"{setting.name} = {number} in {path}"
    return ""


def endless(texts: Mapping[str, str]) -> str:
    """The file whose loop has no end, among those that a command runs; empty if none is found."""
    first = list(texts.items())[:1]
    return next((path for path, text in first if _ENDLESS.search(text) and not _ENDS.search(text)), "")


def _explicit(command: str) -> Iterator[tuple[int, Amount]]:
    """What the command itself says."""
    for word in command.split():
        name, equals, _ = word.partition("=")
        rank = _rank(name.lstrip("-")) if name.startswith("--") else None
        given = _given(command, name) if rank is not None else None
        if given and rank is not None:
            option = f"{name}{'=' if equals else ' '}"
            yield -1, Amount(option=option, number=_positive(int(given[1])), unit=_KINDS[rank][1])


def _declared(command: str, text: str) -> Iterator[tuple[int, Amount]]:
    """What the script's own command line has, with the default."""
    tree = _parsed(text)
    for option, setting in _settings(tree, text) if tree else ():
        rank, number = _rank(option.strip("-= ")), _number(setting.node)
        if rank is None or isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
            continue
        if number == 1 or option.rstrip(" =") in command.split():
            continue
        yield rank, Amount(option=option, number=_positive(int(number)), unit=_KINDS[rank][1])


def _settings(tree: ast.Module, text: str) -> Iterator[tuple[str, Setting]]:
    """Each option of the command line as it stands before its value."""
    for setting in command_line_options(tree):
        if setting.name.startswith("--"):
            yield f"{setting.name} ", setting
        elif _DEFINED.search(text) and not setting.name.startswith("-"):
            yield f"--{setting.name}=", setting
    if _BY_FIELDS.search(text):
        classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
        yield from ((f"--{_last(setting)} ", setting) for each in classes for setting in class_attributes(each))
    if _BY_ARGUMENTS.search(text):
        dash = "typer" in text
        yield from ((f"--{_last(each).replace('_', '-') if dash else _last(each)} ", each) for each in default_arguments(tree))
    if _BY_CONSTANTS in text:
        yield from ((f"--{setting.name}=", setting) for setting in settings_of(tree))


def _last(setting: Setting) -> str:
    return setting.name.rpartition(".")[2]


def _rank(name: str) -> int | None:
    """How telling an option is that has this name; None if it says nothing of an amount."""
    return next((rank for rank, (option, _) in enumerate(_KINDS) if option.fullmatch(name)), None)


def _number(node: ast.expr) -> bool | int | float | str | None:
    try:
        return fold(node)
    except RecursionError:  # nested as no person writes it
        return None


def _positive(number: int) -> int | None:
    return number if number > 0 else None


def _given(command: str, option: str) -> re.Match[str] | None:
    return re.search(rf"(?<!\S){re.escape(option)}(?:=|\s+){_GIVEN}", command)


def _parsed(text: str) -> ast.Module | None:
    if len(text) > LARGEST_FILE:
        return None
    try:
        return parse_python(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
