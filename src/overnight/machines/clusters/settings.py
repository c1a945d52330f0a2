"""`[machines.NAME]` in the user's settings: what each may say, and the record it becomes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from overnight.machines.clusters.machine import Machine, RunningScheduler, SlurmJobs, SshHosts
from overnight.words.fields import Mistake, Short, Text
from overnight.words.units import parse_duration, parse_size

MOST_MACHINES = 64
MOST_NODES = 1000
LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@:-]{0,252}", re.ASCII)  # never an option of ssh
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._,@-]{0,127}", re.ASCII)
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,31}", re.ASCII)
_DIRECTIVE = re.compile(r"--[a-z][a-z0-9-]{1,40}(=[^\s#'\"`$\\;&|<>]{1,200})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}", re.ASCII)


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        complete = bool(parts.hostname and parts.port) and not parts.path and not parts.query
    except ValueError:  # a port that is no number
        complete = False
    if not complete or parts.scheme not in {"tls", "tcp"} or parts.username is not None:
        raise Mistake("must be an address such as tls://head:8786", fix="`dask scheduler` prints it when it starts")
    if parts.scheme == "tcp" and parts.hostname not in LOOPBACK:
        raise Mistake("has no TLS: anyone on the way could run code", fix="start the scheduler with TLS and write tls://")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise Mistake("must be a host as ssh knows it, such as gpu1 or me@gpu1.example.org")
    return text


def _absolute(text: str) -> str:
    if not text.startswith("/"):
        raise Mistake("must be an absolute path, such as /envs/train/bin/python", fix="it is a path on the nodes")
    return text


def _folder(text: object) -> Path:
    if not isinstance(text, str) or not text.isprintable():
        raise Mistake("must be the path of a folder")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise Mistake("names the home of a user that does not exist") from None
    if not path.is_absolute():
        raise Mistake("must be an absolute path, or begin with ~/")
    return path


def _matching(pattern: re.Pattern[str], words: str) -> AfterValidator:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise Mistake(words)
        return text

    return AfterValidator(check)


def _line(text: str) -> str:
    if "\n" in text:
        raise Mistake("must be one line", fix="write each line as an item of its own")
    return text


Count = Annotated[int, Field(strict=True, ge=1, le=MOST_NODES)]
Python = Annotated[Text, AfterValidator(_line), AfterValidator(_absolute)]
Host = Annotated[Short, AfterValidator(_host)]
Word = Annotated[Short, _matching(_WORD, "must be a word, such as gpu")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _SlurmKeys(_Part):
    """`[machines.NAME.slurm]`."""

    queue: Word | None = None
    cores: Count
    memory: Annotated[int, BeforeValidator(parse_size), Field(ge=64 * 1024**2, le=2**50)]
    gpus: Annotated[int, Field(strict=True, ge=0, le=64)] = 0
    walltime: Annotated[float, BeforeValidator(parse_duration), Field(ge=60, le=365 * 86400)]
    account: Word | None = None
    prologue: Annotated[tuple[Annotated[Text, AfterValidator(_line)], ...], Field(max_length=64)] = ()
    interface: Annotated[Short, _matching(_INTERFACE, "must be the name of a network interface, such as ib0")] | None = None
    directives: Annotated[
        tuple[Annotated[Short, _matching(_DIRECTIVE, "must be one option of sbatch, such as --qos=long")], ...],
        Field(max_length=32),
    ] = ()
    python: Python | None = None

    def record(self) -> SlurmJobs:
        return SlurmJobs(
            queue=self.queue or "",
            cores=self.cores,
            memory_bytes=self.memory,
            gpus=self.gpus,
            walltime_s=self.walltime,
            account=self.account or "",
            prologue=self.prologue,
            interface=self.interface or "",
            directives=self.directives,
            python=self.python or "",
        )


_DASK, _SSH = frozenset({"security", "shared"}), frozenset({"python"})  # keys that only these have


class MachineKeys(_Part):
    """One `[machines.NAME]`: a running scheduler, hosts over ssh, or Slurm."""

    dask: Annotated[Text, AfterValidator(_address)] | None = None
    security: Annotated[Path, BeforeValidator(_folder)] | None = None
    shared: Literal["trusted"] | None = None
    ssh: Annotated[tuple[Host, ...], Field(min_length=1, max_length=MOST_NODES)] | None = None
    python: Python | None = None
    slurm: _SlurmKeys | None = None
    nodes: Count | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        ways = [name for name in ("dask", "ssh", "slurm") if getattr(self, name) is not None]
        if len(ways) != 1:
            said = f"has {' and '.join(ways)}" if ways else "does not say how to reach its nodes"
            raise Mistake(said, fix="give it one of dask, ssh and slurm")
        (way,) = ways
        for key in sorted((_DASK | _SSH) - {"dask": _DASK, "ssh": _SSH, "slurm": frozenset[str]()}[way]):
            if getattr(self, key) is not None:
                fix = "write it below slurm" if (way, key) == ("slurm", "python") else "delete it"
                raise Mistake(f"is no key of {way}", key=key, fix=fix)
        if way == "dask" and str(self.dask).startswith("tls:") and self.security is None:
            raise Mistake("is missing", key="security", fix="name the folder with ca.pem, cert.pem and key.pem")
        if way == "ssh" and self.python is None:
            raise Mistake("is missing", key="python", fix="name the Python with overnight on the hosts")
        if way == "ssh" and self.nodes is not None:
            raise Mistake("is no key of ssh: each host is a node", key="nodes", fix="delete it")
        return self

    def record(self, name: str) -> Machine:
        """The machine that is known by this name."""
        return Machine(name=name, way=self._way(), nodes=self.nodes or len(self.ssh or ()) or 1)

    def _way(self) -> RunningScheduler | SshHosts | SlurmJobs:
        if self.dask is not None:
            return RunningScheduler(address=self.dask, security=self.security, trusted=self.shared is not None)
        if self.ssh is not None:
            return SshHosts(hosts=self.ssh, python=self.python or "")
        assert self.slurm is not None  # noqa: S101  # checked above
        return self.slurm.record()


MachinesKeys = Annotated[
    Mapping[
        Annotated[str, _matching(_NAME, "must begin with a letter and have letters, digits, - and _ alone, up to 32")],
        MachineKeys,
    ],
    Field(max_length=MOST_MACHINES),
]
