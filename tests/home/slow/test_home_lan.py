"""A private LAN of ten twins: neighbours, SSDP, mDNS and WS-Discovery answer, each from its own address."""

import json

from home_lan import CLIENT, lan

CLIENT_CODE = """
import asyncio, json, re, socket, sys
from pathlib import Path

ME = sys.argv[1]
WSD = '''<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>
<a:MessageID>uuid:1</a:MessageID></e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body>
</e:Envelope>'''


def asked(message, port, wanted):
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ME))
    heard.settimeout(20)
    heard.sendto(message.encode(), ("239.255.255.250", port))
    answers = {}
    while len(answers) < wanted:
        data, (address, _) = heard.recvfrom(65535)
        answers[address] = data.decode()
    return answers


def neighbours(wanted):
    poke = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found = {}
    for host in range(1, 255):
        try:
            poke.sendto(b"", (f"10.77.0.{host}", 9))
        except OSError:
            pass
    while len(found) < wanted:
        lines = [line.split() for line in Path("/proc/net/arp").read_text().splitlines()[1:]]
        found = {line[0]: line[3] for line in lines if line[2] != "0x0"}
    return found


async def named(services, wanted):
    from zeroconf import IPVersion, ServiceStateChange
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    zeroconf = AsyncZeroconf(interfaces=[ME], ip_version=IPVersion.V4Only)
    found, complete = {}, asyncio.Event()

    async def look(kind, name):
        info = AsyncServiceInfo(kind, name)
        if await info.async_request(zeroconf.zeroconf, 5000):
            found.setdefault(info.parsed_addresses()[0], []).append(kind)
        if len(found) == wanted:
            complete.set()

    def changed(zeroconf, service_type, name, state_change):
        if state_change is ServiceStateChange.Added:
            tasks.append(asyncio.ensure_future(look(service_type, name)))

    tasks = []
    browser = AsyncServiceBrowser(zeroconf.zeroconf, services, handlers=[changed])
    await asyncio.wait_for(complete.wait(), 30)
    await browser.async_cancel()
    await zeroconf.async_close()
    return found

SSDP = 'M-SEARCH * HTTP/1.1\\r\\nHOST: 239.255.255.250:1900\\r\\nMAN: "ssdp:discover"\\r\\nMX: 1\\r\\nST: ssdp:all\\r\\n\\r\\n'
kinds = ["_sonos._tcp", "_shelly._tcp", "_http._tcp", "_hue._tcp", "_home-assistant._tcp", "_mqtt._tcp"]
print(json.dumps({
    "ssdp": asked(SSDP, 1900, 2),
    "wsd": asked(WSD, 3702, 1),
    "arp": neighbours(10),
    "mdns": asyncio.run(named([f"{kind}.local." for kind in kinds], 7)),
}))
"""


def test_ten_twins_answer_searches_from_their_own_addresses() -> None:
    """Ten neighbours with MACs of their own; two players by SSDP, a camera by WS-Discovery, seven twins by mDNS."""
    with lan() as network:
        found = json.loads(network.python(CLIENT_CODE, CLIENT))
        twins = network.twins.values()
        assert len(twins) == 10
        assert {address: mac.replace(":", "") for address, mac in found["arp"].items()} == {
            each["address"]: each["mac"] for each in twins
        }
        of = {each["family"]: each["address"] for each in twins}
        players = {each["address"] for each in twins if each["family"] == "sonos"}
        assert set(found["ssdp"]) == players
        assert all(f"LOCATION: http://{address}:1400/" in answer for address, answer in found["ssdp"].items())
        assert set(found["wsd"]) == {of["camera"]}
        assert f"http://{of['camera']}:80/onvif/device_service" in found["wsd"][of["camera"]]
        named = {of[family] for family in ("shelly", "shelly1", "hue", "hass", "mqtt")}
        assert set(found["mdns"]) == players | named


def test_the_lan_tells_the_truth_and_takes_faults() -> None:
    """What the twins are is read from outside; a fault is set by name."""
    with lan() as network:
        assert network.ask(do="truth")["Fan/tasmota"] == {"on": False}
        network.ask(do="fault", name="Fan", kind="refuse")
        url = f"http://{network.twins['Fan/tasmota']['address']}/cm?cmnd=Power%20On"
        code = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
        assert "Error" in network.python(code, url)
        assert network.ask(do="truth")["Fan/tasmota"] == {"on": False}
        assert network.ask(do="heard")["Fan/tasmota"] == [{"on": True}]
