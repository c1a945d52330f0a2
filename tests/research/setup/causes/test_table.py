"""Known causes of a failure are recognised, and their fixes work as they are written."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from targets import git, make_repo, program

from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
from overnight.machines.share import search_path
from overnight.program.parser import parse_program
from overnight.research.places.placed import Placed
from overnight.research.places.seclusion import checkout_of
from overnight.research.setup.causes.table import fix_of, words_of
from overnight.words.failure import read_failure


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of a user, beside a repository."""
    made = tmp_path / "home"
    made.mkdir()
    monkeypatch.setenv("HOME", str(made))
    return made


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with sources in a folder, and an ignored one for packages."""
    files = {"src/hotpkg/__init__.py": "K = 1\n", ".gitignore": "node_modules/\nlogs/\n", "bench.js": "require('tinylib')"}
    return make_repo(tmp_path / "r", program(), files=files)


def fix(folder: Path, said: str, measure: str = "python train.py", front: str = "") -> str:
    """The fix for a failure with this output."""
    found = read_failure(said)
    text = f"---\nmetric: {{name: loss}}\nmeasure: {measure}\n{front}---\n"
    program = parse_program(text, "program.md")
    return words_of(fix_of(open_repository(folder), program, f"exit code 1: {found.headline}", found.lines))


def run(folder: Path, command: str, fix: str = "") -> tuple[int | None, str]:
    """Run a command in the jail on the commit's tree, with what a fix says: exit code and output."""
    clone = folder.parent / "trial"
    shutil.rmtree(clone, ignore_errors=True)
    clone.mkdir()
    with closing(GitHistory(open_repository(folder))) as history:
        history.write_tree(history.resolve_start(), clone)
    named = [path for listed in re.findall(r"readable: \[([^\]]*)\]", fix) for path in listed.split(", ")]
    inside = {path: folder / path for path in named if not path.startswith("/")}
    Placed(links=inside).put_into(clone)
    readable = [str(inside.get(path, path)) for path in named]
    variables = [pair.split(": ") for listed in re.findall(r"env: {([^}]*)}", fix) for pair in listed.split(", ")]
    begin = "".join(re.findall(r"begin the command with `([^`]*)`", fix))
    executor = JailExecutor(slots=1, search_path=search_path(), checkout=checkout_of(open_repository(folder)))
    output = folder.parent / "output"
    home = {"HOME": os.environ["HOME"]} if any(path.startswith(os.environ["HOME"]) for path in readable) else {}
    job = Job(
        command=begin + command,
        folder=clone,
        output=output,
        limits=Limits(),
        environment={**home, **dict(variables)},
        readable=tuple(readable),
        slot=0,
    )
    result = anyio.run(executor.run, job)
    return result.exit_code, output.read_text()


def assert_fixed(folder: Path, command: str, *named: str) -> None:
    """A command fails in the jail, the fix names these words, and with it the command passes."""
    code, said = run(folder, command)
    assert code, said
    found = fix(folder, said, measure=f'"{command}"')
    assert all(word in found for word in named), (found, said)
    assert run(folder, command, found)[0] == 0, (found, run(folder, command, found))


def package(folder: Path, name: str, text: str = "exports.f = 1\n") -> None:
    """Install a package of Node, as npm does."""
    (folder / name).mkdir(parents=True)
    (folder / name / "index.js").write_text(text)


@pytest.mark.parametrize(
    ("place", "script", "text"),
    [
        ("", "bench.js", "require('tinylib')"),
        ("bench", "bench/run.js", "require('@org/lib/index.js')"),
        ("bench", "bench/deep/run.mjs", "import lib from 'tinylib'; lib.f"),
        ("bench", "bench/run.cjs", "import('tinylib').then((lib) => lib.default.f)"),
    ],
)
def test_packages_of_node_that_git_ignores(repo: Path, place: str, script: str, text: str) -> None:
    """Found from the requiring file upwards, also by `import`; `readable` with the relative path is all that it takes."""
    (repo / script).parent.mkdir(parents=True, exist_ok=True)
    (repo / script).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "script", "--allow-empty")
    folder = f"{place}/node_modules".lstrip("/")
    package(repo / folder, "tinylib")
    package(repo / folder, "@org/lib")
    code, said = run(repo, f"node {script}")
    found = fix(repo, said, measure=f"node {script}")
    assert code and found == f"`{folder}` is not committed, so not in a trial's tree: write `readable: [{folder}]`", said
    assert run(repo, f"node {script}", found)[0] == 0
    assert fix(repo, said, front=f"readable: [{folder}]\n") == ""


def test_a_program_of_an_installed_package(repo: Path) -> None:
    """A script of npm finds it in the folder that the fix names; so it is if `npx` looks for it in the registry."""
    (repo / "node_modules/.bin").mkdir(parents=True)
    (repo / "node_modules/.bin/measure-it").write_text("#!/bin/sh\necho 1\n")
    (repo / "node_modules/.bin/measure-it").chmod(0o755)
    (repo / "package.json").write_text('{"scripts": {"bench": "measure-it"}}')
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "package")
    assert_fixed(repo, "npm run --silent bench", "readable: [node_modules]")
    said = "npm error code EAI_AGAIN\nnpm error request to https://registry.npmjs.org/measure-it failed"
    assert "readable: [node_modules]" in fix(repo, said, measure="npx --no measure-it")


def test_a_package_that_is_not_installed(repo: Path) -> None:
    """The checkout has it not either: it is to be installed, by the program whose lock file is there; not without any."""
    said = "Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@org/lib' imported from /trial/bench/run.js"
    assert fix(repo, said) == ""
    for name in ("package.json", "pnpm-lock.yaml", "bench/package.json"):
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_text('{"devDependencies": {"@org/lib": "1"}}')
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", name)
        command = {"package.json": "`npm i", "pnpm-lock.yaml": "`pnpm i", "bench/package.json": "`cd bench && pnpm i"}[name]
        assert f"`@org/lib` is not installed in your checkout either: run {command}nstall`" in fix(repo, said)


def test_a_package_that_nothing_names_is_installed_beside(repo: Path) -> None:
    """`npm install` alone would not bring it; a program is only looked for where a package of its name is named."""
    (repo / "package.json").write_text('{"devDependencies": {"vitest": "1"}}')
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "package")
    said = "Error: Cannot find module 'express'\nRequire stack:\n- /trial/bench/express.js"
    assert "run `npm install --no-save express`" in fix(repo, said)
    assert "`vitest` is not installed in your checkout either: run `npm install`" in fix(repo, "sh: 1: vitest: not found")
    assert "`other` is not on your PATH" in fix(repo, "sh: 1: other: not found")
    (repo / "package.json").write_text("[" * 100_000)
    assert "--no-save express" in fix(repo, said)


def test_what_a_link_to_the_repository_lacks_is_built(repo: Path) -> None:
    """A benchmark with packages of its own names the project by a path; its product is built at the top."""
    (repo / "package.json").write_text('{"name": "own", "scripts": {"build": "true"}}')
    (repo / "bench/node_modules").mkdir(parents=True)
    (repo / "bench/node_modules/own").symlink_to("../..")
    git(repo, "add", "package.json")
    git(repo, "commit", "-qm", "package")
    said = "Error: Cannot find module '/trial/bench/node_modules/own/dist/index.js'"
    assert "begin the command with `npm run --silent build && `" in fix(repo, said, measure="node bench/index.js")


def test_the_main_file_of_a_package_is_built(repo: Path) -> None:
    """By the script that makes it, whatever it is called; a file that the package does not name is no product."""
    (repo / "package.json").write_text('{"main": "index.js", "scripts": {"prepack": "bundt index.mjs"}}')
    git(repo, "add", "package.json")
    git(repo, "commit", "-qm", "package")
    said = "Error: Cannot find module '/trial/{}'. Please verify that the package.json has a valid \"main\" entry"
    command = "node bench/index.js"
    assert "begin the command with `npm run --silent prepack && `" in fix(repo, said.format("index.js"), measure=command)
    assert "prepack" not in fix(repo, said.format("other.js"), measure=command)


def test_modules_of_go_that_jobs_do_not_see(repo: Path, home: Path) -> None:
    """They lie in the user's home folder; where they do not, they are to be downloaded first."""
    said = 'go.mod:3:2: github.com/a/b@v1.0.0: Get "https://proxy.golang.org/github.com/a/b": dial tcp: lookup proxy.golang.org'
    assert "run `go mod download` in your checkout, and write `readable: [" in fix(repo, said, measure="go test .")
    (home / "go/pkg/mod").mkdir(parents=True)
    found = fix(repo, said, measure="go test .")
    assert f"readable: [{home}/go/pkg/mod]" in found and "GOPROXY: off" in found and "download" not in found


def test_packages_that_links_of_a_workspace_lead_to(repo: Path) -> None:
    """The folder of a package has links into the one at the top, as pnpm makes them: both are named."""
    package(repo / "node_modules/.pnpm/tinylib@1/node_modules", "tinylib")
    (repo / "packages/a/node_modules").mkdir(parents=True)
    (repo / "packages/a/node_modules/tinylib").symlink_to("../../../node_modules/.pnpm/tinylib@1/node_modules/tinylib")
    (repo / "packages/a/bench.js").write_text("require('tinylib')")
    git(repo, "add", "packages/a/bench.js")
    git(repo, "commit", "-qm", "workspace")
    assert_fixed(repo, "node packages/a/bench.js", "readable: [packages/a/node_modules, node_modules]")


def test_a_package_that_is_in_the_tree(repo: Path) -> None:
    """As with one installed in editable mode: the trial's own copy is named, not the checkout that is hidden."""
    assert_fixed(repo, "python3 -c 'import hotpkg'", "env: {PYTHONPATH: /trial/src}")


def test_a_package_of_the_user_s_python_path(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder where the user's own Python finds it is shown and named."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "helperlib.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    assert_fixed(repo, "python3 -c 'import helperlib'", f"readable: [{tmp_path}/lib]", "PYTHONPATH")


def test_a_submodule(repo: Path, tmp_path: Path) -> None:
    """It is named for a file and for a module in it, instead of an environment."""
    lib = make_repo(tmp_path / "lib", program(), files={"subm.py": "V = 1\n"})
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(lib), "vendor/lib")
    git(repo, "commit", "-qm", "lib")
    command = "python3 -c \\\"import sys; sys.path.insert(0, 'vendor/lib'); import subm\\\""
    plain = command.replace("\\", "")
    code, said = run(repo, plain)
    found = fix(repo, said, measure=f'"{command}"')
    assert code and found == "trials do not see the submodule vendor/lib: write `readable: [vendor/lib]`"
    assert run(repo, plain, found)[0] == 0, found
    assert "submodule vendor/lib" in fix(repo, "cat: vendor/lib/subm.py: No such file or directory")
    shutil.rmtree(repo / "vendor/lib")
    assert "git submodule update --init" in fix(repo, "cat: vendor/lib/subm.py: No such file or directory")


def test_a_file_of_the_home_folder(repo: Path, home: Path) -> None:
    """Named as the job saw it or as it is; `readable` shows it, and `~` then means the user's home folder."""
    (home / "data").mkdir()
    (home / "data" / "ref.txt").write_text("1")
    code, said = run(repo, "cat ~/data/ref.txt")
    assert code and f"jobs do not see {home}/data/ref.txt: list it under `readable`" in fix(repo, said)
    assert run(repo, "cat ~/data/ref.txt", f"readable: [{home}/data/ref.txt]") == (0, "1")


def test_a_toolchain_of_rustup(repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cargo that is a link to rustup needs the folder of toolchains; if that is shown, something else is wrong."""
    said = "error: rustup could not choose a version of cargo to run, because one wasn't specified explicitly"
    assert "readable" not in fix(repo, said)
    (home / ".rustup" / "toolchains").mkdir(parents=True)
    assert f"readable: [{home}/.rustup]` and `env: {{RUSTUP_HOME: {home}/.rustup, CARGO_HOME: /tmp/cargo}}`" in fix(repo, said)
    assert fix(repo, said, front=f"readable: [{home}/.rustup]\n") == ""
    monkeypatch.setenv("RUSTUP_HOME", str(home / "other"))
    assert fix(repo, said) == ""


SAID: Mapping[str, tuple[str, str, str]] = {  # name: what was printed, the command, part of the fix
    "docker": (
        "docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
        "bash m.sh",
        "containers cannot run",
    ),
    "podman": ("m.sh: line 1: podman: command not found", "bash m.sh", "containers cannot run"),
    "nvm": ("m.sh: line 2: /tmp/.nvm/nvm.sh: No such file or directory", "bash m.sh", "run `nvm use` before"),
    "conda": ("CondaError: Run 'conda init' before 'conda activate'", "bash m.sh", "run `conda activate NAME` before"),
    "uv": (
        "error: Failed to fetch: `https://pypi.org/simple/x/`\n  Caused by: dns error",
        "uv run python a.py",
        "without `uv run`",
    ),
    "poetry": ("sh: 1: poetry: not found", "poetry run python a.py", "without `poetry run`"),
    "hub": (
        "OSError: We couldn't connect to 'https://huggingface.co' to load the files",
        "python train.py",
        "load the models once",
    ),
    "network": (
        "socket.gaierror: [Errno -3] Temporary failure in name resolution",
        "python train.py",
        "limits: {network: [HOST]}",
    ),
    "curl": ("curl: (6) Could not resolve host: example.org", "bash m.sh", "trials have no network"),
    "read-only": ("OSError: [Errno 30] Read-only file system: '/usr/x'", "python train.py", "and to /tmp and not to /usr/x"),
    "gpu": ("RuntimeError: No CUDA GPUs are available", "python train.py", "GPU"),
    "unbound": ("m.sh: line 3: RUN_ID: unbound variable", "bash m.sh", "env: {RUN_ID: ...}"),
    "key": ("KeyError: 'MY_API_KEY'", "python train.py", "candidates can read it"),
    "variable": ("ValueError: DATA_ROOT environment variable must be set", "python train.py", "env: {DATA_ROOT: ...}"),
    "missing": ("sh: 1: no-such-program: not found", "no-such-program", "is not on your PATH: install it"),
    "module": ("ModuleNotFoundError: No module named 'nosuchmodule'", "python train.py", "nosuchmodule"),
}


@pytest.mark.parametrize("name", SAID)
def test_a_known_cause_has_its_fix(repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By what the failure says, and what the environment has; none of them asks to make the command pass by hand."""
    monkeypatch.setenv("MY_API_KEY", "abc")
    monkeypatch.setenv("DATA_ROOT", "/srv")
    said, command, part = SAID[name]
    found = fix(repo, said, measure=command)
    assert part in found and "by hand" not in found


@pytest.mark.parametrize(("asked", "entry"), [("evil.org:443", "`evil.org`"), ("a.evil.org:8443", "`a.evil.org:8443`")])
def test_a_host_that_is_not_listed(repo: Path, asked: str, entry: str) -> None:
    """What the proxy refused a job is named as it would be listed."""
    said = f"urllib.error.URLError: <Tunnel connection failed: 403 {asked} is not on the list of what this job may reach>"
    found = fix(repo, said, front="limits: {network: [pypi.org]}\n")
    assert found == f"add {entry} to the list of `limits: {{network: ...}}`"


def test_models_that_are_in_the_cache(repo: Path, home: Path) -> None:
    """The folder of models alone is shown: beside it is the user's token."""
    (home / ".cache" / "huggingface" / "hub").mkdir(parents=True)
    found = fix(repo, "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find the requested files in the disk cache")
    assert f"readable: [{home}/.cache/huggingface/hub]" in found and "HF_HUB_OFFLINE: 1" in found


def test_a_program_that_the_user_s_shell_finds(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place is named; a shim needs the program itself; `python3` is there if `python` is not."""
    for folder in ("tools", "asdf/shims"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"prog-{folder[:4]}").write_text("#!/bin/sh\n")
        (tmp_path / folder / f"prog-{folder[:4]}").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/tools:{tmp_path}/asdf/shims:/usr/bin:/bin")
    assert f"list {tmp_path}/tools under `readable`" in fix(repo, "sh: 1: prog-tool: not found")
    assert "is a shim of asdf" in fix(repo, "FileNotFoundError: [Errno 2] No such file or directory: 'prog-asdf'")


def test_what_was_never_added_is_named_by_a_part_of_its_path(repo: Path) -> None:
    """A header, a module of Node without its ending, a script below a folder."""
    for name in ("include/data.h", "src/lib.js", "tools/run.py"):
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).touch()
    for said, name in (
        ("src/a.c:1:10: fatal error: data.h: No such file or directory", "include/data.h"),
        ("Error: Cannot find module './lib'\nRequire stack:\n- /trial/src/run.js", "src/lib.js"),
        ("Error: Cannot find module '/trial/src/lib'", "src/lib.js"),
        ("python: can't open file '/trial/tools/run.py': [Errno 2] No such file or directory", "tools/run.py"),
    ):
        assert f"`{name}` is not committed" in fix(repo, said), said


@pytest.mark.parametrize(
    ("made", "files", "said", "begin"),
    [
        (
            "build/x",
            {"Makefile": "OUT := build\nbench: $(OUT)/x\n\t./build/x\n$(OUT)/x: src/a.c\n\tcp src/a.c $@\n"},
            "make: ./build/x: No such file or directory\nmake: *** [Makefile:2: bench] Error 127",
            "make build/x && ",
        ),
        (
            "out/x",
            {"Makefile": "all: compile\ncompile:\n\tcc -O2 -o ./out/x a.c\nbench:\n\t./out/x\n"},
            "m.sh: line 1: ./out/x: No such file or directory",
            "make compile && ",
        ),
        (
            "build/bench/x",
            {"Makefile": "build:\n\tcmake -B build . && cmake --build build\nbench:\n\t./build/bench/x\n"},
            "/bin/sh: 1: ./build/bench/x: not found",
            "make build && ",
        ),
        (
            "build/x",
            {"CMakeLists.txt": "project(x)\n"},
            "sh: 1: build/x: not found",
            "cmake -S . -B build && cmake --build build && ",
        ),
        (
            "target/release/x",
            {"Cargo.toml": "[package]\n"},
            "sh: 1: ./target/release/x: not found",
            "cargo build --release && ",
        ),
        (
            "dist/x.js",
            {"package.json": '{"scripts": {"build": "node bin"}}', "bench/run.js": ""},
            "Error: Cannot find module '../dist/x'\n  requireStack: [ '/trial/bench/run.js' ]",
            "npm run --silent build && ",
        ),
        (
            "pkg/_fast.cpython-311-x86_64-linux-gnu.so",
            {"setup.py": "", "pkg/__init__.py": "from ._fast import f\n"},
            "ModuleNotFoundError: No module named 'pkg._fast'",
            "python setup.py build_ext --inplace && ",
        ),
    ],
)
def test_a_product_is_built_by_the_command(repo: Path, made: str, files: dict[str, str], said: str, begin: str) -> None:
    """Whether the checkout has an old one or not, the fix is what makes it from the files under trial, not the old one."""
    for name, text in files.items():
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_text(text)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "files")
    found = [fix(repo, said)] if not made.endswith(".so") else []
    (repo / made).parent.mkdir(parents=True, exist_ok=True)
    (repo / made).touch()
    for each in (*found, fix(repo, said)):
        assert f"begin the command with `{begin}`" in each and "readable" not in each
    assert "begin the command" not in fix(repo, said, measure=f"{begin}make bench")


def test_a_file_that_looks_built_is_not_simply_shown(repo: Path) -> None:
    """Nothing says how it is made: to build it comes first, since an old one would be measured instead of a candidate."""
    (repo / "build").mkdir()
    (repo / "build/x").touch()
    assert "build it in the command; else write `readable: [build/x]`" in fix(repo, "cat: build/x: No such file or directory")


def test_a_folder_that_no_commit_holds(repo: Path) -> None:
    """An empty or ignored folder to write into: the command makes it."""
    (repo / "logs").mkdir()
    said = "FileNotFoundError: [Errno 2] No such file or directory: 'logs/run.log'"
    assert "begin the command with `mkdir -p logs && `" in fix(repo, said)


def test_words_of_a_sentence_are_no_paths(repo: Path) -> None:
    """An ignored folder is blamed only if it is named as one."""
    (repo / "logs").mkdir()
    assert fix(repo, "no logs were written\nRuntimeError: boom") == ""


def test_a_python_that_the_repository_brings_is_not_asked(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A committed folder on PATH, and a relative entry: neither runs outside the jail."""
    for name in ("python", "python3"):
        (repo / "tools").mkdir(exist_ok=True)
        (repo / "tools" / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\necho /srv/x/nosuchmodule.py\n")
        (repo / "tools" / name).chmod(0o755)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "tools")
    monkeypatch.chdir(repo)
    for entry in (f"{repo}/tools", "tools", "."):
        monkeypatch.setenv("PATH", f"{entry}:/usr/bin:/bin")
        fix(repo, "ModuleNotFoundError: No module named 'nosuchmodule'")
    assert not (tmp_path / "ran").exists()


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without the variables of an environment of Python."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    yield


@pytest.mark.parametrize("written", ["/trial/bench/../local/big.md", "/trial/local/big.md", "local/big.md"])
def test_data_is_named_however_a_program_comes_to_it(repo: Path, written: str) -> None:
    """Also relative to the script's own folder, as most benchmarks do."""
    (repo / "local").mkdir()
    (repo / "local" / "big.md").write_text("data")
    assert "readable: [local/big.md]" in fix(repo, f"FileNotFoundError: [Errno 2] No such file or directory: '{written}'")


def test_a_variable_that_the_shell_does_not_have_either_is_named(repo: Path) -> None:
    """The traceback shows that a key is one."""
    said = 'Traceback (most recent call last):\n  File "/trial/b.py", line 2, in <module>\n    n = os.environ["SIZE_N"]\n'
    assert "env: {SIZE_N: ...}" in fix(repo, f"{said}KeyError: 'SIZE_N'")
    assert "env: {SIZE_N" not in fix(repo, "KeyError: 'SIZE_N'")


def test_a_variable_that_a_command_names_is_named(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the user's shell has it, and neither the command nor `env` sets it."""
    monkeypatch.setenv("SIZE_N", "5")
    said = "IndexError: list index out of range"
    assert "a command names $SIZE_N, but jobs have none of your variables" in fix(repo, said, measure="python train.py $SIZE_N")
    assert "SIZE_N" not in fix(repo, said, measure="SIZE_N=3; python train.py $SIZE_N")
    assert "SIZE_N" not in fix(repo, said, measure="python train.py $SIZE_N", front="env: {SIZE_N: 4}\n")


@pytest.mark.parametrize(
    ("front", "measure", "part"),
    [
        ("", "CUDA_VISIBLE_DEVICES=3 python train.py", "take CUDA_VISIBLE_DEVICES out of `env` and of the command"),
        ("env: {HIP_VISIBLE_DEVICES: '1'}\n", "python train.py", "take HIP_VISIBLE_DEVICES out"),
        ("", "python train.py", "install your packages in a build for it"),
    ],
)
def test_a_gpu_that_was_asked_for_is_not_asked_for_again(repo: Path, front: str, measure: str, part: str) -> None:
    """What hides it is named, else the packages are looked at."""
    said = "RuntimeError: No CUDA GPUs are available"
    assert part in fix(repo, said, front=f"limits: {{gpus: 1}}\n{front}", measure=measure)
