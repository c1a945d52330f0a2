"""Twins of Shelly devices: the second generation's RPC, and the first generation's URLs."""

from collections.abc import Iterable
from typing import Any, ClassVar

from aiohttp import web

from overnight.home.things import Value
from overnight.home.twins.announcements import Announcement, Mdns
from overnight.home.twins.faults import Fault, Refused, read_json
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.logins import Login
from overnight.home.twins.twin import Change

POWER_ON: dict[str, Change] = {
    "switch": {"on": False},
    "light": {"on": False, "brightness": 100.0},
    "cover": {"position": 0.0},
}
BAD_ARGUMENT, NO_HANDLER, UNAVAILABLE = -103, 404, -109  # codes of its RPC


class ShellyTwin(HttpTwin):
    """Generation 2 and later: switches, lights or covers, by `/rpc/METHOD`."""

    family: ClassVar[str] = "shelly"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.ECHO}  # its answers do not name the new state
    models: ClassVar[dict[str, str]] = {"switch": "S3SW-001X16EU", "light": "S3DM-0010WW", "cover": "S3SW-002P16EU"}

    def __init__(
        self,
        name: str,
        kind: str = "switch",
        *,
        channels: int = 1,
        password: str = "",
        lag_s: float = 0.3,
    ) -> None:
        first = POWER_ON[kind]
        at_power_on = {_key(key, channel): value for channel in range(channels) for key, value in first.items()}
        super().__init__(name, at_power_on, lag_s=lag_s)
        self.channels = channels
        realm = f"shelly{kind}g3-{self.mac}"
        self._login = Login(user="admin", password=password, realm=realm, algorithm="SHA-256") if password else None
        self.kind = kind

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/shelly", self._info),
            web.post("/rpc/{method}", self._called),
        ]

    def announced(self) -> list[Announcement]:
        """By mDNS, under two services."""
        info = self.info()
        said = {"gen": "3", "app": info["app"], "ver": info["ver"]}
        return [
            Mdns(service=service, name=info["id"], port=self.port, properties=said)
            for service in ("_shelly._tcp", "_http._tcp")
        ]

    def refusal(self, refused: Refused) -> web.Response:
        """As `/rpc/METHOD` sends it."""
        return web.json_response({"code": refused.code or UNAVAILABLE, "message": refused.reason}, status=500)

    async def _info(self, _: web.Request) -> web.Response:
        return web.json_response(self.info())

    def info(self) -> dict[str, Any]:
        """What it says of itself."""
        mac = self.mac.upper()
        return {
            "name": self.spoken_name,
            "id": f"shelly{self.kind}g3-{mac.lower()}",
            "mac": mac,
            "slot": 0,
            "model": self.models[self.kind],
            "gen": 3,
            "fw_id": "20251014-123456/1.7.1-gabcdef0",
            "ver": "1.7.1",
            "app": {"switch": "S1G3", "light": "DimmerG3", "cover": "S2PMG3"}[self.kind],
            "auth_en": self._login is not None,
            "auth_domain": self._login.realm if self._login else None,
        }

    async def _called(self, request: web.Request) -> web.Response:
        if self._login and not self._login.admits_request(request):
            return self._login.challenge()
        params = await _json(request) if request.can_read_body else {}
        return web.json_response(await self._answer(request.match_info["method"], params))

    async def _answer(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        match method:
            case "Shelly.GetDeviceInfo":
                return self.info()
            case "Shelly.GetStatus":
                parts = {f"{self.kind}:{at}": self.status(at) for at in range(self.channels)}
                return {**parts, "sys": {"mac": self.mac.upper(), "uptime": 1000}}
        if method != ("Cover.GoToPosition" if self.kind == "cover" else f"{self.kind.title()}.Set"):
            raise Refused(NO_HANDLER, f"No handler for {method}")
        channel = params.get("id")
        if not isinstance(channel, int) or isinstance(channel, bool) or channel not in range(self.channels):
            raise Refused(BAD_ARGUMENT, f"Argument 'id', value {channel} not found!")
        if self.kind == "cover":
            await self.command({_key("position", channel): _number(params, "pos", 0, 100)})
            return None
        return await self._set(channel, params)

    def status(self, channel: int = 0) -> dict[str, Any]:
        """The state of a channel: the truth."""
        if self.kind == "cover":
            at = round(float(self.truth[_key("position", channel)]))
            state = {0: "closed", 100: "open"}.get(at, "stopped")
            return {"id": channel, "source": "http", "state": state, "current_pos": at, "pos_control": True, "apower": 0.0}
        on = bool(self.truth[_key("on", channel)])
        power = {"apower": 9.0 if on else 0.0, "voltage": 230.1, "temperature": {"tC": 41.2, "tF": 106.2}}
        level = self.truth.get(_key("brightness", channel))
        dimmed = {} if level is None else {"brightness": round(float(level))}
        return {"id": channel, "source": "http", "output": on, **dimmed, **power}

    async def _set(self, channel: int, params: dict[str, Any]) -> dict[str, Any] | None:
        on = _key("on", channel)
        was_on = self.truth[on]
        want: dict[str, Value] = {}
        if "on" in params:
            if not isinstance(params["on"], bool):
                raise Refused(BAD_ARGUMENT, "Argument 'on', value not a boolean!")
            want[on] = params["on"]
        if self.kind == "light" and "brightness" in params:
            want[_key("brightness", channel)] = _number(params, "brightness", 0, 100)
        if not want:
            raise Refused(BAD_ARGUMENT, "Missing required argument 'on'!")
        await self.command(want)
        return {"was_on": was_on} if self.kind == "switch" else None


class ShellyTwin1(HttpTwin):
    """Generation 1: `/relay/0?turn=on`, `/light/0`, `/roller/0`; each answers with the state that it claims."""

    family: ClassVar[str] = "shelly1"
    models: ClassVar[dict[str, str]] = {"switch": "SHSW-1", "light": "SHDM-2", "cover": "SHSW-25"}
    parts: ClassVar[dict[str, str]] = {"switch": "relay", "light": "light", "cover": "roller"}

    def __init__(self, name: str, kind: str = "switch", *, lag_s: float = 0.3) -> None:
        super().__init__(name, POWER_ON[kind], lag_s=lag_s)
        self.kind = kind

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/shelly", self._info),
            web.get("/settings", self._settings),
            web.get("/status", self._status),
            web.get(f"/{self.parts[self.kind]}/0", self._part),
        ]

    def announced(self) -> list[Announcement]:
        """By mDNS, as a web server."""
        name = f"shelly1-{self.mac[6:].upper()}"
        return [Mdns(service="_http._tcp", name=name, port=self.port, properties={"id": name})]

    def refusal(self, refused: Refused) -> web.Response:
        """One line of text."""
        return web.Response(text=refused.reason, status=400)

    async def _info(self, _: web.Request) -> web.Response:
        model = self.models[self.kind]
        said = {"type": model, "mac": self.mac.upper(), "auth": False, "fw": "20230913-112003/v1.14.0-gcb84623"}
        return web.json_response({**said, "discoverable": True, "num_outputs": 1})

    async def _settings(self, _: web.Request) -> web.Response:
        device = {"type": self.models[self.kind], "mac": self.mac.upper(), "hostname": f"shelly1-{self.mac[6:].upper()}"}
        mode = {"mode": "roller"} if self.kind == "cover" else {}
        return web.json_response({"device": device, "name": self.spoken_name, "fw": "20230913-112003/v1.14.0-gcb84623", **mode})

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response({f"{self.parts[self.kind]}s": [self._said(self.truth)], "mac": self.mac.upper(), "uptime": 99})

    async def _part(self, request: web.Request) -> web.Response:
        want = self._wanted(dict(request.query))
        claimed = await self.command(want) if want else self.truth
        return web.json_response(self._said(claimed))

    def _wanted(self, query: dict[str, str]) -> dict[str, Value]:
        want: dict[str, Value] = {}
        if self.kind == "cover":
            match query.get("go"):
                case "open":
                    want["position"] = 100.0
                case "close":
                    want["position"] = 0.0
                case "to_pos":
                    want["position"] = _number({"pos": _typed(query.get("roller_pos", ""))}, "pos", 0, 100)
            return want
        turn = query.get("turn")
        if turn in ("on", "off", "toggle"):
            want["on"] = not self.truth["on"] if turn == "toggle" else turn == "on"
        if self.kind == "light" and "brightness" in query:
            want["brightness"] = _number({"brightness": _typed(query["brightness"])}, "brightness", 1, 100)
        return want

    def _said(self, state: Change) -> dict[str, Any]:
        if self.kind == "cover":
            at = round(float(state["position"]))
            return {"state": "stop", "power": 0.0, "is_valid": True, "current_pos": at, "positioning": True}
        dimmed = {"brightness": round(float(state["brightness"])), "mode": "white"} if self.kind == "light" else {}
        return {"ison": state["on"], "has_timer": False, "source": "http", **dimmed}


def _key(name: str, channel: int) -> str:
    """The truth of the first channel has plain names, that of others a number: `on:1`."""
    return f"{name}:{channel}" if channel else name


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        frame = read_json(await request.read())
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise Refused(BAD_ARGUMENT, "Invalid JSON")
    return frame


def _typed(text: str) -> Any:  # a value of JSON, or the text itself
    try:
        return read_json(text)
    except ValueError:
        return text


def _number(params: dict[str, Any], key: str, low: float, high: float) -> float:
    value = params.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refused(BAD_ARGUMENT, f"Argument '{key}', value {value} not in {low}..{high}!")
    return float(value)
