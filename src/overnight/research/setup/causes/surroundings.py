"""What a job lacks of the user's surroundings: variables, the home folder, the network, places to write, a GPU."""

import os
import re
from pathlib import Path

from overnight.egress.hosts import DEFAULT_PORTS
from overnight.jail.bubblewrap import HOME
from overnight.jail.job import FOLDER
from overnight.machines.gpus.found import has_gpu
from overnight.research.setup.causes.failing import MISSING, Failing, in_yaml, shown

_KEY = re.compile(r"KeyError: '([A-Z][A-Z0-9_]{1,60})'")
_VARIABLE = (
    re.compile(r"\b([A-Za-z_]\w{0,60}): (?:unbound variable|parameter (?:null or )?not set)"),
    _KEY,
    re.compile(
        r"\b([A-Z][A-Z0-9_]{2,60})\b.{0,30}\b(?:environment variable|is not set|not set|must be set|is required|undefined)"
    ),
    re.compile(r"environment variable.{0,20}\b([A-Z][A-Z0-9_]{2,60})\b"),
)
_GIVEN = {"PATH", "HOME", "LANG", "PWD"}  # that every job has
_USED = re.compile(r"\$\{?([A-Za-z_]\w{0,60})")
_ASSIGNED = re.compile(r"(?<![\w$])([A-Za-z_]\w{0,60})=")
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL")
NETWORK = re.compile(
    r"name resolution|Could not resolve|Name or service not known|Network is unreachable|EAI_AGAIN|\bENOTFOUND\b|dns error"
    r"|getaddrinfo|Failed to resolve|NameResolutionError|nodename nor servname|failed to lookup address|no such host"
    r"|couldn't connect to|Failed to establish a new connection",
    re.IGNORECASE,
)
_UNLISTED = re.compile(
    r"(?<![\w.-])([\w.-]{1,253}):(\d{1,5}) is not on the list of what this job may reach"
)  # our proxy's words
_HUB = re.compile(r"huggingface|LocalEntryNotFoundError|OfflineModeIsEnabled|disk cache", re.IGNORECASE)
_READ_ONLY = re.compile(r"Read-only file system(?:: '([^'\n]{1,200})')?")
_UNSEEN = re.compile(rf"{MISSING.pattern}|Permission denied")
_PATH = re.compile(r"(?<![\w.~/])(/[^\s'\"`:,;()\[\]<>|]{1,200})")
_GPU = re.compile(
    r"Torch not compiled with CUDA|CUDA is not available|no GPU (?:found|available)|Found no NVIDIA driver|"
    r"No CUDA GPUs|no NVIDIA driver|CUDA driver version is insufficient|no CUDA-capable device|nvidia-smi: .*not found"
)
_CHOOSES = re.compile(r"(?:CUDA|ROCR|HIP)_VISIBLE_DEVICES")


def variable(failing: Failing) -> str:
    """A variable of the user's shell."""
    names = [hit[1] for form in _VARIABLE for hit in form.finditer(failing.text) if hit[1] not in _GIVEN]
    sure = [hit[1] for hit in _VARIABLE[0].finditer(failing.text) if hit[1] not in _GIVEN]
    if "os.environ[" in failing.text:  # in the traceback: so the key is a variable, set in the user's shell or not
        sure += [hit[1] for hit in _KEY.finditer(failing.text) if hit[1] not in _GIVEN]
    name = next((name for name in names if name in failing.environment), next(iter(sure), ""))
    return _set(name, failing) if name else ""


def variable_of_command(failing: Failing) -> str:
    """A variable of the user's shell that a command of the program names, and nothing sets."""
    commands = " ".join(failing.program.commands)
    given = _GIVEN | {name for name, _ in failing.program.env} | set(_ASSIGNED.findall(commands))
    names = (name for name in _USED.findall(commands) if name not in given and name in failing.environment)
    return next((f"a command names ${shown(name)}, but {_set(name, failing)}" for name in names), "")


def _set(name: str, failing: Failing) -> str:
    fix = f"jobs have none of your variables: set it with `env: {{{shown(name)}: ...}}` in {failing.program.path}"
    if not _SECRET.search(name.upper()):
        return fix
    return f"{fix}; candidates can read it, and so can whoever reads that file, so use a value that you can revoke"


def models_hub(failing: Failing) -> str:
    """Models and data of Hugging Face that were loaded before."""
    if not _HUB.search(failing.text):
        return ""
    home = failing.environment.get("HF_HOME") or str(Path.home() / ".cache" / "huggingface")
    hub = Path(failing.environment.get("HF_HUB_CACHE") or Path(home, "hub"))
    if not hub.is_dir():
        return "trials have no network: load the models once yourself, so that your cache has them, and run this again"
    return (
        f"jobs do not see your cache of models: write `readable: [{in_yaml(hub)}]` and "
        f"`env: {{HF_HUB_CACHE: {in_yaml(hub)}, HF_HUB_OFFLINE: 1}}` in {failing.program.path}"
    )


def network(failing: Failing) -> str:
    """A host that the command wants to reach."""
    if failing.program.limits.network == "host":
        return ""
    if unlisted := _UNLISTED.search(failing.text):
        host, port = unlisted[1], int(unlisted[2])
        return f"add `{shown(host if port in DEFAULT_PORTS else f'{host}:{port}')}` to the list of `limits: {{network: ...}}`"
    if not NETWORK.search(failing.text):
        return ""
    if failing.program.limits.hosts:
        return "trials reach only the hosts that `limits: {network: ...}` lists, and only if the command uses HTTPS_PROXY"
    return (
        "trials have no network: commit what the command fetches, or list its folder under `readable`; if it must reach a "
        "host, write `limits: {network: [HOST]}`"
    )


def unseen(failing: Failing) -> str:
    """A file of this machine that jobs do not see; their own home folder is empty, so one of the user's is among these."""
    lines = (line for line in failing.lines if _UNSEEN.search(line))
    for hit in (hit for line in lines for hit in _PATH.finditer(line)):
        path = _meant(hit[1].rstrip("."))
        if path and not failing.shows(path) and not path.is_relative_to(failing.toplevel) and _exists(path):
            return (
                f"jobs do not see {in_yaml(path)}: list it under `readable`; if the command writes there, let it write in "
                "its own folder instead"
            )
    return ""


def read_only(failing: Failing) -> str:
    """A place where a job may not write."""
    hit = _READ_ONLY.search(failing.text)
    if not hit:
        return ""
    where = f" and not to {shown(hit[1])}" if hit[1] else ""
    inside = hit[1] is not None and Path(hit[1]).is_relative_to(Path.home())
    cache = "; for a cache in your home folder, write `env: {XDG_CACHE_HOME: /tmp/cache}`" if inside else ""
    return f"jobs may write to the folder they start in and to /tmp{where}: let the command write there{cache}"


def gpu(failing: Failing) -> str:
    """A GPU that the program did not ask for, that it hides from itself, or that the machine has not."""
    if not _GPU.search(failing.text):
        return ""
    if failing.program.limits.gpus:
        words = (*(name for name, _ in failing.program.env), *failing.program.commands)
        if chosen := _CHOOSES.search(" ".join(words)):
            return f"a trial sees no GPU but its own: take {chosen[0]} out of `env` and of the command"
        return "a trial has its GPU, as `overnight doctor` shows: install your packages in a build for it and for its driver"
    if has_gpu():
        return "jobs see no GPU: write `limits: {gpus: 1}`"
    return (
        "this machine has no GPU: name the command's option for the CPU, such as `--device cpu`, or run this where there is one"
    )


def _meant(path: str) -> Path | None:
    """The file of this machine that a job's path stands for; None if it is the job's own."""
    named = Path(path)
    if ".." in named.parts or named == Path(HOME) or named.is_relative_to(FOLDER):
        return None
    return Path.home() / named.relative_to(HOME) if named.is_relative_to(HOME) else named


def _exists(path: Path) -> bool:
    """Whether there is such a file, other than a folder that holds everything."""
    return path not in (Path("/"), Path.home()) and os.path.lexists(path)
