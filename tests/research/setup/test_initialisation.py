"""From a repository to a program: look, propose, measure twice, ask, write."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from targets import git, repository_of

from overnight.errors import UserError
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.git.repository import Repository
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.loop.command import TrialFailed
from overnight.research.setup import first_look
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.initialisation import InitReport, initialise
from overnight.research.setup.refinement import FirstRun
from overnight.research.setup.remedies import remedy
from overnight.research.setup.wishes import Wishes
from overnight.research.views.connection import BrokenFile, Connection, Outcome

TRAIN = 'print(f"val_bpb: {1.0:.6f}")\n'
BODY = b"# My program\r\n\r\nTry \xc3\xbcber ideas.\n---\nno newline at the end"


def names_in(folder: Path) -> list[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


class Measured:
    """Checks and two trials with fixed results; keeps the program that was asked for."""

    def __init__(
        self, *values: float | None, failing: str = "", output: bytes = b"", opened: frozenset[str] = frozenset()
    ) -> None:
        self.values = values
        self.output = output  # of the first trial
        self.opened = opened  # by it; if none is named, every file
        self.failing = failing  # what the checks end with
        self.programs: list[Program] = []
        self.connection = Connection(reads=(), reads_complete=True, editable=(), idle_checks=())

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        return TrialFailed(Fault.CHECKS, self.failing) if self.failing else None

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        self.programs.append(program)
        opened = self.opened or {str(path.relative_to(repository.toplevel)) for path in repository.toplevel.rglob("*")}
        observed = Observed(trial=self._trial(0, self.values[0]), opened=frozenset(opened), complete=True)
        return FirstRun(observed=observed, output=self.output)

    async def second(self, repository: Repository, program: Program) -> Trial:
        self.programs.append(program)
        return self._trial(1, self.values[1])

    async def prove(
        self, repository: Repository, program: Program, first: Observed, sigma: float, *, named: bool
    ) -> Connection:
        return self.connection

    @staticmethod
    def _trial(index: int, value: float | None) -> Trial:
        key = TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index)
        fault = Fault.METRIC if value is None else None
        return Trial(
            key=key,
            seed=1,
            tree="t",
            value=value,
            metrics={} if value is None else {"cpu_s": value},
            fault=fault,
            reason="no line `METRIC`" if fault else "",
            wall_s=2.5,
        )


def run(
    repository: Repository, measured: Measured, wishes: Wishes | None = None, *, agree: bool = True
) -> tuple[InitReport, str]:
    """The report, and what was printed."""
    said: list[str] = []
    report = anyio.run(initialise, repository, wishes or Wishes(), measured, lambda _: agree, said.append)
    return report, "\n".join(said)


def test_a_usual_repo_gets_a_program_that_parses(tmp_path: Path) -> None:
    """What is written is what was proposed, shown and measured."""
    repository, measured = repository_of(tmp_path, {"train.py": TRAIN, "prepare.py": ""}), Measured(1.0, 1.25)
    report, said = run(repository, measured)
    text = (tmp_path / "program.md").read_text()
    assert report.written
    assert text == report.front_matter
    assert parse_program(text, "program.md").metric == measured.programs[0].metric
    assert text in said
    assert "val_bpb = 1.25   2.5 s" in said
    assert "They differ by 0.25 (20.00%)" in said
    assert (report.spread, report.values, report.seconds) == (0.25, [1.0, 1.25], [2.5, 2.5])


def test_the_existing_text_stays_to_the_byte(tmp_path: Path) -> None:
    """An existing program.md keeps its body and its mode under the new front matter."""
    repository = repository_of(tmp_path, {"train.py": TRAIN})
    path = tmp_path / "program.md"
    path.write_bytes(BODY)
    path.chmod(0o640)
    report, said = run(repository, Measured(1.0, 1.0))
    assert path.read_bytes() == report.front_matter.encode() + BODY
    assert parse_program(path.read_bytes().decode(), "p").body.encode() == BODY
    assert path.stat().st_mode & 0o777 == 0o640
    assert "which stays as it is" in said
    assert "looks deterministic" in said
    assert names_in(tmp_path) == [".git", "program.md", "train.py"]


def test_without_consent_nothing_is_written(tmp_path: Path) -> None:
    """The answer no leaves the folder as it was."""
    repository = repository_of(tmp_path, {"train.py": TRAIN})
    report, said = run(repository, Measured(1.0, 2.0), agree=False)
    assert not report.written
    assert not (tmp_path / "program.md").exists()
    assert "nothing was written" in said


def test_an_existing_front_matter_is_never_touched(tmp_path: Path) -> None:
    """A second init is refused and says what to do instead."""
    repository = repository_of(tmp_path, {"train.py": TRAIN, "program.md": "---\nmetric: loss\n---\nbody"})
    with pytest.raises(UserError, match="has a front matter already; check it with `overnight check`"):
        run(repository, Measured(1.0, 1.0))
    assert (tmp_path / "program.md").read_text() == "---\nmetric: loss\n---\nbody"


def test_a_file_that_changes_under_our_hands_is_left_alone(tmp_path: Path) -> None:
    """What the user types while the trials run is not overwritten, nor a file that appears."""
    for before in (None, b"old"):
        folder = tmp_path / str(before)
        repository = repository_of(folder, {"train.py": TRAIN})
        path = folder / "program.md"
        if before is not None:
            path.write_bytes(before)

        def type_meanwhile(_: str, path: Path = path) -> bool:
            path.write_bytes(b"typed meanwhile")
            return True

        with pytest.raises(UserError, match=r"changed meanwhile|cannot be written: File exists"):
            anyio.run(initialise, repository, Wishes(), Measured(1.0, 1.0), type_meanwhile, lambda _: None)
        assert path.read_bytes() == b"typed meanwhile"
        assert names_in(folder) == [".git", "program.md", "train.py"]


def test_a_link_and_foreign_bytes_are_refused(tmp_path: Path) -> None:
    """A program.md that is a link or not UTF-8 is not written through or over."""
    repository = repository_of(tmp_path, {"train.py": TRAIN, "other.md": "other"})
    path = tmp_path / "program.md"
    path.symlink_to("other.md")
    with pytest.raises(UserError, match="is not a regular file"):
        run(repository, Measured(1.0, 1.0))
    path.unlink()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not UTF-8"):
        run(repository, Measured(1.0, 1.0))


def test_a_measure_command_without_a_value_ends_in_one_line(tmp_path: Path) -> None:
    """The message has the trial's reason and the fix, and nothing is written."""
    repository = repository_of(tmp_path, {"train.py": TRAIN})
    with pytest.raises(UserError, match="gave no value: no line `METRIC`; nothing was written; fix it, or set --metric"):
        run(repository, Measured(1.0, None))
    assert not (tmp_path / "program.md").exists()


def test_what_the_user_sets_wins(tmp_path: Path) -> None:
    """Overrides replace what was detected and are marked so."""
    repository, measured = repository_of(tmp_path, {"train.py": TRAIN, "a.py": ""}), Measured(1.0, 1.0)
    report, _ = run(repository, measured, Wishes(metric="reward:maximize", measure="make it", editable=("a.py",)))
    program = measured.programs[0]
    assert (program.metric.name, program.metric.direction) == ("reward", "maximize")
    assert (program.measure, program.editable) == ("make it", ("a.py",))
    assert {entry.reason for entry in report.keys} == {"set by hand"}


@pytest.mark.parametrize("name", ["p95", "p95_ms"])
def test_a_metric_that_is_named_by_hand_keeps_what_the_script_shows(tmp_path: Path, name: str) -> None:
    """Of several numbers with a unit, the one that the user names comes with its pattern; there is no note on the others."""
    script = 'print(f"p50: {a:.2f} ms")\nprint(f"p95: {b:.2f} ms")\n'
    repository, measured = repository_of(tmp_path, {"latency.py": script, "app/a.py": ""}), Measured(1.0, 1.0)
    report, _ = run(repository, measured, Wishes(metric=name))
    metric = measured.programs[0].metric
    assert (metric.name, metric.direction, metric.pattern) == ("p95_ms", "minimize", r"^\s*p95\s*:\s*([0-9.]+)\s*ms\b")
    assert not any("--metric" in note for note in report.notes)


@pytest.mark.parametrize(
    ("files", "wishes", "message"),
    [
        ({"a.txt": ""}, Wishes(), "how to measure; name the command that measures: overnight init --measure COMMAND"),
        (
            {"play.py": "if __name__ == '__main__': ...", "a/b.py": "# __main__", "setup.py": "__main__", "c/makefile": ""},
            Wishes(),
            "overnight init --measure 'python play.py'; or `python a/b.py`",
        ),
        ({"train.py": "x"}, Wishes(), "found nothing here that shows the metric"),
        ({"train.py": "print('METRIC reward=1')"}, Wishes(), "found the metric reward, but not which way is better"),
        (
            {"train.py": TRAIN},
            Wishes(metric="loss:smaller"),
            "metric.direction: must be 'minimize' or 'maximize', not `smaller`",
        ),
        ({"train.py": TRAIN}, Wishes(editable=("b.py",)), "`b.py` matches no file of the commit"),
    ],
)
def test_what_only_the_user_can_say_is_asked_for(tmp_path: Path, files: dict[str, str], wishes: Wishes, message: str) -> None:
    """What cannot be found, or does not fit, ends in one line that says how to set it."""
    with pytest.raises(UserError) as caught:
        run(repository_of(tmp_path, files), Measured(1.0, 1.0), wishes)
    assert message in str(caught.value)


def test_checks_that_fail_are_left_as_a_comment(tmp_path: Path) -> None:
    """A proposed check that does not pass on what is committed would make every experiment crash, so it is only a comment."""
    repository = repository_of(tmp_path, {"train.py": TRAIN, "tests/test_it.py": "def test(): assert False\n"})
    why = "the check `python -m pytest -q` failed: 1 failed"
    report, said = run(repository, Measured(1.0, 1.0, failing=why))
    text = (tmp_path / "program.md").read_text()
    assert parse_program(text, "program.md").checks == ()
    assert f"# Left out because it was tried and failed: {why}" in text
    assert "# checks: [python -m pytest -q]" in text
    assert "They fail, so they are left out" in said
    assert [entry.fails for entry in report.keys if entry.key == "checks"] == [why]


def test_an_environment_that_is_not_active_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note says if `python` is not the repository's own interpreter; there is none if it is."""
    repository = repository_of(tmp_path, {"train.py": TRAIN})
    own = tmp_path / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.symlink_to(sys.executable)
    _, said = run(repository, Measured(1.0, 1.0), agree=False)
    assert "not the one of .venv/; if that is wrong, run `. .venv/bin/activate` first" in said
    monkeypatch.setenv("PATH", f"{own.parent}:{os.environ['PATH']}")
    _, said = run(repository, Measured(1.0, 1.0), agree=False)
    assert "note:" not in said


def test_a_session_script_must_be_committed(tmp_path: Path) -> None:
    """Trials see what is committed; a script that is not committed would only fail later."""
    repository = repository_of(tmp_path, {"lib.py": ""})
    (tmp_path / "autoresearch.sh").write_text("echo METRIC total_ms=1\n")
    with pytest.raises(UserError, match=r"autoresearch.sh is not committed, .*; git add -f autoresearch.sh"):
        run(repository, Measured(1.0, 1.0), Wishes(editable=("lib.py",)))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "script")
    assert run(repository, Measured(1.0, 1.0), Wishes(editable=("lib.py",)))[0].written


def test_a_read_only_folder_ends_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails says so, and leaves nothing behind."""
    repository = repository_of(tmp_path, {"train.py": TRAIN})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="cannot be written: No space left on device; nothing was changed"):
        run(repository, Measured(1.0, 1.0))
    assert names_in(tmp_path) == [".git", "train.py"]


def test_the_report_is_json(tmp_path: Path) -> None:
    """The report of `--json` has the keys with their reasons, the values and whether it was written."""
    from pydantic_core import to_json

    report, _ = run(repository_of(tmp_path, {"train.py": TRAIN}), Measured(1.0, 2.0))
    found = json.loads(to_json(report))
    assert found["keys"][0] == {
        "key": "metric",
        "value": {"name": "val_bpb", "direction": "minimize"},
        "reason": "train.py prints it",
        "fails": "",
    }
    assert (found["values"], found["spread"], found["written"]) == ([1.0, 2.0], 1.0, True)


def test_files_in_scope_that_are_not_committed_are_named(tmp_path: Path) -> None:
    """If none of a session's files is there, the refusal says which ones it named and why they do not count."""
    prompt = "**Primary:** x_ms\n## Scope\n`gone.py` and `lib.py`\n"
    repository = repository_of(tmp_path, {"autoresearch.sh": "echo METRIC x_ms=1\n", "autoresearch.md": prompt})
    with pytest.raises(UserError, match=r"autoresearch.md: left out of `editable`: `gone.py` \(no committed file\), `lib.py`"):
        run(repository, Measured(1.0, 1.0))
    (tmp_path / "lib.py").touch()
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "lib")
    report, said = run(repository, Measured(1.0, 1.0))
    assert [entry.value for entry in report.keys if entry.key == "editable"] == [["lib.py"]]
    assert any("`gone.py` (no committed file)" in note for note in report.notes) and "`gone.py`" in said


SESSION = {
    ".auto/measure.sh": "make -s bench\n",
    ".auto/checks.sh": "python3 tests/test_a.py\n",
    ".auto/prompt.md": "- **Primary**: `us` (lower is better)\n## Files in Scope\nSCOPE",
    "Makefile": "bench:\n\tpython3 bench.py\n",
    "bench.py": "",
    "src/core.py": "",
    "tests/test_a.py": "",
}


def session(tmp_path: Path, *scope: str) -> Repository:
    """A repository in which another loop tool worked on these files."""
    named = "".join(f"- `{path}`\n" for path in scope)
    files = {name: text.replace("SCOPE", named) for name, text in SESSION.items()}
    return repository_of(tmp_path, files)


def test_what_the_commands_run_is_never_proposed(tmp_path: Path) -> None:
    """Neither their scripts nor what these call, nor tests; a note names each and says why."""
    repository = session(tmp_path, "src/core.py", ".auto/*", "tests/", "bench.py", "Makefile")
    measured = Measured(1.0, 1.0)
    _, said = run(repository, measured)
    assert measured.programs[0].editable == ("src/core.py",)
    assert "note: left out of `editable`: `.auto/measure.sh` is run by measure" in said
    assert "a proposal must not change what judges it" in said


def test_a_scope_of_judges_alone_is_refused(tmp_path: Path) -> None:
    """There is nothing to propose then; the fix is an option."""
    with pytest.raises(
        UserError, match=r"nothing is left that may change: .*`tests/test_a.py` is run by checks .*--editable FILE"
    ):
        run(session(tmp_path, "tests/"), Measured(1.0, 1.0))


def test_a_judge_that_the_user_names_is_refused(tmp_path: Path) -> None:
    """`--editable` is not corrected silently."""
    with pytest.raises(UserError, match=r"`bench.py` is run by measure through .auto/measure.sh and Makefile"):
        run(session(tmp_path, "src/core.py"), Measured(1.0, 1.0), Wishes(editable=("src/core.py", "bench.py")))


def test_what_the_first_trial_opens_may_be_edited(tmp_path: Path) -> None:
    """Of that, what does not measure by its name or by the commands; the reason names what is frozen."""
    files = dict.fromkeys(("engine.py", "simulator.py", "unused.py", "tests/test_a.py"), "") | {
        "bench.py": "import engine\nrun()\n"
    }
    measured = Measured(1.0, 1.0, opened=frozenset({"bench.py", "engine.py", "simulator.py", "tests/test_a.py"}))
    report, said = run(repository_of(tmp_path, files), measured)
    assert [entry.value for entry in report.keys if entry.key == "editable"] == [["engine.py"]]
    assert "but not bench.py, simulator.py, which by name measures; all else is frozen" in said


def test_a_benchmark_that_may_hold_the_code_is_asked_about(tmp_path: Path) -> None:
    """`--yes` does not answer for a person; the fix is the whole command."""
    repository = repository_of(tmp_path, {"bench.py": "print(sum(range(9)))\n", "other.py": ""})
    with pytest.raises(UserError) as caught:
        run(repository, Measured(1.0, 1.0, opened=frozenset({"bench.py"})), Wishes(wall="9m"))
    assert "bench.py is all the code that the command reads, and its name says that it measures" in str(caught.value)
    assert "overnight init --wall 9m --editable bench.py" in str(caught.value)


def test_a_number_with_a_unit_is_the_metric_of_a_command_without_one(tmp_path: Path) -> None:
    """A rate that the command prints, in place of its time; the first value is read from the same trial."""
    measured = Measured(3.0, 815.0, output=b"load: 3 ms\nThroughput: 812.5 MB/s\n")
    report, _ = run(repository_of(tmp_path, {"sort.sh": "true"}), measured, Wishes(measure="bash sort.sh"))
    [metric] = [entry.value for entry in report.keys if entry.key == "metric"]
    assert isinstance(metric, dict) and (metric["name"], metric["direction"]) == ("throughput_mb_per_s", "maximize")
    assert report.values == [812.5, 815.0]
    assert any("load_ms" in note for note in report.notes)


def test_a_metric_that_the_user_names_is_not_replaced(tmp_path: Path) -> None:
    """Nor is CPU time, if it is what the user wants."""
    measured = Measured(3.0, 3.0, output=b"Throughput: 812.5 MB/s\n")
    report, _ = run(repository_of(tmp_path, {"sort.sh": "true"}), measured, Wishes(measure="bash sort.sh", metric="cpu_s"))
    assert [entry.value for entry in report.keys if entry.key == "metric"] == [{"name": "cpu_s", "direction": "minimize"}]


def test_a_metric_that_the_first_trial_prints_needs_no_advice(tmp_path: Path) -> None:
    """The notes on how to read a printed number are for a metric that is measured from outside."""
    repository = repository_of(tmp_path, {"bench.py": "import lib\nlib.run()\n", "lib.py": "def run(): pass\n"})
    printed, said = run(repository, Measured(1.0, 1.0, output=b"sorted: 12.5 rows/s\n"), agree=False)
    assert "rows_per_s" in printed.front_matter and "instead" not in said
    outside, said = run(repository, Measured(1.0, 1.0), agree=False)
    assert "cpu_s" in outside.front_matter and "to measure a number that the command prints instead" in said


def test_a_result_that_is_not_found_in_the_output_is_asked_for(tmp_path: Path) -> None:
    """A game is about its score: how long it runs is not proposed in its place, and the output is shown."""
    play = "import game\nif __name__ == '__main__':\n    print('best result', game.play())\n"
    repository = repository_of(tmp_path, {"play.py": play, "game.py": "def play(): return 3\n"})
    with pytest.raises(UserError, match="overnight init --metric NAME:maximize --pattern") as caught:
        run(repository, Measured(1.0, 1.0, output=b"best result of all\n"))
    assert "about a result that it prints" in str(caught.value) and caught.value.excerpt == ("best result of all",)
    report, _ = run(repository, Measured(1.0, 1.0), Wishes(metric="cpu_s:minimize"))
    assert "measure: python play.py" in report.front_matter


def test_a_metric_that_only_the_text_of_a_script_shows_gives_way_to_its_output(tmp_path: Path) -> None:
    """The text seems to print a loss alone on a line, and each step prints it among others."""
    script = "import net\nfor i in range(2):\n    print(f'loss: {net.loss(i)}', end=' ')\n    print('epoch', i)\n"
    repository = repository_of(tmp_path, {"bench.py": script, "net.py": "def loss(i): return i\n"})
    measured = Measured(None, 2.0, output=b"epoch 1 loss: 3\nepoch 2 loss: 2\n")
    report, _ = run(repository, measured)
    metric = measured.programs[-1].metric
    assert (metric.name, metric.take, report.values) == ("loss", "last", [2, 2])
    (tmp_path / "program.md").unlink()
    with pytest.raises(UserError, match="gave no value"):
        run(repository, Measured(None, 2.0, output=b"done 1\n"))


def test_a_training_script_is_about_what_its_output_shows(tmp_path: Path) -> None:
    """Its text says in no simple form what it prints; if the output does not either, that is asked."""
    script = "import net\nprint('Epoch: {:04d}'.format(1), 'loss_val: {:.4f}'.format(net.loss()))\n"
    repository = repository_of(tmp_path, {"train.py": script, "net.py": "def loss(): return 1\n"})
    measured = Measured(
        3.0, 0.4, output=b"Epoch: 0001 loss_train: 0.5 loss_val: 0.6\nEpoch: 0002 loss_train: 0.4 loss_val: 0.5\n"
    )
    report, _ = run(repository, measured, agree=False)
    metric = measured.programs[-1].metric
    assert (metric.name, metric.take, report.values) == ("loss_val", "last", [0.5, 0.4])
    with pytest.raises(UserError, match="about a result that it prints, and no number of its output is clearly the metric"):
        run(repository, Measured(3.0, 3.0, output=b"done 1\n"))


BENCH = {"bench.js": "const B = require('benchmark')\nconst own = require('./index')\n", "index.js": ""}


def test_the_rows_of_a_suite_are_one_metric(tmp_path: Path) -> None:
    """Without the rows of the packages that it is compared with; the second trial has to print as many."""
    package = json.dumps({"name": "mylib", "devDependencies": {"rival": "1"}})
    repository = repository_of(tmp_path, {**BENCH, "package.json": package})
    rows = b"mylib#a x 100 ops/sec\nmylib#b x 400 ops/sec\nrival x 9 ops/sec\n"
    measured = Measured(3.0, 200.0, output=rows)
    report, said = run(repository, measured)
    metric = measured.programs[-1].metric
    assert (metric.name, metric.take, metric.values) == ("ops_per_sec", "geomean", 2)
    assert report.values == [pytest.approx(200), 200]
    assert "mylib#a and 1 more`, 2 values, whose geometric mean it is" in said
    assert "--metric rival_ops_per_sec:maximize --pattern" in said


def test_a_number_of_rows_that_changes_by_chance_comes_with_a_fix() -> None:
    """Of one row there is always one."""
    metric = "{name: ops_per_s, pattern: ' ([0-9]+) ops', take: geomean, values: 2}"
    program = parse_program(f"---\nmetric: {metric}\nmeasure: node bench.js\n---\n", "program.md")
    found = remedy(program, "metric ops_per_s has 3 values in the output instead of 2 (`values`)")
    assert found is not None and "--metric ops_per_s:maximize --pattern REGEX" in found.in_init(Wishes())
    assert "without `take` and `values`" in found.in_program()


@pytest.mark.parametrize(
    ("files", "output", "question", "fix"),
    [
        (
            BENCH,
            b"Fastest is a\n",
            "repeats a call until a time is over (`benchmark`), so its CPU time shows no",
            "--pattern 'REGEX'",
        ),
        (
            {"bench.py": "import torch\nfrom code import f\n", "code.py": "def f(): ..."},
            b"train loss 3\nlog loss 4\n",
            "trains a model, so its CPU time is hardly what is to be improved",
            "--pattern 'REGEX'",
        ),
        (
            {"bench.py": "from code import f\nf()\n", "code.py": "def f(): ..."},
            b"Best fitness: 3\n",
            "prints `Best fitness`, and only you know whether more of it is better",
            r"overnight init --wall 9m --metric best_fitness:minimize --pattern '(?:^|[^\w.])Best\s+fitness",
        ),
    ],
)
def test_time_that_shows_no_gain_is_never_the_metric(
    tmp_path: Path, files: dict[str, str], output: bytes, question: str, fix: str
) -> None:
    """If no other number is clear, the question has what was seen, as options, with those of the user."""
    with pytest.raises(UserError) as caught:
        run(repository_of(tmp_path, files), Measured(3.0, 3.0, output=output), Wishes(wall="9m"))
    assert question in str(caught.value)
    assert fix in str(caught.value)


@pytest.mark.parametrize("nearer", [first_look.MOST_READ - 1, first_look.MOST_READ])
def test_only_the_files_nearest_to_the_top_are_read(tmp_path: Path, nearer: int) -> None:
    """A benchmark behind many files that might be one is not looked for, so a large repository costs no more."""
    near = {f"x{number}_test.go": "func TestX(t *testing.T) {\n" for number in range(nearer)}
    repository = repository_of(tmp_path, {**near, "deep/sum_test.go": "func BenchmarkSum(b *testing.B) {\n"})
    if nearer < first_look.MOST_READ:
        assert (first_look.propose(repository, Wishes()).program.measure or "").startswith("go test")
    else:
        with pytest.raises(UserError, match="found nothing here"):
            first_look.propose(repository, Wishes())


class Flaky(Measured):
    """Checks that fail the first time only."""

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        failed, self.failing = self.failing, ""
        return TrialFailed(Fault.CHECKS, failed) if failed else None


def test_checks_that_fail_by_chance_are_kept_and_said_to(tmp_path: Path) -> None:
    """A second try passes: a comment in their place would leave a night without checks."""
    repository = repository_of(tmp_path, {"train.py": TRAIN, "tests/test_a.py": ""})
    report, said = run(repository, Flaky(1.0, 1.0, failing="3 failed"))
    assert parse_program(report.front_matter, "program.md").checks == ("python -m pytest -q",)
    assert "the checks failed once and then passed, so a candidate may fail them by chance" in said and "3 failed" in said


class ByCommand(Measured):
    """First trials that fail by command, with what they print."""

    def __init__(self, failing: dict[str, str]) -> None:
        super().__init__(1.0, 1.0)
        self.reasons = failing

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        run = await super().first(repository, program)
        if (reason := self.reasons.get(program.measure or "")) is None:
            return run
        trial = replace(run.observed.trial, value=None, fault=Fault.EXIT, reason=reason)
        return FirstRun(observed=replace(run.observed, trial=trial), output=b"")


BENCHMARKS = {"bench_a.py": "import lib\nlib.run()\n", "bench_b.py": "import lib\nlib.run()\n", "lib.py": ""}


def test_where_the_likeliest_command_fails_the_next_is_tried(tmp_path: Path) -> None:
    """A note names the first and why it is of no use."""
    measured = ByCommand({"python bench_a.py": "exit code 3: it wants a server"})
    report, said = run(repository_of(tmp_path, BENCHMARKS), measured)
    assert measured.programs[-1].measure == "python bench_b.py"
    assert any("`python bench_a.py` (exit code 3: it wants a server)" in note for note in report.notes)
    assert "It is of no use here: exit code 3" in said


def test_where_every_command_fails_the_first_is_the_error(tmp_path: Path) -> None:
    """With the others that were tried."""
    measured = ByCommand({"python bench_a.py": "exit code 3: a", "python bench_b.py": "exit code 4: b"})
    message = r"gave no value: exit code 3: a; .*tried after `python bench_a.py`: `python bench_b.py` \(exit code 4: b\)"
    with pytest.raises(UserError, match=message):
        run(repository_of(tmp_path, BENCHMARKS), measured)


def test_a_command_with_a_known_fix_or_a_name_is_not_passed_over(tmp_path: Path) -> None:
    """The user installs what is missing, and gets the command that is meant; nor is a command replaced that the user named."""
    repository = repository_of(tmp_path, BENCHMARKS)
    missing = {"python bench_a.py": "exit code 1: ModuleNotFoundError: No module named 'surely_missing'"}
    with pytest.raises(UserError, match=r"No module named 'surely_missing'.*install it"):
        run(repository, ByCommand(missing))
    with pytest.raises(UserError, match="exit code 3"):
        run(repository, ByCommand({"python x.py": "exit code 3: a"}), Wishes(measure="python x.py"))


def test_a_command_that_ends_well_but_ran_nothing_says_what_it_lacks(tmp_path: Path) -> None:
    """A benchmark that calls another program and does not look at its exit code."""
    repository = repository_of(tmp_path, {"bench.py": "import subprocess\n"})
    output = b"/usr/bin/python: No module named surely_missing\n"
    with pytest.raises(UserError, match=r"ended well, but failed all the same: .*No module named surely_missing"):
        run(repository, Measured(1.0, 1.0, output=output, opened=frozenset({"bench.py"})))


def test_a_command_whose_program_is_not_installed_is_passed_over(tmp_path: Path) -> None:
    """The next may need another one."""
    measured = ByCommand({"python bench_a.py": "exit code 127: /bin/sh: 1: surely-missing: not found"})
    run(repository_of(tmp_path, BENCHMARKS), measured)
    assert measured.programs[-1].measure == "python bench_b.py"


def test_a_program_that_is_built_first_is_timed_alone(tmp_path: Path) -> None:
    """The time of a compiler is not what is to be improved; where the shell's word cannot be read, all of it is measured."""
    makefile = "bench: bench.c core.c\n\tcc -o bench bench.c core.c\n"
    repository = repository_of(tmp_path, {"Makefile": makefile, "bench.c": "int main() {}\n", "core.c": "int a;\n"})
    measured = Measured(1.0, 1.0)
    report, _ = run(repository, measured, agree=False)
    metric = measured.programs[-1].metric
    assert (metric.name, metric.direction) == ("run_s", "minimize") and "time ./bench" in report.front_matter
    unread = ByCommand({measured.programs[-1].measure or "": "no line `METRIC`"})
    run(repository, unread, agree=False)
    assert (unread.programs[-1].metric.name, unread.programs[-1].measure) == ("cpu_s", "make -s bench && ./bench")


def test_a_run_that_is_too_short_to_be_timed_is_asked_about(tmp_path: Path) -> None:
    """What its build takes is no metric either."""
    makefile = "bench: bench.c core.c\n\tcc -o bench bench.c core.c\n"
    repository = repository_of(tmp_path, {"Makefile": makefile, "bench.c": "int main() {}\n", "core.c": "int a;\n"})
    with pytest.raises(UserError, match=r"is that of its build: it runs for only 0.006 s.*--metric NAME"):
        run(repository, Measured(0.006, 0.006, output=b"width = 3, time = 13\n"))


def test_a_file_whose_failure_changes_nothing_is_left_out(tmp_path: Path) -> None:
    """A module that is imported only where another package is installed, say; `check` would refuse it."""
    repository = repository_of(tmp_path, {"bench.py": "import core\nrun()\n", "core.py": "", "extra.py": ""})
    measured = Measured(1.0, 1.0, opened=frozenset({"bench.py", "core.py", "extra.py"}))
    outcomes = {"core.py": Outcome.FAILS, "extra.py": Outcome.STAYS}
    files = tuple(BrokenFile(path=path, outcome=outcome) for path, outcome in outcomes.items())
    measured.connection = Connection(reads=(), reads_complete=True, editable=files, idle_checks=())
    report, said = run(repository, measured)
    assert parse_program((tmp_path / "program.md").read_text(), "program.md").editable == ("core.py",)
    assert [file.path for file in report.connection.editable] == ["core.py"]
    assert "left out of `editable`, since breaking it on purpose changed no trial: extra.py" in said


def test_where_a_later_command_fails_for_a_known_reason_the_first_is_the_error(tmp_path: Path) -> None:
    """The fix of a command that nobody meant would mislead."""
    missing = "exit code 1: ModuleNotFoundError: No module named 'surely_missing'"
    measured = ByCommand({"python bench_a.py": "exit code 3: a", "python bench_b.py": missing})
    with pytest.raises(UserError, match="gave no value: exit code 3: a"):
        run(repository_of(tmp_path, BENCHMARKS), measured)
