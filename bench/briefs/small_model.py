"""The small model that `.ci/model.py build/model` makes, served on loopback for as long as it is needed."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build/model"
NAME = "qwen2.5-coder-1.5b"
CONTEXT = 16_384  # tokens
THREADS = 1  # two wait for each other: 0.9 tokens a second instead of 9 beside other work (load 8 on two cores)
READY_S = 120.0  # it takes 3 on a quiet machine
_LISTENS = "listening"


@contextmanager
def small_model(log: Path) -> Iterator[str]:
    """The URL of its server, which ends with the block; what the server says goes to the log.

    Raises:
        RuntimeError: it does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ["nice", str(FOLDER / "llama-server"), "-m", str(FOLDER / "weights.gguf"), "--host", "127.0.0.1"]
    serve += ["--port", str(port), "-c", str(CONTEXT), "-t", str(THREADS), "--jinja", "-np", "1"]
    environment = {"PATH": os.environ["PATH"]}
    process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
    ready = threading.Event()
    reader = threading.Thread(target=_drain, args=(process, log, ready))
    reader.start()
    try:
        ready.wait(READY_S)
        if process.poll() is not None or not ready.is_set():
            raise RuntimeError(f"the model's server does not start: see {log}")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()
        reader.join()


def settings(url: str) -> str:
    """Settings of a user whose only provider is this server."""
    return f'[[providers]]\nname = "small"\nbase_url = "{url}"\nwires = ["openai-chat"]\nmodel = "{NAME}"\n'


def _drain(process: subprocess.Popen[bytes], log: Path, ready: threading.Event) -> None:
    """Keep what it says, and set `ready` once it listens or has ended."""
    assert process.stdout is not None
    with process.stdout as said, log.open("wb") as file:
        for line in said:
            file.write(line)
            file.flush()
            if _LISTENS.encode() in line:
                ready.set()
    ready.set()
