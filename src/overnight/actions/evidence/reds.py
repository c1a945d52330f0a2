"""Red and green: what a new or changed test file proves, by its runs without and with the change. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from overnight.actions.evidence.python_tests import parsed, tests_of
from overnight.actions.evidence.runs import Failure, Fate, Ran, RunText, failure_of
from overnight.actions.findings import NewTest, Proof
from overnight.words.foreign import printable

REASON = 200  # characters
PATH = 200
MOST = 20  # tests that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of tests."""

    passed: bool
    reason: str  # one line; empty if it passed
    text: RunText
    wall_s: float = 0.0

    @property
    def failure(self) -> Failure | None:
        """How the run as a whole failed; None: it passed."""
        return None if self.passed else self.text.failure or Failure.RAISES

    def of(self, path: str) -> Sequence[Ran]:
        """The tests of a file, as far as the output names any."""
        modules = {"", "__main__", path.rpartition("/")[2].partition(".")[0]}
        return [test for test in self.text.tests if is_same(path, test.path) or (not test.path and test.module in modules)]


def is_same(path: str, shown: str) -> bool:
    """Whether a runner that may work in a folder of the repository means this file."""
    return path == shown or (bool(shown) and path.endswith(f"/{shown}"))


def prove(path: str, names: Collection[str] | None, *, red: Run, green: Run) -> NewTest:
    """What a test file proves.

    Args:
        path: of the file.
        names: of its tests that are new or differ; None: all of them.
        red: the run of the base with the tests of the change.
        green: the run of the change.
    """
    shown = printable(path, PATH)
    passed = _chosen(green, path, names)
    if broken := [test for test in passed if test.fate is Fate.FAILED]:
        return NewTest(path=shown, proof=Proof.NOT_GREEN, red=_said(broken[0]))
    if not green.passed and not passed:
        return NewTest(path=shown, proof=Proof.NOT_GREEN, red=green.reason[:REASON])
    if green.text.by_name and not [test for test in passed if test.fate is Fate.PASSED]:
        return NewTest(path=shown, proof=Proof.NOT_RUN)
    return _by_name(shown, path, names, red, passed) if green.text.by_name else _by_file(shown, path, names, red)


def is_left_out(path: str, old: bytes | None, new: bytes | None, *, before: RunText, after: RunText) -> bool:
    """Whether the checks do not run a test file, though they run others; False if their output does not say."""
    if not after.count:
        return False
    if paths := {test.path for test in after.tests if test.path}:
        return path.endswith(".py") and not any(is_same(path, each) for each in paths)
    names, known = (tests_of(parsed(path, content)) for content in (new, old))
    return bool(names) and not known and before.count is not None and after.count <= before.count


def _by_name(shown: str, path: str, names: Collection[str] | None, red: Run, passed: Sequence[Ran]) -> NewTest:
    """For a runner that names the tests that pass."""
    green = dict.fromkeys(test.name for test in passed if test.fate is Fate.PASSED)
    without = {test.name: test for test in sorted(_chosen(red, path, names), key=lambda test: test.fate is Fate.FAILED)}
    whole = next((test for test in red.of(path) if not test.name and test.fate is Fate.FAILED), None)  # could not be loaded
    strong: list[Ran] = []
    weak: list[Ran] = []
    none: list[Ran] = []
    for name in green:
        test = without.get(name)
        if test is None or test.fate is Fate.SKIPPED:
            (weak if whole or red.failure else none).append(
                whole or Ran(path=path, name=name, fate=Fate.FAILED, reason=red.reason)
            )
        elif test.fate is Fate.PASSED:
            none.append(test)
        else:
            (weak if failure_of(test.reason) is Failure.LOADS else strong).append(test)
    others = tuple(test.name for test in none)[:MOST]
    if strong:
        named = tuple(test.name for test in strong)[:MOST]
        return NewTest(path=shown, proof=Proof.RED_GREEN, red=_said(strong[0]), tests=named, others=others)
    if weak:
        return NewTest(
            path=shown, proof=Proof.WEAK_RED, red=_said(weak[0]) or printable(red.text.headline, REASON), others=others
        )
    return NewTest(path=shown, proof=Proof.NO_RED, others=others)


def _by_file(shown: str, path: str, names: Collection[str] | None, red: Run) -> NewTest:
    """For a runner that names at most the tests that fail."""
    failed = [test for test in _chosen(red, path, names) if test.fate is Fate.FAILED]
    strong = [test for test in failed if test.name and failure_of(test.reason) is not Failure.LOADS]
    if strong:
        named = tuple(test.name for test in strong)[:MOST]
        return NewTest(path=shown, proof=Proof.RED_GREEN, red=_said(strong[0]), tests=named)
    if failed:
        return NewTest(path=shown, proof=Proof.WEAK_RED, red=_said(failed[0]) or printable(red.text.headline, REASON))
    if red.passed:
        return NewTest(path=shown, proof=Proof.NO_RED)
    if names is not None and any(test.name for test in red.text.tests):  # others fail, these do not
        return NewTest(path=shown, proof=Proof.NO_RED)
    proof = Proof.WEAK_RED if red.failure is Failure.LOADS else Proof.RED_GREEN
    return NewTest(path=shown, proof=proof, red=printable(red.text.headline or red.reason, REASON))


def _chosen(run: Run, path: str, names: Collection[str] | None) -> Sequence[Ran]:
    return [test for test in run.of(path) if names is None or not test.name or test.name in names]


def _said(test: Ran) -> str:
    return f"{test.name}: {test.reason}" if test.name and test.reason else test.reason or test.name
