"""Pure: what packages a project for Node needs, and the command that installs them as its lock file says."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from overnight.program.judge.targets import PACKAGE
from overnight.program.writer import FrontMatterEntry

_INSTALLERS: Mapping[str, str] = {
    "package-lock.json": "npm ci --no-audit --no-fund",
    "npm-shrinkwrap.json": "npm ci --no-audit --no-fund",
    "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
    "yarn.lock": "yarn install --frozen-lockfile",
    "bun.lock": "bun install --frozen-lockfile",
    "bun.lockb": "bun install --frozen-lockfile",
}


def of_node(paths: Collection[str], package: str, installed: Sequence[str]) -> Iterator[FrontMatterEntry]:
    """What the packages of Node need: those that are installed in the checkout, else a setup by their lock file."""
    if not dependencies(package):
        return
    if installed:
        reason = "packages that are installed in your checkout"
        yield FrontMatterEntry(key="readable", value=list(installed), reason=reason)
    elif lock := next((lock for lock in _INSTALLERS if lock in paths), ""):
        yield FrontMatterEntry(key="setup", value=_INSTALLERS[lock], reason=f"the packages of {lock}")
        yield FrontMatterEntry(key="setup_inputs", value=[PACKAGE, lock])


def dependencies(package: str) -> Collection[str]:
    """The packages that a package.json names, for whatever use."""
    try:
        found = json.loads(package)
    except (ValueError, RecursionError):
        return ()
    groups = (
        [found.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies")]
        if isinstance(found, dict)
        else ()
    )
    return {name for group in groups if isinstance(group, dict) for name in group}
