"""The `python` of the trials in tests: this one without the packages that are installed in it."""

import os
import sys
import venv
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory


def bare_python(build: Path) -> Path:
    """Its folder of programs; made once. Thousands of trials start it, and each would run what packages add to a start."""
    made = build / "pythons" / sys.base_prefix.strip("/").replace("/", "-")
    with suppress(OSError):  # another worker was faster, or this user may not write here
        made.parent.mkdir(parents=True, exist_ok=True)
        if not made.exists():
            with TemporaryDirectory(dir=build) as folder:
                venv.create(Path(folder, "new"), symlinks=True)
                Path(folder, "new").rename(made)
    return Path(made if made.exists() else sys.base_prefix, "bin")


def quick_path(first: Path) -> str:
    """A PATH with this folder first, without shims of version managers: each starts shells at every start of a campaign."""
    others = [entry for entry in os.environ["PATH"].split(os.pathsep) if Path(entry).name != "shims"]
    return os.pathsep.join([str(first), *others])
