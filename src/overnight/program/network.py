"""What a person should know of a program whose jobs have a network."""

from collections.abc import Mapping, Sequence

from overnight.errors import UserError
from overnight.jail.job import Limits
from overnight.program.program import PROGRAM, Program
from overnight.words.quantities import listed

HOSTS = 6  # that are named
_PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def require_jail(program: Program, sandbox: str) -> None:
    """Check that a list of hosts is not to be kept without a jail.

    Raises:
        UserError: it is.
    """
    listing = "limits" if program.limits.hosts else ""
    for spec in program.researchers:
        if not listing and spec.limits and spec.limits.hosts:
            listing = f"the limits of {spec.role}"
    if listing and sandbox != "jail":
        what = f"{PROGRAM}: {listing}: a list of hosts cannot be kept without a jail: jobs would reach all that you reach"
        raise UserError(what, fix="leave out --sandbox process, or write `network: host` if jobs may reach everything")


def network_notes(limits: Limits, environment: Mapping[str, str]) -> Sequence[str]:
    """What a network of its jobs costs; `environment` is the user's, whose proxy is not used."""
    if limits.network == "host":
        return ("trials have the network: what they fetch may change, so a result may not be found again by running it again",)
    if not limits.hosts:
        return ()
    hosts = listed(limits.hosts, HOSTS)
    notes = [
        f"trials reach {hosts}: what they fetch may change, so a result may not be found again by running it again; what they "
        "see may leave through there"
    ]
    if used := next((name for name in _PROXIES if environment.get(name)), ""):
        notes.append(f"these hosts are connected to directly: the proxy of your {used} is not used")
    return notes
