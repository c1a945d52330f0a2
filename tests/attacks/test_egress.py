"""Attacks on the proxy: a hostile job asks for what it may not reach, and a hostile host answers."""

import asyncio
import errno
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from proxied import HOST, Served, client_hello, connect, get, origin, proxied

from overnight.egress import dial
from overnight.egress.connection import Outcome, by_host
from overnight.egress.hosts import HostRule
from overnight.egress.relay import Deadlines

PUBLIC = "93.184.215.14"
SHORT = Deadlines(head_s=1.0)  # long enough for a request on a loaded machine
IMPATIENT = Deadlines(idle_s=1.0)


def status(answer: bytes) -> int:
    """The code of an answer."""
    return int(answer.split(b" ", 2)[1])


def reason(answer: bytes) -> str:
    """What its first line says."""
    return answer.split(b"\r\n", 1)[0].split(b" ", 2)[2].decode()


ESCAPES = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1."),
    *("0", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *(
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[fec0::1]",
    ),
    *("169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376"),
    *("169.254.43518", "100.100.100.200", "168.63.129.16", "10.0.0.1", "172.16.0.1", "192.168.0.1", "224.0.0.1", "[ff02::1]"),
    *("localhost", "LOCALHOST.", "localhost.localdomain", "ip6-localhost", "metadata", "metadata.google.internal", "router"),
    *(
        "\u2460\u2461\u2466.0.0.1",
        "127\u30020\u30020\u30021",
        "\uff11\uff12\uff17.0.0.1",
        "%31%32%37.0.0.1",
        "127.0.0.1%00.example.com",
    ),
    *(f"{HOST}%00.evil.org", f"{HOST}.evil.org", f"evil.org.{HOST}x", f"x{HOST}", f"{HOST}..", f".{HOST}", f"{HOST}@127.0.0.1"),
    *(
        "a" * 300 + ".example.com",
        "xn--\xe4.example.com",
        "exa mple.com",
        "example.com\t",
        "[",
        "]",
        "[::1",
        "::1",
        "*",
        "*.example.com",
    ),
]


@pytest.mark.parametrize("port", [80, 443])
def test_no_form_of_an_address_or_a_name_leads_elsewhere(port: int) -> None:
    """Private, local and metadata addresses in every form, and look-alikes of an allowed name, are refused, never resolved."""

    async def attack() -> None:
        async with proxied(HOST, "*.internal.example.com", also=()) as served:
            for host in ESCAPES:
                where = f"{host}:{port}"
                for words in (connect(where), get(where)) if where.isascii() else ():
                    assert status(await served.say(words)) in {400, 403}, where
                raw = f"CONNECT {where} HTTP/1.1\r\n\r\n".encode()
                assert status(await served.say(raw)) in {400, 403}, where
            assert served.names.asked == []
            assert all(one.outcome is Outcome.REFUSED and not one.bytes_up for one in served.connections)

    asyncio.run(attack())


@pytest.mark.parametrize("port", [22, 25, 53, 110, 143, 445, 465, 587, 993, 3128, 3306, 5432, 6379, 8080, 9200, 11211, 65535])
def test_no_other_port_of_an_allowed_host_is_reached(port: int) -> None:
    """An allowed name is allowed at its ports alone: no mail, no shell, no database."""

    async def attack() -> None:
        async with proxied(HOST) as served:
            for words in (connect(f"{HOST}:{port}"), get(f"{HOST}:{port}")):
                assert "not on the list" in reason(await served.say(words))
            assert served.names.asked == []

    asyncio.run(attack())


@pytest.mark.parametrize(
    "answer",
    [
        *(
            ["127.0.0.1"],
            ["10.0.0.1"],
            ["169.254.169.254"],
            ["::1"],
            ["::ffff:127.0.0.1"],
            ["64:ff9b::7f00:1"],
            ["fd00:ec2::254"],
        ),
        *(
            [PUBLIC, "127.0.0.1"],
            [PUBLIC, "::1"],
            ["2606:2800::1", "169.254.169.254"],
            ["0.0.0.0"],
            ["fe80::1%lo"],
            ["100.64.0.1"],
        ),
    ],
)
def test_an_allowed_name_does_not_lead_inside(answer: list[str]) -> None:
    """A name whose answer has one address that no job reaches is refused, also beside a public one."""

    async def attack() -> None:
        async with proxied(HOST, names={HOST: [answer]}, also=()) as served:
            for words in (connect(f"{HOST}:443"), get(HOST)):
                assert "no job reaches" in reason(await served.say(words))
            assert {one.outcome for one in served.connections} == {Outcome.REFUSED}

    asyncio.run(attack())


def test_rebinding_gains_nothing() -> None:
    """The address that was looked at is the one that is connected to: a name is asked once, and a second answer not used."""

    async def attack() -> None:
        async with origin() as safe, origin(b"HTTP/1.1 200 OK\r\n\r\nsecret") as inside:
            rule = f"{HOST}:{safe.port}"
            turns = [["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]]
            async with proxied(rule, names={HOST: turns}, also=[ipaddress.ip_network("127.0.0.1/32")]) as served:
                assert (await served.say(get(rule))).endswith(b"hello")
                assert served.names.asked == [HOST]
                for _ in range(2):
                    assert "no job reaches" in reason(await served.say(get(rule)))
            assert not inside.received
            assert [one.address for one in served.connections] == ["127.0.0.1", "", ""]

    asyncio.run(attack())


def test_this_machine_is_not_reached_by_an_address_that_looks_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that leads back to this machine is refused, even if nothing else speaks against it."""
    monkeypatch.setattr(dial, "refusal", lambda address: "")  # as if loopback were public

    async def attack() -> None:
        async with origin() as inside:
            rule = f"{HOST}:{inside.port}"
            async with proxied(rule, also=()) as served:
                assert "this machine itself" in reason(await served.say(get(rule)))
            assert not inside.received

    asyncio.run(attack())


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1/", "//evil.org/"])
def test_a_redirect_is_handed_over_and_not_followed(code: int, where: str) -> None:
    """The proxy never follows; the client that does is refused like anybody who asks for that."""

    async def attack() -> None:
        async with origin(f"HTTP/1.1 {code} Away\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode()) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule) as served:
                assert status(await served.say(get(rule))) == code
                assert served.names.asked == [HOST]
                assert status(await served.say(get("169.254.169.254", path="/latest/meta-data/"))) == 403

    asyncio.run(attack())


def run(attack: Callable[[Served, str, list[bytes]], Awaitable[None]], **how: object) -> None:
    """Run an attack on a proxy for one host that answers `hello` and keeps what it gets."""

    async def running() -> None:
        async with origin() as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule, **how) as served:  # type: ignore[arg-type]  # as `proxied` has them
                await attack(served, rule, host.received)

    asyncio.run(running())


def test_a_second_request_on_a_connection_goes_nowhere() -> None:
    """Requests behind the first one, for whatever host, reach nobody: each needs a connection of its own."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        said = await served.say(get(rule) + get("169.254.169.254") + get(rule, path="/second"))
        assert said.count(b"HTTP/1.1") == 1 and said.endswith(b"hello")
        assert len(received) == 1 and b"second" not in received[0]

    run(attack)


@pytest.mark.parametrize(
    "body",
    [
        b"5;x=y\r\nhello\r\n0\r\n\r\n",  # an extension
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"000000005\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello",
        b"0\r\nX-Trailer: y\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"-1\r\n",
    ],
)
def test_a_body_in_bent_chunks_is_cut(body: bytes) -> None:
    """Chunks that another server could read otherwise end the connection; the part that looks like a request is not sent."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        smuggled = get(rule, path="/smuggled")
        await served.say(get(rule, "Transfer-Encoding: chunked", method="POST", body=body + smuggled))
        assert all(b"smuggled" not in each for each in received)

    run(attack)


def test_only_the_stated_length_of_a_body_goes_on() -> None:
    """Bytes behind the length that a request says are not part of it, and not of the next one."""

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(5))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        got.append(await reader.read())

    async def attack() -> None:
        async with origin(hears) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule) as served:
                await served.say(get(rule, "Content-Length: 5", method="POST", body=b"hello" + get(rule, path="/smuggled")))

    got: list[bytes] = []
    asyncio.run(attack())
    assert got[0].endswith(b"\r\n\r\nhello") and got[1:] == [b""]


def test_a_body_that_is_shorter_than_it_says_is_cut() -> None:
    """A client that goes away in the middle of a body does not leave the server waiting for the rest, from anybody."""

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read())

    async def attack() -> None:
        async with origin(hears) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule) as served:
                said = await served.say(get(rule, "Content-Length: 50", method="POST", body=b"hello"), end=True)
                assert "shorter than it says" in reason(said)

    got: list[bytes] = []
    asyncio.run(attack())
    assert got[0].endswith(b"\r\n\r\nhello")


def test_an_early_answer_comes_through() -> None:
    """A server that answers before it has read a body, and closes, is heard."""

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def attack() -> None:
        async with origin(refuses) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule) as served:
                begun = get(rule, "Content-Length: 50", "Expect: 100-continue", method="POST")
                assert await served.say(begun) == (
                    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Too large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )

    asyncio.run(attack())


@pytest.mark.parametrize("name", ["evil.org", f"a.{HOST}", "example.com", HOST + "x", None])
def test_tls_for_another_host_does_not_pass_a_tunnel(name: str | None) -> None:
    """The name within TLS must be the tunnel's: else a server of many hosts would serve any of them."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        said = await served.say(connect(rule) + client_hello(name))
        assert said.startswith(b"HTTP/1.1 200") and said.endswith(b"\x15\x03\x03\x00\x02\x02\x70")
        (one,) = served.connections
        assert (one.outcome, one.bytes_up) == (Outcome.REFUSED, 0)
        assert "asks for another host" in one.reason

    run(attack)


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that hears the beginning of TLS, says a word and ends."""
    await reader.read(65536)
    writer.write(b"served")
    await writer.drain()


def test_an_address_is_reached_only_if_it_is_listed_itself() -> None:
    """A listed address takes TLS that names no host; any other address, also of the same network, is refused."""

    async def attack() -> None:
        async with origin(swallow) as host:
            listed = HostRule(host="127.0.0.1", ports=(host.port,))  # which no program can list
            async with proxied(listed, "*.example.com") as served:
                where = f"127.0.0.1:{host.port}"
                assert (await served.say(connect(where) + client_hello(None))).endswith(b"served")
                assert (await served.say(connect(where) + client_hello(HOST))).endswith(b"\x70")
                assert status(await served.say(connect(f"127.0.0.2:{host.port}"))) == 403
                assert status(await served.say(connect(f"[::ffff:127.0.0.1]:{host.port}"))) == 403
                assert served.names.asked == []

    asyncio.run(attack())


@pytest.mark.parametrize("spelt", [HOST.upper(), f"{HOST}.", "Host.Example.COM."])
def test_a_name_has_one_spelling(spelt: str) -> None:
    """Upper case and a last dot change nothing: the name is looked up, resolved, compared with TLS and recorded as one."""

    async def attack() -> None:
        async with origin(swallow) as host:
            async with proxied(f"{HOST}:{host.port}") as served:
                said = await served.say(connect(f"{spelt}:{host.port}") + client_hello(HOST))
                assert said.endswith(b"served")
                assert served.names.asked == [HOST]
            assert [one.host for one in served.connections] == [HOST]

    asyncio.run(attack())


@pytest.mark.parametrize(
    "words",
    [b"GET / HTTP/1.1\r\nHost: evil.org\r\n\r\n", b"SSH-2.0-x\r\n", b"EHLO x\r\n", b"\x00" * 100, b"*1\r\n$4\r\nINFO\r\n"],
)
def test_a_tunnel_carries_nothing_but_tls(words: bytes) -> None:
    """Plain HTTP, shells, mail and databases do not pass a tunnel, at whatever port."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        assert await served.say(connect(rule) + words) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        assert not received
        assert [one.bytes_up for one in served.connections] == [0]

    run(attack)


def test_a_tunnel_in_which_nobody_speaks_is_closed() -> None:
    """A client that waits for its server to speak first, as of mail, gets nothing of it."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        assert await served.say(connect(rule)) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        assert "whose client speaks first" in served.connections[0].reason

    run(attack, deadlines=SHORT)


def test_one_end_of_a_tunnel_may_close_first() -> None:
    """What a host still has to say goes through after the client has said all, and the tunnel ends with it."""

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got = await reader.read()
        writer.write(b"%d bytes" % len(got))
        await writer.drain()

    async def attack() -> None:
        hello = client_hello(HOST)
        async with origin(late) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule) as served:
                said = await served.say(connect(rule) + hello + b"more", end=True)
                assert said.endswith(b"%d bytes" % (len(hello) + 4))
            (one,) = served.connections
            assert (one.outcome, one.bytes_up, one.bytes_down) == (Outcome.REACHED, len(hello) + 4, len(said) - 39)

    asyncio.run(attack())


def test_a_half_closed_tunnel_does_not_stay() -> None:
    """A tunnel in which nothing comes any more is closed, though neither end says so."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.Event().wait()

    async def attack() -> None:
        async with origin(silent) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule, deadlines=IMPATIENT) as served:
                await served.say(connect(rule) + client_hello(HOST), end=True)
                assert [(one.outcome, one.reason) for one in served.connections] == [(Outcome.CUT, "nothing came for 1 s")]

    asyncio.run(attack())


@pytest.mark.parametrize("words", [b"", b"G", b"GET http://host.example.com/ HTTP/1.1\r\n", b"\x16\x03\x01", b"\r\n" * 100])
def test_slow_requests_are_ended(words: bytes) -> None:
    """A request that does not become whole ends after a while, however slowly it goes on; nobody is asked for it."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(words)
        assert status(await reader.read()) in {400, 408}
        writer.close()
        assert not received and served.names.asked == []

    run(attack, deadlines=SHORT)


def test_a_flood_of_headers_is_refused() -> None:
    """Endless headers are read no further than their limit."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        for lines in ([f"X-{n}: y" for n in range(2000)], ["X: " + "y" * 60_000], ["X: " + "y" * 2_000_000]):
            assert status(await served.say(get(rule, *lines))) == 431
        assert not received

    run(attack)


def test_what_a_job_sends_is_capped() -> None:
    """A body over the cap ends its connection with the reason, no byte more goes out, and nothing goes out afterwards."""
    heard: list[int] = []

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(0)
        while piece := await reader.read(65536):
            heard[-1] += len(piece)

    async def attack() -> None:
        async with origin(hears) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule, bytes_up=100_000) as served:
                said = await served.say(get(rule, "Content-Length: 10000000", method="POST", body=bytes(10_000_000)))
                assert status(said) == 403 and "100 kB that the job may send are used up" in reason(said)
                assert "used up" in reason(await served.say(get(rule)))
                first, second = served.connections
                assert first.outcome is Outcome.CUT and first.bytes_up <= 100_000
                assert (second.outcome, second.bytes_up) == (Outcome.REFUSED, 0)
        assert len(heard) == 1 and heard[0] <= 100_000

    asyncio.run(attack())


@pytest.mark.parametrize("tunnel", [True, False])
def test_what_a_job_receives_is_capped(tunnel: bool) -> None:
    """A host that sends without end is cut at the cap, in a tunnel too."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    async def attack() -> None:
        async with origin(endless) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule, bytes_down=1_000_000) as served:
                said = await served.say(connect(rule) + client_hello(HOST) if tunnel else get(rule))
                assert len(said) < 1_000_100
                (one,) = served.connections
                assert one.outcome is Outcome.CUT and one.bytes_down <= 1_000_000
                assert one.reason == "the 1 MB that the job may receive are used up"

    asyncio.run(attack())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello, this is no HTTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
        b"HTTP/1.1 200 OK\r\nX: a\nEvil: b\r\n\r\n",
    ],
)
def test_a_hostile_host_is_not_handed_on(answer: bytes) -> None:
    """A host that answers with something else than one plain answer is an error of the gateway's, not the client's input."""

    async def attack() -> None:
        async with origin(answer) as host:
            rule = f"{HOST}:{host.port}"
            async with proxied(rule) as served:
                assert status(await served.say(get(rule))) == 502
                assert [one.outcome for one in served.connections] == [Outcome.FAILED]

    asyncio.run(attack())


def test_many_connections_at_once_wait_for_each_other() -> None:
    """A job that opens many connections has a few at a time; the others wait outside, and take none of our files."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        held = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(4)]
        waiting = [asyncio.create_task(served.say(get(rule))) for _ in range(50)]
        assert status(await served.say(get(rule), end=True)) == 200  # after the held ones have run out of time
        assert {status(answer) for answer in await asyncio.gather(*waiting)} == {200}
        assert [one.count for one in served.connections if "no whole request" in one.reason] == [4]
        for _, writer in held:
            writer.close()
            await writer.wait_closed()

    run(attack, at_once=4, deadlines=SHORT)


def test_no_host_hides_behind_others_in_the_record() -> None:
    """However many names a job is refused, and however often it is served, each host that it reached is in the record."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        for number in range(200):
            assert status(await served.say(get(f"h{number}.evil.org"))) == 403
        for _ in range(70):
            assert status(await served.say(get(rule))) == 200
        reached = [one for one in served.connections if one.host == HOST]
        assert sum(one.count for one in reached) == 70 and {one.outcome for one in reached} == {Outcome.REACHED}
        assert sum(one.count for one in served.connections) == 270 and len(served.connections) < 140
        uses = by_host(served.connections)
        assert uses[HOST].reached == 70 and sum(use.refused for use in uses.values()) == 200
        again = by_host([replace(one, host=f"g{one.host}") for one in served.connections if one.host == HOST], uses)
        assert again[f"g{HOST}"].reached == 70

    run(attack)


def test_a_thousand_connections_are_one_line_of_the_record() -> None:
    """When a job has had its connections, its door closes: the kernel refuses the rest, and the record stays small."""

    async def attack(served: Served, rule: str, received: list[bytes]) -> None:
        refused = 0
        for number in range(1000):
            try:
                said = await served.say(get(f"h{number}.evil.org"))
            except OSError as error:
                assert error.errno == errno.ECONNREFUSED
                refused += 1
            else:
                assert not said or status(said) == 403
        assert refused == 1000 - 101
        assert sum(one.count for one in served.connections) == 101
        assert len(served.connections) <= 66
        assert not received

    run(attack, connections=100)


def test_an_unknown_name_and_a_closed_port_are_said_to_be() -> None:
    """What cannot be reached is an error of the gateway's with its reason, and no refusal."""

    async def attack() -> None:
        async with origin() as host, proxied("gone.example.com", f"{HOST}:1") as served:
            assert host.port
            assert "cannot be resolved" in reason(await served.say(get("gone.example.com")))
            assert "cannot be reached" in reason(await served.say(connect(f"{HOST}:1")))
            assert {one.outcome for one in served.connections} == {Outcome.FAILED}

    asyncio.run(attack())
