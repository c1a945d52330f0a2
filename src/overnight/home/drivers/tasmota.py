"""Devices with Tasmota, over HTTP; see `_tasmota.py` for what is evidence."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from overnight.home.drivers._http import Http
from overnight.home.drivers._opening import BoxFamily
from overnight.home.drivers._tasmota import TasmotaDriver
from overnight.home.port import Refused
from overnight.home.things import Device
from overnight.words.secret import Secret


class HttpWire:
    """Implements `Wire` by `/cm?cmnd=`."""

    def __init__(self, http: Http, user: str, password: Secret | None) -> None:
        self._http = http
        self._login = {"user": user, "password": password.reveal()} if password else {}

    async def ask(self, command: str, value: str) -> Mapping[str, Any]:  # Any: JSON
        """Its answer, unless it says no, which it does with the HTTP status 200."""
        found = await self._http.get(f"/cm?{urlencode({**self._login, 'cmnd': f'{command} {value}'})}")
        if not isinstance(found, dict):
            raise Refused("it answers no object")
        if isinstance(word := found.get("Command"), str):
            raise Refused(f"it says to {command}: {word[:20]}")
        return found

    async def tell(self, command: str, value: str) -> None:
        """The same; the answer, an echo, is not looked at."""
        await self.ask(command, value)

    async def identity(self) -> Mapping[str, str]:
        """By its whole status."""
        said = await self.ask("Status", "0")
        head, net = (each if isinstance(each := said.get(key), dict) else {} for key in ("Status", "StatusNET"))
        return {
            "mac": str(net.get("Mac") or "").replace(":", ""),
            "name": str(head.get("DeviceName") or ""),
            "model": f"module {head.get('Module')}"[:20],
        }

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()


def _wire(device: Device, secrets: Mapping[str, Secret]) -> HttpWire:
    return HttpWire(Http(device.address), device.options.get("user", "admin"), secrets.get("password"))


FAMILY = BoxFamily(
    name="tasmota", option="part", connect=_wire, parts=lambda wire: TasmotaDriver(wire).parts(), driver=TasmotaDriver
)
