"""Unknown devices that answer HTTP: one that describes itself, and a fountain with a protocol of its own; and drivers."""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from loop_threads import loop_thread

from overnight.home.twins.http import HttpTwin


class Lamp(HttpTwin):
    """A lamp with a Thing Description; its level goes to 254."""

    family = "thing"

    def __init__(self, name: str = "Terrace", *, base: str = "", security: str = "nosec", **level: Any) -> None:
        super().__init__(name, {"on": False, "level": 60})
        self._base, self._security, self._level = base, security, level
        self.writes = 0

    def routes(self) -> list[web.RouteDef]:
        """Its description, and a resource a property."""
        return [
            web.get("/.well-known/wot", self._about),
            web.get("/things/1/{name}", self._get),
            web.put("/things/1/{name}", self._put),
        ]

    async def _about(self, _: web.Request) -> web.Response:
        def form(name: str) -> list[dict[str, object]]:
            return [{"href": f"{self._base}/things/1/{name}", "contentType": "application/json"}]

        level = {"type": "integer", "minimum": 0, "maximum": 254, "@type": "BrightnessProperty", "forms": form("level")}
        return web.json_response(
            {
                "@context": "https://www.w3.org/2022/wot/td/v1.1",
                "id": f"urn:dev:mac:{self.mac}",
                "title": self.spoken_name,
                "@type": ["Light", "OnOffSwitch"],
                "security": ["it"],
                "securityDefinitions": {"it": {"scheme": self._security}},
                "properties": {
                    "on": {"type": "boolean", "@type": "OnOffProperty", "forms": form("on")},
                    "level": {**level, **self._level},
                    "mood": {"type": "string", "forms": form("mood")},
                },
            }
        )

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self.truth[request.match_info["name"]])

    async def _put(self, request: web.Request) -> web.Response:
        self.writes += 1
        await self.command({request.match_info["name"]: await request.json()})
        return web.Response(status=204)


class Fountain(HttpTwin):
    """A lit fountain that nobody knows: a lamp of 0 to 255 and its switch, in JSON of its own."""

    family = "fountain"

    def __init__(self, name: str = "Fountain") -> None:
        super().__init__(name, {"on": True, "level": 51})
        self.writes = 0

    def routes(self) -> list[web.RouteDef]:
        """Its state, and what it is asked to do."""
        return [web.get("/st", self._state), web.post("/do", self._do)]

    async def _state(self, _: web.Request) -> web.Response:
        lamp = {"pw": int(bool(self.truth["on"])), "lv": self.truth["level"]}
        return web.json_response({"v": 3, "sn": self.mac, "lamp": lamp})

    async def _do(self, request: web.Request) -> web.Response:
        self.writes += 1
        asked = await request.json()
        key = {"lamp.pw": "on", "lamp.lv": "level"}[asked["k"]]
        await self.command({key: bool(asked["to"]) if key == "on" else asked["to"]})
        return web.json_response({"ok": 1})


class Poster(Fountain):
    """The same with a page of its own, perhaps at any other path, and a link on it that must not be followed."""

    def __init__(self, *, at: str = "/") -> None:
        super().__init__()
        self._at = at
        self.paths: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        """Its page, and what happens at a link that reads like an order."""
        return [*super().routes(), web.get("/lamp/off", self._off), web.get(self._at, self._shown)]

    async def _state(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        return await super()._state(request)

    async def _shown(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _off(self, _: web.Request) -> web.Response:
        self.writes += 1
        await self.command({"on": False})
        return web.Response(text="off")


PAGE = """<html><title>Fountain 3</title><body><a href="/lamp/off">off</a> <a href="http://192.0.2.1/st">maker</a>
<input type="range" max="255" onchange="go('lamp.lv', +this.value)"><script>
const show = async () => { const s = await (await fetch('/st')).json(); lv.value = s.lamp.lv; pw.checked = s.lamp.pw };
const go = (k, to) => fetch('/do', {method: 'POST', body: JSON.stringify({k, to})});
</script></body></html>"""


class Spoken(HttpTwin):
    """A lamp with an OpenAPI document; its state is one resource, which is put whole."""

    family = "openapi"

    def __init__(self, name: str = "Garden lamp", **changed: Any) -> None:
        super().__init__(name, {"on": False, "level": 60})
        self.changed, self.writes = changed, 0

    def routes(self) -> list[web.RouteDef]:
        """Its document, who it is, and its state."""
        return [
            web.get("/openapi.json", self._document),
            web.get("/v1/info", self._info),
            web.get("/v1/state", self._get),
            web.put("/v1/state", self._put),
        ]

    async def _document(self, _: web.Request) -> web.Response:
        def json_of(schema: Mapping[str, object]) -> dict[str, object]:
            return {"content": {"application/json": {"schema": schema}}}

        state, text = {"$ref": "#/components/schemas/State"}, {"type": "string"}
        level = {"type": "integer", "minimum": 0, "maximum": 240}
        properties = {"on": {"type": "boolean"}, "level": level, "mood": text}
        info = {"type": "object", "properties": {"serial": text, "firmware": text}}
        about = {
            "openapi": "3.1.0",
            "info": {"title": self.spoken_name, "version": "1"},
            "servers": [{"url": "/v1"}],
            "paths": {
                "/info": {"get": {"responses": {"200": json_of(info)}}},
                "/state": {
                    "get": {"responses": {"200": json_of(state)}},
                    "put": {"requestBody": json_of(state), "responses": {}},
                    "delete": {"responses": {}},
                },
                "/zones/{zone}": {"get": {"responses": {"200": json_of(state)}}},
            },
            "components": {"schemas": {"State": {"type": "object", "properties": properties, "required": ["on", "level"]}}},
        }
        return web.json_response({**about, **self.changed})

    async def _info(self, _: web.Request) -> web.Response:
        return web.json_response({"serial": self.mac, "firmware": "1.2"})

    async def _get(self, _: web.Request) -> web.Response:
        return web.json_response({**self.truth, "mood": "calm"})

    async def _put(self, request: web.Request) -> web.Response:
        self.writes += 1
        asked = await request.json()
        if set(asked) != {"on", "level"}:
            return web.json_response({"detail": "both are needed"}, status=422)
        await self.command(asked)
        return web.json_response({})


RIGHT = """
def describe(http):
    return {
        "identity": http.get("/st")["sn"],
        "name": "Fountain",
        "traits": ["light"],
        "properties": [{"name": "on"}, {"name": "brightness"}],
    }


def read(http):
    lamp = http.get("/st")["lamp"]
    return {"on": lamp["pw"] == 1, "brightness": lamp["lv"] * 100 / 255}


def write(http, want):
    if "on" in want:
        http.post("/do", {"k": "lamp.pw", "to": 1 if want["on"] else 0})
    if "brightness" in want:
        http.post("/do", {"k": "lamp.lv", "to": round(want["brightness"] * 255 / 100)})
"""


def changed(*changes: tuple[str, str]) -> str:
    """The right driver, changed."""
    source = RIGHT
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


@contextmanager
def bystander() -> Iterator[socket.socket]:
    """A listener at another port of the same machine, which nobody should reach."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def visits(listening: socket.socket) -> int:
    """How many came."""
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@contextmanager
def running(twin: HttpTwin) -> Iterator[str]:
    """A twin at work in a thread of its own; its address."""
    with loop_thread() as loop:
        asyncio.run_coroutine_threadsafe(twin.start("127.0.0.1", 0), loop).result()
        yield f"127.0.0.1:{twin.port}"
        asyncio.run_coroutine_threadsafe(twin.stop(), loop).result()
