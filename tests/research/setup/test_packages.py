"""`init` shows trials what is installed or lies in the checkout, by itself where that is safe, else it says how."""

import shutil
from pathlib import Path

import pytest
from targets import git, make_repo, overnight, program, read_json

from overnight.git.repository import open_repository
from overnight.program.parser import parse_program
from overnight.research.setup.causes.failing import Fix
from overnight.research.setup.causes.table import fix_of
from overnight.research.setup.first_look import propose
from overnight.research.setup.wishes import Wishes

NODE = "const {speed} = require('./lib')\nconsole.log('METRIC cost=' + require('tinylib').cost(speed))\n"
READS = "import sys\nprint('METRIC loss=' + open(sys.argv[1]).read())\n"
WISHES = ("--metric", "loss:minimize", "--editable", "read.py", "--yes")


def package(folder: Path, name: str = "tinylib") -> None:
    """Install a package of Node, as npm does."""
    (folder / name).mkdir(parents=True)
    (folder / name / "index.js").write_text("exports.cost = (speed) => 10 - speed\n")


def repository(folder: Path, files: dict[str, str]) -> Path:
    """A repository with these files, without a program."""
    made = make_repo(folder, "", files=files)
    git(made, "rm", "-q", "program.md", "train.py")
    git(made, "commit", "-qm", "files")
    return made


def test_a_repository_of_node_with_installed_packages_just_works(tmp_path: Path) -> None:
    """`init` alone: the packages beside each `package.json` are shown, relative to the top; `check` agrees."""
    files = {"package.json": "{}", "bench/package.json": "{}", ".gitignore": "node_modules\n", "lib/package.json": "{}"}
    files |= {"bench/index.js": NODE.replace("./lib", "../lib"), "lib/index.js": "exports.speed = 2\n"}
    repo = repository(tmp_path / "r", files)
    package(repo / "node_modules", "other")
    package(repo / "bench/node_modules")
    overnight(repo, "init", "--yes", check=0)
    text = (repo / "program.md").read_text()
    assert "# installed packages, which git ignores; jobs may read them\nreadable: [node_modules, bench/node_modules]\n" in text
    assert read_json(repo, "check")["value"] == 8.0


def test_packages_are_shown_to_what_runs_node(tmp_path: Path) -> None:
    """Not for a command of Python, not those that are committed, and not what leads out of the checkout."""
    files = {
        "package.json": "{}",
        "a/package.json": "{}",
        "b/package.json": "{}",
        "lib.py": "",
        "b/node_modules/x/index.js": "",
    }
    repo = repository(tmp_path / "r", files)
    package(repo / "node_modules")
    package(tmp_path / "elsewhere")
    (repo / "a/node_modules").symlink_to(tmp_path / "elsewhere")
    for measure, readable in (("node x.js", ("node_modules",)), ("python -m lib", ()), ("sh node_bench.sh", ())):
        found = propose(open_repository(repo), Wishes(metric="loss:minimize", measure=measure, editable=("lib.py",)))
        assert found.program.readable == readable, measure


@pytest.mark.parametrize("name", ["a\nb", "\u202e", "x" * 200 + "/" + "y" * 210, " a", "a: [b]", "a'b\"c", "*x", "-x", "..."])
def test_whatever_a_folder_is_called_a_proposal_is_made(tmp_path: Path, name: str) -> None:
    """A folder of packages that a front matter cannot name is left out; any other name is quoted."""
    repo = repository(tmp_path / "r", {f"{name}/package.json": "{}", "package.json": "{}", "x.js": ""})
    for folder in ("node_modules", f"{name}/node_modules"):
        package(repo / folder)
    found = propose(open_repository(repo), Wishes(metric="loss:minimize", measure="node x.js", editable=("x.js",)))
    nameable = name not in ("a\nb", "\u202e") and len(name) < 400 and name == name.strip()
    assert found.program.readable == ("node_modules", *([f"{name}/node_modules"] if nameable else []))


@pytest.mark.parametrize("path", ["data/x.txt", "sub/inputs/x.bin"])
def test_data_that_a_command_lacks_is_added(tmp_path: Path, path: str) -> None:
    """The first trial fails, `init` says what it adds and tries again; the checks too."""
    repo = repository(tmp_path / "r", {"read.py": READS, ".gitignore": "*.txt\n"})
    (repo / path).parent.mkdir(parents=True)
    (repo / path).write_text("5")
    said = overnight(repo, "init", *WISHES, "--measure", f"python read.py {path}", "--checks", f"cat {path}", check=0).stdout
    assert f"so `readable` gets {path}, and it is tried again" in said
    assert f"readable: [{path}]" in (repo / "program.md").read_text()
    assert "fails" not in said.partition("tried again")[2]


def sure(repo: Path, path: str) -> Fix | None:
    """The fix for a file that was not found."""
    return fix_of(
        open_repository(repo), parse_program(program(("1.0", "2.0")), "program.md"), f"cat: {path}: No such file or directory"
    )


@pytest.mark.parametrize(
    "path",
    [
        *("data/.env", "data/private.txt", "data/server.pem", "data/api_token.json", ".data/x.bin", "x.bin", "results.json"),
        *("data/cached.py", "data/lib.so", "data/results/x.json", "data/build/x.json"),
    ],
)
def test_what_may_be_a_secret_code_or_stale_is_not_added(tmp_path: Path, path: str) -> None:
    """`init` does not add it, nor a folder with one in it; the fix says how a person does."""
    repo = make_repo(tmp_path / "r", program(("1.0", "2.0")))
    (repo / path).parent.mkdir(parents=True, exist_ok=True)
    (repo / path).touch()
    found = sure(repo, path)
    assert found and not found.sure and found.readable == (path,)
    assert not any(fix.sure for fix in [sure(repo, "data")] if fix)


def test_a_link_out_of_the_checkout_is_not_added(tmp_path: Path) -> None:
    """Whatever it is called: of the file, or of a folder above it."""
    repo = make_repo(tmp_path / "r", program(("1.0", "2.0")))
    (tmp_path / "out/data").mkdir(parents=True)
    (tmp_path / "out/data/x.bin").touch()
    (repo / "data").symlink_to(tmp_path / "out/data")
    (repo / "inputs").mkdir()
    (repo / "inputs/x.bin").symlink_to(tmp_path / "out/data/x.bin")
    assert [bool(fix and fix.sure) for fix in (sure(repo, "data/x.bin"), sure(repo, "inputs/x.bin"))] == [False, False]


def test_what_is_not_added_comes_with_the_option(tmp_path: Path) -> None:
    """The command repeats what the user set, and is meant where the user stands."""
    repo = repository(tmp_path / "r", {"read.py": READS, ".gitignore": "*.bin\n", "sub/x": ""})
    (repo / "x.bin").write_text("5")
    said = overnight(repo, "init", *WISHES, "--measure", "python read.py x.bin", check=2).stderr
    assert (
        "here: overnight init --metric loss:minimize --measure 'python read.py x.bin' --editable read.py --readable x.bin"
        in said
    )


def test_readable_stays_relative(tmp_path: Path) -> None:
    """A path inside the repository, absolute or as typed in a folder of it; one outside is written as it is."""
    repo = repository(tmp_path / "r", {"sub/read.py": READS, ".gitignore": "*.bin\n"})
    for path in (repo / "sub/x.bin", repo / "y.bin", tmp_path / "z.bin"):
        path.write_text("5")
    (tmp_path / "link").symlink_to(repo)
    named = [
        word for path in ("x.bin", "../y.bin", tmp_path / "link/y.bin", tmp_path / "z.bin") for word in ("--readable", path)
    ]
    wishes = ("--metric", "loss:minimize", "--editable", "read.py", "--measure", "python read.py x.bin", "--yes")
    overnight(repo / "sub", "init", *wishes, *map(str, named), check=0)
    assert f"readable: [sub/x.bin, y.bin, {tmp_path}/z.bin]" in (repo / "program.md").read_text()


def test_a_submodule_is_shown(tmp_path: Path) -> None:
    """`init` adds it after the first failure; it is at its place in a trial, where git sees no change."""
    lib = make_repo(tmp_path / "lib", "", files={"subm.py": "V = 1\n"})
    script = "import sys\nsys.path.insert(0, 'vendor/lib')\nimport subm\nLOSS = 4\nprint(f'METRIC loss={LOSS + subm.V}')\n"
    repo = repository(tmp_path / "r", {"read.py": script, "clean.sh": 'python read.py\ntest -z "$(git status --porcelain)"\n'})
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(lib), "vendor/lib")
    git(repo, "commit", "-qm", "lib")
    overnight(repo, "init", *WISHES, "--measure", "bash -e clean.sh", check=0)
    assert "readable: [vendor/lib]" in (repo / "program.md").read_text()
    assert read_json(repo, "check")["value"] == 5.0
    shutil.rmtree(repo / "vendor/lib")
    assert "vendor/lib: it does not exist" in overnight(repo, "check", check=2).stderr


def test_a_path_that_is_not_shown_is_reported(tmp_path: Path) -> None:
    """`readable` names the checkout's own code, which would run instead of a candidate's: `check` and `run` say so."""
    text = program(("OFFSET = 5.0", "OFFSET = 4.0"), front=f"readable: [{tmp_path}/r/train.py]")
    repo = make_repo(tmp_path / "r", text)
    said = "of `readable`, which holds committed editable files"
    notes = [note for note in read_json(repo, "check")["notes"] if said in note]
    assert len(notes) == 1 and "r/train.py" in notes[0]
    assert said in overnight(repo, "run", "--no-report", check=0).stderr
