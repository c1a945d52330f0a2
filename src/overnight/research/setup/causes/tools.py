"""Programs that a job does not find, or that cannot work in it."""

import re
from pathlib import Path

from overnight.research.setup.causes.failing import NOT_FOUND, Failing, in_yaml, shown

_NOT_FOUND = (
    NOT_FOUND,
    re.compile(r"exec(?:vp|: |\()[:( ]*\"?(\w[\w.+-]{0,60})\"?[:)]? .{0,20}(?:not found|No such file)"),
    re.compile(r"No such file or directory: '(\w[\w.+-]{0,60})'"),  # what Python cannot start; files are looked for before
    re.compile(r"/usr/bin/env: .?(\w[\w.+-]{0,60}).?: No such file or directory"),
    re.compile(r"spawn (\w[\w.+-]{0,60}) ENOENT"),
    re.compile(r"make: (\w[\w.+-]{0,60}): No such file or directory"),
)
_CONTAINERS = ("docker", "podman", "docker-compose", "nerdctl", "apptainer", "singularity")
_DAEMON = re.compile(r"docker daemon|docker\.sock|Error response from daemon|cannot clone: .{0,40}podman", re.IGNORECASE)
_RUSTUP = re.compile(
    r"rustup could not choose|no override and no default toolchain|rustup: |toolchain '[^']*' is not installed"
)
_GO_PROXY = re.compile(r"proxy\.golang\.org|module lookup disabled by GOPROXY=off|go: downloading \S+ v\d")
_NVM = re.compile(r"nvm\.sh\b|\bnvm: (?:command )?not found")
_CONDA = re.compile(r"CondaError|\bconda(?:\.sh)?: (?:command )?(?:not found|No such file)|conda init|EnvironmentNameNotFound")
_RUNNERS = {"uv": r"\buv run\b", "poetry": r"\bpoetry run\b", "pipenv": r"\bpipenv run\b", "pdm": r"\bpdm run\b"}
_RUNNER_SAYS = re.compile(  # what such a runner says if it cannot use or make its environment
    r"error: Failed to |No solution found|Creating virtual|Creating a virtual|\.venv\b|virtualenv|Could not acquire lock"
    r"|dns error|Read-only file system|: (?:command )?not found"
)


def containers(failing: Failing) -> str:
    """Docker and its like."""
    missing = missing_program(failing)
    if not _DAEMON.search(failing.text) and missing not in _CONTAINERS:
        return ""
    return (
        "containers cannot run in a trial, which is a jail already: let the command run the program itself, with what it "
        "needs installed on this machine"
    )


def rustup(failing: Failing) -> str:
    """A cargo or rustc that is a link to rustup, whose toolchains are in the home folder."""
    if not _RUSTUP.search(failing.text):
        return ""
    own = failing.environment.get("RUSTUP_HOME")
    folder = Path(own or Path.home() / ".rustup")
    if not (folder / "toolchains").is_dir() or failing.shows(folder):
        return ""
    return (
        f"jobs do not see your toolchains: write `readable: [{in_yaml(folder)}]` and "
        f"`env: {{RUSTUP_HOME: {in_yaml(folder)}, CARGO_HOME: /tmp/cargo}}` in {failing.program.path}"
    )


def go_modules(failing: Failing) -> str:
    """Modules of Go, which lie in a cache of the user's home folder."""
    if not _GO_PROXY.search(failing.text):
        return ""
    own = failing.environment.get("GOMODCACHE")
    folder = Path(own or Path.home() / "go/pkg/mod")
    if failing.shows(folder):
        return "modules of Go are missing: run `go mod download` in your checkout, and run this again"
    begin = "" if folder.is_dir() else "run `go mod download` in your checkout, and "
    return (
        f"jobs do not see your modules of Go: {begin}write `readable: [{in_yaml(folder)}]` and "
        f"`env: {{GOMODCACHE: {in_yaml(folder)}, GOPROXY: off}}` in {failing.program.path}"
    )


def nvm(failing: Failing) -> str:
    """A command that loads nvm, which is in the home folder."""
    if not _NVM.search(failing.text):
        return ""
    return "leave nvm out of the command: run `nvm use` before you call `overnight`, and jobs find that `node` on PATH"


def conda(failing: Failing) -> str:
    """A command that activates an environment of conda."""
    if not _CONDA.search(failing.text):
        return ""
    return "leave conda out of the command: run `conda activate NAME` before you call `overnight`, and jobs use that `python`"


def runner(failing: Failing) -> str:
    """`uv run` and its like, which look after an environment before they run anything."""
    used = next(
        (name for name, form in _RUNNERS.items() if any(re.search(form, each) for each in failing.program.commands)), ""
    )
    if not used or not _RUNNER_SAYS.search(failing.text):
        return ""
    return (
        f"a trial has no network and no environment of its own: activate the environment of {used} before you call "
        f"`overnight` (`. .venv/bin/activate`), and write the command without `{used} run`"
    )


def missing_tool(failing: Failing) -> str:
    """Any other program that the job's shell did not find."""
    program = missing_program(failing)
    if not program:
        return ""
    if found := failing.on_path(program):
        return _not_shown(program, Path(found))
    if program == "python" and failing.on_path("python3"):
        return "there is no `python` on PATH: write `python3` in the command"
    return f"`{shown(program)}` is not on your PATH: install it, or add its folder to PATH before you call `overnight`"


def missing_program(failing: Failing) -> str:
    """The program that was not found; empty if that is not what failed."""
    hits = (form.search(failing.text) for form in _NOT_FOUND)
    return next((hit[1] for hit in hits if hit), "")


def _not_shown(program: str, found: Path) -> str:
    """A program that the user's shell finds and a job does not."""
    if found.parent.name == "shims":
        manager = found.parent.parent.name.strip(".")
        return (
            f"`{shown(program)}` is a shim of {shown(manager)}, which jobs do not see: put the folder of the program itself "
            "first on PATH before you call `overnight`"
        )
    return (
        f"`{shown(program)}` is at {shown(found)}, which jobs do not see: list {in_yaml(found.resolve().parent)} under "
        "`readable`, and call the program there by its absolute path"
    )
