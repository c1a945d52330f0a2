"""What a scan's questions leave behind: no connection, also to a host that never ends one."""

import asyncio
import gc
import socket
import threading
import warnings

import pytest

from overnight.home.finding.questions import Questions
from overnight.home.twins.hue import HueTwin

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_a_host_that_never_says_goodbye_keeps_no_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers over TLS, and then neither reads nor closes; without a cut the connection outlives the loop."""
    context = HueTwin("Bridge", []).tls()
    ended = threading.Event()

    def answer_once() -> None:
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as held:
            held.recv(4096)
            held.sendall(ANSWER)
            ended.wait()

    async def ask() -> str:
        async with Questions() as questions:
            return await questions.page(f"127.0.0.1:{port}", "/")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr("overnight.home.finding.questions.TLS", (port,))
        monkeypatch.setattr("overnight.home.finding.questions.WITHIN_S", 60.0)
        host = threading.Thread(target=answer_once)
        host.start()
        try:
            with warnings.catch_warnings(record=True) as found:
                warnings.simplefilter("always")
                assert asyncio.run(ask()) == "{}"
                gc.collect()
            assert [str(each.message) for each in found if each.category is ResourceWarning] == []
        finally:
            ended.set()
            host.join()
