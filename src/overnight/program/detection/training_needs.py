"""Pure: what a training script must be given on its command line, where only one value is possible."""

import posixpath
import re
from collections.abc import Iterator

from overnight.program.detection.command import FOREIGN, Files

MOST_ARGUMENTS = 60  # of a script
MOST_FILES_NEEDED = 4  # for which all files are looked through

_ARGUMENT = re.compile(
    r"""add_argument\(\s{0,40}(?:["']-\w["']\s{0,9},\s{0,9})?["'](-{0,2})([A-Za-z][\w-]{0,40})["']"""
    r"""((?:[^()]|\([^()]{0,200}\)){0,400})\)"""
)
_ENTERS = re.compile(r"cd ([\w./-]+) && ")
_REQUIRED = re.compile(r"\brequired\s*=\s*True")
_OPTIONAL = re.compile(r"""\bdefault\s*=|\bnargs\s*=\s*(?:["'][?*]|argparse\.REMAINDER)|\baction\s*=""")
_CHOICES = re.compile(r"choices\s*=\s*[\[(]([^\])]{1,200})")
_TRAINS = re.compile(r"""["'](train|training)["']""")
_DEFAULT = re.compile(r"""\bdefault\s*=\s*["'](\w{0,30})["']""")
_CONFIG = re.compile(r"(?:conf|config|cfg|yaml|yml|settings?|params?|opt|options)(?:[-_]?(?:file|path|name))?", re.IGNORECASE)
_DATA = re.compile(r"(?:data|dataset|input|corpus|train)(?:[-_]?(?:file|path|set|data))?", re.IGNORECASE)
_CONFIGS = re.compile(
    r"(?:(?:[\w.-]+/){0,2}(?:conf|configs?|cfgs?|experiments|options|settings|params)/[\w./-]{1,100}\.(?:ya?ml|json|toml|ini|cfg)"
    r"|(?:[\w-]+/)?[\w.-]*(?:conf|config|train|params|settings)[\w.-]*\.(?:ya?ml|toml|ini)|(?:[\w-]+/)?[\w.-]+\.(?:config|conf|cfg))"
)
_DATA_FILES = re.compile(r"(?:[\w-]+/)?(?:data|datasets?|input|corpus)/[\w./-]{1,100}\.(?:csv|tsv|txt|jsonl?|np[yz]|parquet)")
_NO_CONFIG = re.compile(r"(?:^|/)(?:setup|tox|mypy|pytest|\.|package|tsconfig|pyrightconfig|mkdocs|codecov|docker|renovate)")


def needed_words(text: str, command: str, files: Files) -> str:
    """The options and words, after a space, that a script does not run or train without; empty if it has or needs none.

    Args:
        text: what the script and its options' module say.
        command: as it is run so far; an option that it has is not added.
        files: every path, for a file that is the only one that can be meant.
    """
    return "".join(_words(text, command, files))


def _words(text: str, command: str, files: Files) -> Iterator[str]:
    entered = _ENTERS.match(command)
    given = " --" in command.partition(".py")[2]
    looked = 0
    for _, hit in zip(range(MOST_ARGUMENTS), _ARGUMENT.finditer(text), strict=False):
        dashes, name, rest = hit.groups()
        option = f"{dashes}{name}"
        if option in command or (not dashes and command.split()[-1:] != [] and not command.endswith(".py")):
            continue
        needed = _REQUIRED.search(rest) is not None if dashes else not _OPTIONAL.search(rest)
        value = _choice(rest, needed=needed and not given)
        if not value and needed and looked < MOST_FILES_NEEDED:
            looked += 1
            value = _only(name, files)
        if value:
            value = posixpath.relpath(value, entered[1]) if entered and value in files else value
            yield f" {option} {value}" if dashes else f" {value}"


def _choice(rest: str, *, needed: bool) -> str:
    """`train`, if that may be chosen and would not be."""
    choices = _CHOICES.search(rest)
    trains = _TRAINS.search(choices[1]) if choices else None
    default = _DEFAULT.search(rest)
    return trains[1] if trains and (needed or (default and default[1] != trains[1])) else ""


def _only(name: str, files: Files) -> str:
    """The one committed file that an argument of this name can mean; of several, the one that is about training."""
    kind = _CONFIGS if _CONFIG.fullmatch(name) else _DATA_FILES if _DATA.fullmatch(name) else None
    found = [
        path for path in files if kind and kind.fullmatch(path) and not _NO_CONFIG.search(path) and not FOREIGN.search(path)
    ]
    if len(found) > 1:
        found = [path for path in found if "train" in path.rpartition("/")[2].lower()]
    return found[0] if len(found) == 1 else ""
