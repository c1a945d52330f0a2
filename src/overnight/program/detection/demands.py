"""Pure: what a program needs before it does anything, by its text: arguments, or a library that is seldom installed."""

import re
from itertools import islice

from overnight.program.detection.command import Command, Files

LARGEST = 100_000  # characters; the rest is not read
MOST = 200  # places of a text that are looked at
NEAR = 300  # characters behind one

_ARGUMENT = re.compile(r"""\.add_argument\(\s*["'][^"'\s-][^"'\n]{0,60}["']""")
_FREE = re.compile(r"""\bnargs\s*=\s*(?:["'][?*]["']|argparse\.REMAINDER)""")
_REQUIRED = re.compile(r"\.add_argument\(|\.add_subparsers\(|\.add_mutually_exclusive_group\(|@click\.option\(")
_CLICK = re.compile(r"@(?:click\.)?argument\(")
_TAKEN = re.compile(r"\b(?:sys\.argv\[[1-9]\]|process\.argv\[[2-9]\])([^\n]{0,80})")
_CHECKED = re.compile(
    r"\blen\(\s*(?:sys\.)?argv\s*\)|\bargv\.length\b|\bARGV\.(?:size|length|empty)|\bargc\b|\bIndexError\b|\bif\s*\(\s*(?:!\s*)?process\.argv\["
)
_DEFAULT = re.compile(r"[ \t]*(?:\)[ \t]*)?(?:\|\||\?\?|\?|or\b|if\b|==|!=)")
_TOO_FEW = re.compile(
    r"(?:\bargc|\blen\(\s*(?:sys\.)?argv\s*\)|\bargv\.length|\bARGV\.(?:size|length))\s*(?:<=?|!==?)\s*\d|\bargv\.length\s*===?\s*2\b"
    r"|\$#\s*-(?:lt|ne|eq)\s*\d|\bARGV\.empty\?|\bnot\s+(?:sys\.)?argv\[1:\]|\bargc\s*==\s*1\b"
)
_REFUSES = re.compile(r"\b(?:usage|exit|return\s*\(?\s*(?:-?1|EXIT_FAILURE|2)|die|raise|abort|help)\b", re.IGNORECASE)
_LINE = re.compile(
    r"^[ \t]*#[ \t]*(?:(?P<opens>if)|(?P<closes>endif\b)|include[ \t]*<(?P<library>(?:boost|[eE]igen3?|cblas|armadillo|mkl"
    r"|tbb|gsl|opencv2?|SDL2?|GL|GLFW|CL|cuda\w*|mpi|gtk|Q\w+)(?=[/.>]))?)",
    re.MULTILINE,
)


def needs_library(text: str) -> bool:
    """Whether a source in C or C++ includes the header of such a library, on no condition."""
    depth = 0
    for hit in _LINE.finditer(text):
        depth += bool(hit["opens"]) - bool(hit["closes"])
        if hit["library"] and depth <= 0:
            return True
    return False


def demands_arguments(text: str) -> bool:
    """Whether a program refuses to run, or fails, if it is called without arguments.

    One that has a default for every argument, or asks for none, does not.
    """
    text = text[:LARGEST]
    return _by_parser(text) or _refuses(text) or _takes(text)


def lacks_arguments(command: Command, files: Files) -> bool:
    """Whether a command gives none to a program that demands some."""
    leaf = command.leaf or ""
    alone = command.source is not None or (leaf and command.text.endswith((leaf, leaf.rpartition("/")[2])))
    return bool(alone) and demands_arguments(files.get(command.source or leaf) or "")


def _by_parser(text: str) -> bool:
    """Whether argparse or click has an argument without a default."""
    if "argparse" not in text and "click" not in text:
        return False
    for hit in islice(_ARGUMENT.finditer(text), MOST):
        if not _FREE.search(_call(text, hit.end())):
            return True
    if any(re.search(r"\brequired\s*=\s*True\b", _call(text, hit.end())) for hit in islice(_REQUIRED.finditer(text), MOST)):
        return True
    clicked = (_call(text, hit.end()) for hit in islice(_CLICK.finditer(text), MOST))
    return any("default" not in call and "required=False" not in call and "nargs=-1" not in call for call in clicked)


def _call(text: str, start: int) -> str:
    """The rest of a call, up to the next one of its kind."""
    rest = text[start : start + NEAR]
    return re.split(r"\.add_\w+\(|^@|^def ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _refuses(text: str) -> bool:
    hits = islice(_TOO_FEW.finditer(text), MOST)
    return any(_REFUSES.search(text[hit.end() : hit.end() + NEAR // 2]) for hit in hits)


def _takes(text: str) -> bool:
    """Whether it takes an argument without asking whether there is one."""
    if _CHECKED.search(text):
        return False
    return any(not _DEFAULT.match(hit[1]) for hit in islice(_TAKEN.finditer(text), MOST))
