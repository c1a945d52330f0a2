"""Which versions of a package a repository asks for, in the files of Python and conda that say so."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from overnight.research.setup.causes.failing import Failing

MOST_PINS = 20  # of one package, in all files

_FILES = re.compile(
    r"(?:requirements?/)?[\w.-]*requirements?[\w.-]*\.(?:txt|in)|requirements?/[\w.-]+\.txt|setup\.(?:py|cfg)|pyproject\.toml|Pipfile"
    r"|[\w.-]*(?:environment|env|conda)[\w.-]*\.ya?ml"
)
_NUMBERS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,4}")
_CLAUSE = re.compile(r"(===?|~=|\^|<=|<|>=|>|~|=|)\s*v?([0-9]{1,6}(?:\.[0-9]{1,6}){0,4})")
_OPERATORS = {"=": "==", "===": "==", "~": "~=", "^": "~=", "": "=="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One clause of what a file asks for."""

    path: str
    package: str
    operator: str
    version: str

    @property
    def words(self) -> str:
        """As pip takes it."""
        return f"{self.package}{self.operator}{self.version}"


def pins_of(failing: Failing, package: str) -> Sequence[Pin]:
    """What the repository asks for of a package, the file nearest to the top first."""
    name = re.escape(package).replace(r"\-", "[-_.]")
    asked = re.compile(
        rf"(?<![\w.-]){name}(?:\[[\w, -]{{0,80}}\])?[\"']?[ \t]{{0,8}}((?:[<>=~^]|\()[^;#\n]{{1,80}})", re.IGNORECASE
    )
    paths = sorted(
        (path for _, path in failing.committed() if _FILES.fullmatch(path)), key=lambda path: (path.count("/"), path)
    )
    found = (
        Pin(path=path, package=package, operator=operator, version=version)
        for path in paths
        for hit in asked.finditer(failing.text_of(path))
        for operator, version in _clauses(hit[1])
    )
    return list(islice(found, MOST_PINS))


def misses(installed: str, pin: Pin) -> bool:
    """Whether an installed version is surely another than asked for; a last number that differs changes no interface."""
    have, asked = _numbers(installed), _numbers(pin.version)
    if not have or not asked:
        return False
    if pin.operator == "<":
        return have[: len(asked)] >= asked
    if pin.operator == "<=":
        return have[: len(asked)] > asked
    if pin.operator in {">", ">="}:
        return have < asked
    return have[: min(len(asked), 2)] != asked[:2]


def is_newer(version: str, other: str, *, same: bool = False) -> bool:
    """Whether a version is newer than another one, or the same."""
    one, two = _numbers(version), _numbers(other)
    return one > two or (same and one[: len(two)] == two)


def _clauses(text: str) -> Iterator[tuple[str, str]]:
    """`==1.2`, `>=1,<2`, and the forms of Poetry, Pipenv and conda: `= "^1.2"`, `=1.2=py36_0`."""
    text = re.sub(r"^=\s*[{\"']+(?:version\s*=\s*[\"'])?", "", text).partition('"')[0].partition("'")[0]
    for part in text.split(","):
        if hit := _CLAUSE.match(part.strip(" ()")):
            yield _OPERATORS.get(hit[1], hit[1]), hit[2]


def _numbers(version: str) -> tuple[int, ...]:
    hit = _NUMBERS.match(version)
    return tuple(map(int, hit[0].split("."))) if hit else ()
