"""`check` proves that what is measured and checked is what may be edited."""

import sys
from pathlib import Path
from typing import Any

import pytest
from targets import make_repo, overnight, read_json

from overnight.gate.trial import Fault, Trial
from overnight.program.program import Direction, Metric, Program
from overnight.research.setup.connection.proof import KEY, Known
from overnight.research.setup.connection.unmeasured import why_unmeasured
from overnight.research.views.connection import Outcome

FRONT = """\
---
metric: {name: us, direction: minimize}
measure: MEASURE
editable: EDITABLE
limits: {wall: 10s, memory: 500MB}
FURTHER
---
"""
PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/core.py": "K = 7\n\ndef cost():\n    return K * K\n",
    "pkg/unused.py": "V = 1\n",
    "bench.py": "from pkg.core import cost\n\nprint(f'METRIC us={cost()}')\n",
}


def _repo(folder: Path, measure: str, editable: str, *, further: str = "", files: dict[str, str] | None = None) -> Path:
    front = FRONT.replace("MEASURE", measure).replace("EDITABLE", editable).replace("FURTHER", further)
    return make_repo(folder, front, files=PACKAGE | (files or {}))


def _connection(repo: Path) -> Any:
    return read_json(repo, "check")["connection"]


def test_the_files_that_the_command_reads_are_named(tmp_path: Path) -> None:
    """In the jail, as the kernel sees it; a file that is not read needs no trial."""
    found = _connection(_repo(tmp_path / "r", "python bench.py", "[pkg/]"))
    assert found["reads"] == ["bench.py", "pkg/__init__.py", "pkg/core.py"] and found["reads_complete"]
    assert {file["path"]: file["outcome"] for file in found["editable"]} == {
        "pkg/__init__.py": "fails",
        "pkg/core.py": "fails",
        "pkg/unused.py": "not read",
    }


def test_words_say_what_was_broken(tmp_path: Path) -> None:
    """A person reads the same."""
    shown = overnight(_repo(tmp_path / "r", "python bench.py", "[pkg/]"), "check", check=0).stdout
    assert "the command reads 3 committed files: bench.py, pkg/__init__.py, pkg/core.py" in shown
    assert "editable, but not read by the command: pkg/unused.py" in shown


def test_an_installed_copy_is_what_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value stays though everything editable is broken: an error that says where the copy is, with the fix."""
    environment = tmp_path / "env"
    site = environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (site / "pkg").mkdir(parents=True)
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(sys.executable)
    (environment / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix, 'bin')}\n")
    for name in ("__init__.py", "core.py"):
        (site / "pkg" / name).write_text(PACKAGE[f"pkg/{name}"])
    monkeypatch.setenv("PATH", f"{environment / 'bin'}:/usr/bin:/bin")
    files = {f"src/{name}": text for name, text in PACKAGE.items() if name.startswith("pkg/")}
    repo = _repo(
        tmp_path / "r", "cd bench; python bench.py", "[src/pkg]", files=files | {"bench/bench.py": PACKAGE["bench.py"]}
    )
    done = overnight(repo, "check", check=2)
    assert "every editable file was broken on purpose, and us is still 49" in done.stderr
    assert str(site / "pkg") in done.stderr and "export PYTHONPATH=$PWD/src; cd bench" in done.stderr


def test_an_unused_file_of_a_package_that_is_installed_too_is_only_unused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the command reads the package from the tree, the copy elsewhere is not the cause."""
    site = tmp_path / "env" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (site / "pkg").mkdir(parents=True)
    (tmp_path / "env" / "bin").mkdir()
    (tmp_path / "env" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path / 'env' / 'bin'}:/usr/bin:/bin")
    program = Program(path="program.md", metric=Metric(name="us", direction=Direction.MINIMIZE), editable=(), measure="true")
    paths = ["src/pkg/__init__.py", "src/pkg/core.py", "src/pkg/unused.py"]
    assert "installed at" in why_unmeasured("src/pkg/unused.py", (), paths, program).why
    assert "take it out" in why_unmeasured("src/pkg/unused.py", ["src/pkg/core.py"], paths, program).fix


def test_a_product_that_is_not_built_is_what_is_measured(tmp_path: Path) -> None:
    """Compiled code that the command does not compile is told as such."""
    files = {"kernel.c": "int k = 7;\n", "kernel.sh": "echo METRIC us=7\n"}
    done = overnight(_repo(tmp_path / "r", "bash kernel.sh", "[kernel.c]", files=files), "check", check=2)
    assert "does not open kernel.c; it runs what was compiled before; compile it in the command" in done.stderr


def test_a_command_that_hides_failure_would_keep_a_crash(tmp_path: Path) -> None:
    """Broken code has a better value than what is committed: an error."""
    repo = _repo(tmp_path / "r", "python bench.py || echo METRIC us=0", "[pkg/]")
    done = overnight(repo, "check", check=2)
    assert "us is 0, better than the 49 of what is committed: a crash would be kept" in done.stderr


def test_a_worse_value_of_broken_code_is_noted(tmp_path: Path) -> None:
    """A command that swallows failure, but punishes it, is told and goes on."""
    repo = _repo(tmp_path / "r", "python bench.py || echo METRIC us=99", "[pkg/]")
    assert any("broken code still gives a value (99)" in note for note in read_json(repo, "check")["notes"])


def test_a_benchmark_that_only_defines_functions_runs_nothing(tmp_path: Path) -> None:
    """Measured from outside, its time is that of the import: an error that names the runner."""
    files = {"bench.py": "from pkg.core import cost\n\ndef test_cost(benchmark):\n    benchmark(cost)\n"}
    repo = _repo(tmp_path / "r", "python bench.py", "[pkg/]", files=files)
    (repo / "program.md").write_text((repo / "program.md").read_text().replace("name: us", "name: cpu_s"))
    done = overnight(repo, "check", check=2)
    assert "every function of pkg/core.py was made to raise" in done.stderr and "python -m pytest" in done.stderr


def test_a_file_that_is_named_alone_must_matter(tmp_path: Path) -> None:
    """One that a folder brings along is noted; one that the program names is an error."""
    done = overnight(_repo(tmp_path / "r", "python bench.py", "[pkg/core.py, pkg/unused.py]"), "check", check=2)
    assert "pkg/unused.py can be edited, but broken on purpose it changes no trial" in done.stderr


def test_checks_that_check_nothing_are_named(tmp_path: Path) -> None:
    """They pass though every editable file is broken; one that imports the code does not."""
    further = "checks: ['true', 'python -c \"import pkg.core\"']"
    assert _connection(_repo(tmp_path / "r", "python bench.py", "[pkg/]", further=further))["idle_checks"] == ["true"]


def test_an_artifact_that_produce_makes_is_connected(tmp_path: Path) -> None:
    """With `produce` and `score` the broken code is that of `produce`; the scorer never has it."""
    front = "produce: python pkg/core.py > out.txt\nscore: echo METRIC us=$(wc -c < out.txt)\nartifacts: [out.txt]"
    repo = _repo(tmp_path / "r", "MEASURE", "[pkg/core.py]", further=front)
    (repo / "program.md").write_text((repo / "program.md").read_text().replace("measure: MEASURE\n", ""))
    assert _connection(repo)["editable"] == [{"path": "pkg/core.py", "outcome": "fails"}]


def test_nothing_of_it_stays(tmp_path: Path) -> None:
    """The checkout, its refs and our folder are as they were."""
    repo = _repo(tmp_path / "r", "python bench.py", "[pkg/]")
    overnight(repo, "check", check=0)
    assert list((repo / ".overnight").iterdir()) == []
    assert (repo / "pkg" / "core.py").read_text() == PACKAGE["pkg/core.py"]


@pytest.mark.parametrize(
    ("name", "broken", "outcome"),
    [
        ("cpu_s", 0.9, Outcome.STAYS),
        ("cpu_s", 0.1, Outcome.MOVES),
        ("loss", 0.99, Outcome.MOVES),
        ("loss", None, Outcome.FAILS),
    ],
)
def test_a_time_is_the_same_within_its_usual_noise(name: str, broken: float | None, outcome: Outcome) -> None:
    """However near two trials of it were by chance; a number that is printed is compared as it is."""
    metric = Metric(name=name, direction=Direction.MINIMIZE)
    known = Known.of(_trial(1.0), 0.0, Program(path="program.md", metric=metric, editable=("a.py",), measure="true"))
    assert known.outcome(_trial(broken)) is outcome


def _trial(value: float | None) -> Trial:
    return Trial(key=KEY, seed=1, tree="t", value=value, fault=Fault.EXIT if value is None else None)
