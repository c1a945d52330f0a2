"""The checks of a commit and of its base: flaky ones, what is known of a base, what `show` leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
from action_places import ActionPlaces, action_places

from overnight.actions.charter import Request, Rules
from overnight.actions.evidence.base_runs import SPAN_S, BaseRuns
from overnight.actions.evidence.checks import ActionChecks
from overnight.actions.evidence.runs import RunText, read_run
from overnight.actions.evidence.trying import Trying
from overnight.actions.findings import CheckOutcome, Evidence, Proof, RiskKind
from overnight.git.port import FileChange
from overnight.ledger.artifacts import ArtifactStore

PNG = "printf '\\211PNG\\r\\n\\032\\n more' > show/a.png"


def _evidence(
    places: ActionPlaces, edits: Mapping[str, bytes | None], rules: Rules, request: Request | None = None
) -> Evidence:
    checks = ActionChecks(commands=places.commands, history=places.history, known=places.state / "known")
    asked = request or Request(repo="", title="x", text="x")
    commit = places.attempt(1, edits)
    return anyio.run(partial(checks.evidence, base=places.base, commit=commit, request=asked, rules=rules))


def test_what_show_leaves_is_kept(tmp_path: Path) -> None:
    """Its output, and pictures by what they begin with; links and other files are not, nor what was committed."""
    command = f"echo seen; mkdir -p show; {PNG}; echo no > show/b.png; ln -s /etc/passwd show/c.png; echo x > show/d.txt"
    rules = Rules(show=command)
    with action_places(tmp_path, {"a.txt": "a\n"}, rules=rules) as places:
        found = _evidence(places, {"a.txt": b"b\n"}, rules)
        kept = [places.commands.artifacts.read(each) for each in found.shown]
    assert kept == [b"seen\n", b"\x89PNG\r\n\x1a\n more"]
    assert found.show_problem == ""


def test_hostile_pictures(tmp_path: Path) -> None:
    """A pipe is not waited for, a link for the folder is not followed, and what is too large is not kept."""
    rules = Rules(show=f"mkdir show; mkfifo show/a.png; {PNG.replace('a.png', 'b.png')}; truncate -s 6M show/b.png")
    one, two = tmp_path / "1", tmp_path / "2"
    one.mkdir()
    two.mkdir()
    with action_places(one, {"a.txt": "a\n"}, rules=rules) as places:
        assert not _evidence(places, {"a.txt": b"b\n"}, rules).shown
    elsewhere = Rules(show=f"mkdir show other; {PNG}; mv show/a.png other; rmdir show; ln -s other show")
    with action_places(two, {"a.txt": "a\n"}, rules=elsewhere) as places:
        assert not _evidence(places, {"a.txt": b"b\n"}, elsewhere).shown


def test_a_show_that_fails_says_why(tmp_path: Path) -> None:
    """The request's own command stands before that of the repository."""
    request = Request(repo="", title="x", text="x", show="echo broken; exit 3")
    with action_places(tmp_path, {"a.txt": "a\n"}) as places:
        found = _evidence(places, {"a.txt": b"b\n"}, Rules(show="true"), request)
    assert found.show_problem == "`echo broken; exit 3`: exit code 3: broken"


def test_a_check_that_fails_twice_counts(tmp_path: Path) -> None:
    """It is run again on both sides; one that failed before as well is no fault of the change."""
    rules = Rules(checks=("grep -q b a.txt", "grep -q a a.txt", "false"))
    with action_places(tmp_path, {"a.txt": "a\n"}, rules=rules) as places:
        found = _evidence(places, {"a.txt": b"b\n"}, rules)
    assert [(each.passed, each.tries) for each in found.before] == [(False, 2), (True, 1), (False, 2)]
    assert [(each.passed, each.tries) for each in found.after] == [(True, 1), (False, 2), (False, 2)]
    assert [each.command for each in found.broken] == ["grep -q a a.txt"]


def test_a_check_that_fails_by_chance_is_flaky(tmp_path: Path) -> None:
    """It counts as passed, and keeps what it said when it failed."""
    with action_places(tmp_path, {"a.txt": "a\n"}) as places:
        outcomes = [CheckOutcome(command="x", passed=False, reason="exit code 1"), CheckOutcome(command="x", passed=True)]

        class Chance(Trying):
            async def outcome(
                self, commit: str, command: str, changes: Sequence[FileChange] = (), *, keep: bool = True
            ) -> tuple[CheckOutcome, RunText]:
                return outcomes.pop(0), read_run(b"")

        found, _ = anyio.run(Chance(commands=places.commands).settled, places.base, "x")
    assert (found.passed, found.flaky, found.tries, found.reason) == (True, True, 2, "exit code 1")


def test_the_merge_queue_sees_each_failure_of_a_check(tmp_path: Path) -> None:
    """A run that it asks for is one run: how often a check may fail before it lands is the queue's to count."""
    with action_places(tmp_path, {"a.txt": "a\n"}) as places:
        checks = ActionChecks(commands=places.commands, history=places.history)
        found = anyio.run(checks.run, places.base, ["false", "true"])
    assert [(each.passed, each.tries) for each in found] == [(False, 1), (True, 1)]


def test_tests_are_read_in_full_when_the_store_of_logs_is(tmp_path: Path) -> None:
    """Logs are cut once they fill their share of the disk; what the runs showed does not depend on that."""
    said = "".join(f"PASSED test_{number}.py::test_a_name_of_usual_length\\n" for number in range(900))
    with action_places(tmp_path, {"a.txt": "a\n"}) as places:
        commands = replace(places.commands, artifacts=ArtifactStore(tmp_path / "full", generous_bytes=0))
        outcome, text = anyio.run(Trying(commands=commands).outcome, places.base, f"printf '{said}'")
        kept = commands.artifacts.read(outcome.log) or b""
    assert len(text.tests) == 900
    assert kept.startswith(b"[") and len(kept) < len(said)


def test_only_logs_that_an_outcome_names_are_kept(tmp_path: Path) -> None:
    """A change is tried in many parts, and what those runs print is read and not kept."""
    rules = Rules(checks=("date +%N; python -m unittest -v",), test="date +%N; python -m unittest -v {files}")
    test = b"import unittest\nimport a\n\n\nclass A(unittest.TestCase):\n    def test_f(self):\n        assert a.f() == 2\n"
    with action_places(tmp_path, {"a.py": "x = 1\n"}, rules=rules) as places:
        found = _evidence(places, {"a.py": b"x = 1\n\n\ndef f():\n    return 2\n", "test_a.py": test}, rules)
        kept = {f"{path.parent.name}{path.name}" for path in (places.state / "artifacts").glob("*/*")}
    assert [proof.proof for proof in found.proofs] == [Proof.RED_GREEN]
    assert kept == {outcome.log for outcome in (*found.before, *found.after)}


def test_what_passed_on_a_base_is_known_for_a_day(tmp_path: Path) -> None:
    """One run serves all actions that begin there; what failed is always run again."""
    with action_places(tmp_path, {"a.txt": "a\n"}) as places:
        trying = Trying(commands=places.commands)
        times = [0.0]
        known = BaseRuns(folder=places.state / "known", trying=trying, about=(), now=lambda: times[0])

        async def runs(command: str) -> tuple[str, bool]:
            outcome, _ = await known.settled(places.base, command)
            return outcome.log, outcome.passed

        command = "head -c 8 /dev/urandom | od"  # says something else each time
        first = anyio.run(runs, command)
        kept = next((places.state / "known").iterdir()).stat().st_mtime
        times[0] = kept
        assert anyio.run(runs, command) == first
        times[0] = kept + SPAN_S + 1
        assert anyio.run(runs, command) != first
        assert not anyio.run(runs, "false")[1]
        assert len(list((places.state / "known").iterdir())) == 1


def test_linters_prove_nothing(tmp_path: Path) -> None:
    """A linter notices a function that returns at once; only tests count."""
    lint = 'set -- ruff check; python -c \'import ast, sys; sys.exit("return None" in open("a.py").read())\''
    rules = Rules(checks=(lint, "python -m unittest -q"))
    test = b"import unittest\nimport a\n\n\nclass A(unittest.TestCase):\n    def test_f(self):\n        a.f()\n"
    files = {
        "a.py": "x = 1\n",
        "test_b.py": "import unittest\n\n\nclass B(unittest.TestCase):\n    def test_b(self):\n        pass\n",
    }
    with action_places(tmp_path, files, rules=rules) as places:
        found = _evidence(places, {"a.py": b"x = 1\n\n\ndef f():\n    return 2\n", "test_a.py": test}, rules)
    assert [proof.proof for proof in found.proofs] == [Proof.WEAK_RED]
    assert [hunk.line for hunk in found.unproven] == [4]


def test_files_that_do_not_fit_on_the_base(tmp_path: Path) -> None:
    """A test file below what is a file on the base cannot be put there: it fails there, and that is all."""
    rules = Rules(checks=("true",), test="sh {files}")
    with action_places(tmp_path, {"x": "a\n"}, rules=rules) as places:
        found = _evidence(places, {"x": None, "x/test_a.sh": b"exit 0\n", "lib.sh": b"echo 1\n"}, rules)
    assert [proof.proof for proof in found.proofs] == [Proof.WEAK_RED]


def test_protected_files_are_a_risk(tmp_path: Path) -> None:
    """Also if nothing else stands out."""
    rules = Rules(protected=("deploy/**",))
    with action_places(tmp_path, {"deploy/run.yaml": "a: 1\n"}, rules=rules) as places:
        found = _evidence(places, {"deploy/run.yaml": b"a: 2\n"}, rules)
    assert [(risk.kind, risk.path) for risk in found.risks] == [(RiskKind.PROTECTED, "deploy/run.yaml")]
    assert not found.flags
