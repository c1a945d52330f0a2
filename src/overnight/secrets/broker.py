"""Finds a secret by its name: an environment variable, else a credential of systemd, else the user's file.

The rest of the program gets it as an environment in which a variable that is unset may be found after all. To go through it,
as whoever passes an environment on to a process does, shows real variables alone; so a stored secret is in no process.

Does not cover: a real environment variable, which processes of the same user can read (`/proc/PID/environ`).
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.folders import open_regular
from overnight.files.state_folder import state_folder
from overnight.secrets.entry import LONGEST_VALUE, MOST_SECRETS, Source, check_value, is_name
from overnight.secrets.file import SecretsFile
from overnight.words.foreign import printable
from overnight.words.scrubber import Scrubber, secrets_in
from overnight.words.secret import Secret

CREDENTIALS = "CREDENTIALS_DIRECTORY"  # that systemd sets for a service with credentials
_PLACES = {
    Source.ENVIRONMENT: "",
    Source.CREDENTIAL: "a credential of systemd",
    Source.FILE: "stored by `overnight secret set`",
}
_PATH_SHOWN = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSecret:
    """A secret, and where it was found."""

    value: Secret
    source: Source
    set_at: float | None = None  # Unix time, s; of the file alone


class Broker:
    """The secrets of one user, for one process."""

    def __init__(self, environment: Mapping[str, str], state: Path) -> None:
        """`state`: the user's state folder."""
        self._environment = environment
        self._credentials = environment.get(CREDENTIALS, "")
        self.file = SecretsFile(state)

    def lookup(self, name: str) -> FoundSecret | None:
        """The secret of this name; None if there is none.

        Raises:
            UserError: the user's file or a credential is refused; the message says why, and the fix.
        """
        if self._environment.get(name, "").strip():
            return FoundSecret(value=Secret(self._environment[name]), source=Source.ENVIRONMENT)
        return self.stored(name)

    def stored(self, name: str) -> FoundSecret | None:
        """The same without a look at the environment."""
        if not is_name(name):
            return None
        if credential := self._credential(name):
            return FoundSecret(value=credential, source=Source.CREDENTIAL)
        stored = self.file.read().get(name)
        return FoundSecret(value=stored.value, source=Source.FILE, set_at=stored.set_at) if stored else None

    def names(self) -> tuple[str, ...]:
        """The names of all that is stored and can be looked up, in order; raises as `lookup` for the file."""
        return tuple(sorted({*self._credential_names(), *self.file.read()}))

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which what is stored is found by its name alone."""
        return SecretEnvironment(self, self._environment)

    def scrubber(self, spare: Iterable[str] = ()) -> Scrubber:
        """A scrubber that knows all that is stored, and the variables that look like secrets; raises as `lookup`."""
        stored = [found.value.reveal() for name in self.names() if (found := self.stored(name))]
        return Scrubber([*stored, *secrets_in(self._environment)], spare=spare)

    def _credential_names(self) -> list[str]:
        if not Path(self._credentials).is_absolute():
            return []
        names = list[str]()
        with suppress(OSError):
            names = sorted(filter(is_name, os.listdir(self._credentials)))[:MOST_SECRETS]  # noqa: PTH208  # names alone
        return [name for name in names if self._is_usable(name)]

    def _is_usable(self, name: str) -> bool:
        """Whether a credential is a secret of one line; a service may have others, such as a certificate."""
        with suppress(UserError):
            return self._credential(name) is not None
        return False

    def _credential(self, name: str) -> Secret | None:
        """What systemd gives under this name: a file of root's or ours, that others cannot write."""
        if not Path(self._credentials).is_absolute():
            return None
        path = Path(self._credentials, name)
        try:
            with os.fdopen(open_regular(str(path), os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                status = os.fstat(file.fileno())
                content = file.read(LONGEST_VALUE + 3)  # a line's end may follow
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UserError(f"the credential {printable(str(path), _PATH_SHOWN)} cannot be read: {error.strerror}") from error
        if status.st_uid not in {0, os.geteuid()} or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            what = f"others can write the credential {printable(str(path), _PATH_SHOWN)}"
            raise UserError(what, fix=f"let systemd make {CREDENTIALS}: LoadCredential={name}:FILE in the unit")
        return check_value(name, content.decode("latin-1"))


class SecretEnvironment(Mapping[str, str]):
    """Finds by name, and shows real variables to whoever goes through it."""

    def __init__(self, broker: Broker, real: Mapping[str, str]) -> None:
        self._broker = broker
        self._real = real

    def __getitem__(self, name: str) -> str:
        if name in self._real and self._real[name].strip():
            return self._real[name]
        if found := self._broker.stored(name):
            return found.value.reveal()
        return self._real[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._real or self._broker.stored(name) is not None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)

    def source(self, name: str) -> Source | None:
        """Where a secret is found; raises as `Broker.lookup`."""
        found = self._broker.lookup(name)
        return found.source if found else None


def stored_where(environment: Mapping[str, str], name: str) -> str:
    """In words, where a variable that is no real one is found; empty for a real one, or one that is not set."""
    source = environment.source(name) if isinstance(environment, SecretEnvironment) else None
    return _PLACES[source] if source else ""


def user_broker() -> Broker:
    """The secrets of the user whose process this is."""
    return Broker(os.environ, state_folder())
