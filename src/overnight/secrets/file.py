"""The file of the user's secrets: for the user alone, replaced as a whole, under a lock.

It is refused if others could read or replace it, rather than put right: its secrets may be known by then.

Does not cover: root, and processes of the same user, such as jobs of `--sandbox process`; backups of the disk. The file is
not encrypted: what could decrypt it unattended would lie beside it.
"""

import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import PATH_SHOWN, close_folder, make_folder, open_own
from overnight.secrets.entry import MOST_SECRETS, StoredSecret, check_value, is_name
from overnight.words.foreign import printable
from overnight.words.secret import Secret

if TYPE_CHECKING:
    from overnight.secrets.format import SecretsFormat

FOLDER, FILE, LOCK = "secrets", "secrets.json", "lock"
LARGEST_BYTES = 4 * 1024**2  # more than so many secrets take
WAIT_S = 10.0  # for another process that changes the file
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class SecretsFile:
    """The secrets that `overnight secret set` stores."""

    def __init__(self, state: Path) -> None:
        """`state`: the user's state folder, in which the secrets have a folder of their own."""
        self._folder = state / FOLDER
        self.path = self._folder / FILE
        self._seen: tuple[int, int, int] | None = None  # the file that was read last
        self._secrets: Mapping[str, StoredSecret] = {}

    def read(self) -> Mapping[str, StoredSecret]:
        """All of them by name, read again only if the file was replaced; none if there is no file.

        Raises:
            UserError: others can read or replace the file, or it is not one of ours; with the fix.
        """
        try:
            status = self.path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            self._seen, self._secrets = None, {}
            return self._secrets
        except OSError as error:
            raise UserError(f"{self._shown} cannot be read: {error.strerror}") from error
        key = (status.st_ino, status.st_ctime_ns, status.st_size)  # the second changes with the mode too
        if key != self._seen:
            self._check_folder()
            self._secrets, self._seen = self._parsed(self._content()), key
        return self._secrets

    def set(self, name: str, value: Secret) -> bool:
        """Store a secret, and say whether one of this name was replaced.

        Raises:
            UserError: the file is refused, or cannot be written; nothing is changed then.
        """
        with self._changing() as secrets:
            known = name in secrets
            if not known and len(secrets) >= MOST_SECRETS:
                raise UserError(f"{self._shown} holds {MOST_SECRETS} secrets already", fix="remove one that is not needed")
            secrets[name] = StoredSecret(value=value, set_at=time.time())
        return known

    def remove(self, name: str) -> bool:
        """Remove a secret, and say whether there was one of this name; raises as `set`."""
        if name not in self.read():
            return False
        with self._changing() as secrets:
            return secrets.pop(name, None) is not None

    @contextmanager
    def _changing(self) -> Iterator[dict[str, StoredSecret]]:
        """The secrets, to be changed by nobody else meanwhile, and written afterwards."""
        try:
            make_folder(self._folder)
            with closing_descriptor(open_own(self._folder / LOCK, os.O_RDWR | os.O_CREAT)) as lock:
                if not take_lock(lock, within_s=WAIT_S):
                    what = f"another process has been changing {self._shown} for {WAIT_S:g} s"
                    raise UserError(what, fix="end it, and try again")
                self._clear_leftovers()
                secrets = dict(self.read())
                yield secrets
                write_atomically(self.path, _written(secrets))
                with closing_descriptor(os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as folder:
                    os.fsync(folder)
        except OSError as error:
            fix = "make room on the disk" if error.strerror and "space" in error.strerror else "make the folder writable"
            raise UserError(f"{self._shown} cannot be written: {error.strerror}; nothing was changed", fix=fix) from error

    def _clear_leftovers(self) -> None:
        """Delete what writers that were killed left: it holds secrets too."""
        for left in self._folder.glob(f".{FILE}.*"):
            with suppress(FileNotFoundError):
                left.unlink()

    def _check_folder(self) -> None:
        status = self._folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            fix = f"chmod 700 {printable(str(self._folder), PATH_SHOWN)}"
            raise UserError(f"others can replace files in {printable(str(self._folder), PATH_SHOWN)}", fix=fix)
        close_folder(self._folder)

    def _content(self) -> bytes:
        """The bytes of the file, which must be for us alone."""
        try:
            with os.fdopen(open_own(self.path, os.O_RDONLY), "rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                if mode & _OTHERS:
                    what = f"other users can read {self._shown} (mode {mode:o})"
                    raise UserError(what, fix=f"chmod 600 {self._shown}; change the keys in it if others use this machine")
                content = file.read(LARGEST_BYTES + 1)
        except OSError as error:
            raise UserError(f"{self._shown} cannot be read: {error.strerror}") from error
        if len(content) > LARGEST_BYTES:
            raise UserError(f"{self._shown} is larger than {LARGEST_BYTES} bytes", fix="remove it, and set the secrets anew")
        return content

    def _parsed(self, content: bytes) -> Mapping[str, StoredSecret]:
        from overnight.secrets.format import NotSecrets, parse

        try:
            stored: SecretsFormat = parse(content)
            return {
                name: StoredSecret(value=check_value(name, each.value.get_secret_value()), set_at=each.set_at)
                for name, each in stored.secrets.items()
                if is_name(name)
            }
        except (NotSecrets, UserError) as error:
            fix = "remove it, and set the secrets anew with `overnight secret set NAME`"
            raise UserError(f"{self._shown} is not a file of secrets: {error.args[0]}", fix=fix) from None

    @property
    def _shown(self) -> str:
        return printable(str(self.path), PATH_SHOWN)


def _written(secrets: Mapping[str, StoredSecret]) -> bytes:
    from overnight.secrets.format import render

    return render({name: (each.value.reveal(), each.set_at) for name, each in sorted(secrets.items())})
