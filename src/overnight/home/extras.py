"""The libraries of the home that are installed only by those who use them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from shlex import quote

from overnight.errors import UserError


class MissingLibrary(UserError):  # noqa: N818  # a state of this machine
    """A library is not installed."""


def install_command(extra: str) -> str:
    """The command that installs an extra into the environment that runs here, which `pip` on PATH may not do."""
    return f"{quote(sys.executable)} -m pip install 'overnight[{extra}]'"


def check_libraries(what: str, *modules: str, extra: str) -> None:
    """Whether modules can be imported; none is.

    Raises:
        MissingLibrary: some cannot.
    """
    if missing := [each for each in modules if find_spec(each) is None]:
        raise MissingLibrary(f"{what} {', '.join(missing)}", fix=install_command(extra))


@contextmanager
def libraries(what: str, *, extra: str) -> Iterator[None]:
    """Say of a library that is not there, inside, how it is installed.

    Raises:
        MissingLibrary: one is not.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingLibrary(f"{what} `{error.name}`", fix=install_command(extra)) from error
