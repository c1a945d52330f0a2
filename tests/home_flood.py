"""A host that floods: started in the namespace of the twins, it answers each search ten thousand times, mostly with lies."""

import select
import socket
import struct
import subprocess
import sys

ADDRESS = "10.77.0.66"
FLOOD = 10_000
GROUPS = {1900: "239.255.255.250", 3702: "239.255.255.250", 5353: "224.0.0.251"}


def main() -> None:
    """Listen to searches and answer them until it is killed."""
    for line in (
        "link add h66 link wire address 0a:66:66:66:66:66 type macvlan mode bridge",
        f"addr add {ADDRESS}/24 dev h66",
        "link set h66 up",
    ):
        subprocess.run(["ip", *line.split()], check=True)
    heard = {}
    for port, group in GROUPS.items():
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        membership = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(ADDRESS))
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        listening.bind((group, port))
        heard[listening] = port
    said = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    said.bind((ADDRESS, 0))
    sys.stdout.write("ready\n")
    sys.stdout.flush()

    while True:
        ready, _, _ = select.select(list(heard), [], [])
        for each in ready:
            _, asker = each.recvfrom(4096)
            for at in range(FLOOD):
                said.sendto(_lie(heard[each], at), asker)


def _lie(port: int, at: int) -> bytes:
    """One of many devices that are not there, whose description is said to be elsewhere."""
    if port == 1900:
        place = f"http://10.77.0.{at % 250 + 1}:{at % 60000 + 1}/d.xml"
        lines = ("HTTP/1.1 200 OK", f"LOCATION: {place}", f"ST: urn:x:MediaRenderer:{at}", f"USN: uuid:{at}", "", "")
        return "\r\n".join(lines).encode()
    if port == 5353:
        name = b"\x04_hap\x04_tcp\x05local\0"
        alias = bytes([len(str(at))]) + str(at).encode() + name
        return struct.pack(">6H", 0, 0x8400, 0, 1, 0, 0) + name + struct.pack(">HHIH", 12, 1, 10, len(alias)) + alias
    return b"<ProbeMatch><Address>urn:uuid:%d</Address> NetworkVideoTransmitter</ProbeMatch>" % at


if __name__ == "__main__":
    main()
