"""From the first message to an open session: the version, a login without a person, the model, and who permits what.

An agent that wants a login is pointed at the gateway, in the way that existing adapters understand (`_meta.gateway`), or asked
to take the key from its environment, which is a placeholder. No person is ever asked.

Source: https://agentclientprotocol.com/protocol (initialization, authentication, session setup, session configuration). We
offer no files and no terminals: the agent works on the files of its own jail, and nothing that it says of itself is relied on.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from pydantic import BaseModel, Field

from overnight import __version__
from overnight.agents.acp.peer import Peer, Refused, read
from overnight.agents.port import TurnFailed
from overnight.models.port import ModelRun
from overnight.words.foreign import printable

PROTOCOL = 1
_CAPABILITIES = {
    "fs": {"readTextFile": False, "writeTextFile": False},
    "terminal": False,
    "auth": {"_meta": {"gateway": True}},  # we can name a gateway
}
_INFO = {"name": "overnight", "title": "overnight", "version": __version__}
_LOGIN_WANTED = -32000  # the protocol's error "authentication required"
_BASES: Mapping[str, str] = {"openai": "/v1", "anthropic": "", "google": ""}  # behind our URL, by a gateway's protocol
_ASKING = "default"  # the mode in which an agent asks us for permissions; in others a model decides, at our cost
_API_KEY = "api-key"  # in the names of the methods that read a key from the environment
_SHOWN = 200  # characters of what it offers
_VERSION = 20  # characters of a version
_TRIES = 8  # ways to log in, or to choose a model, that are tried; agents offer up to three


class _Gateway(BaseModel):
    protocol: str = ""


class _Meta(BaseModel):
    gateway: _Gateway | None = None


class _Method(BaseModel):
    id: str
    meta: _Meta | None = Field(default=None, alias="_meta")


class _Initialized(BaseModel):
    protocolVersion: int  # noqa: N815  # as the protocol spells it
    authMethods: list[_Method] = []  # noqa: N815  # as above


class _Model(BaseModel):
    modelId: str = ""  # noqa: N815  # as above


class _Models(BaseModel):
    availableModels: list[_Model] = []  # noqa: N815  # as above


class _Value(BaseModel):
    value: str = ""


class _Group(BaseModel):
    value: str = ""
    options: list[_Value] = []


class _Choice(BaseModel):
    id: str
    category: str | None = None
    options: list[_Group] = []

    @property
    def values(self) -> Sequence[str]:
        alone = [group.value for group in self.options if group.value]
        return alone + [each.value for group in self.options for each in group.options]


class _Mode(BaseModel):
    id: str = ""


class _Modes(BaseModel):
    currentModeId: str = ""  # noqa: N815  # as above
    availableModes: list[_Mode] = []  # noqa: N815  # as above


class _Session(BaseModel):
    sessionId: str  # noqa: N815  # as above
    modes: _Modes | None = None
    models: _Models | None = None
    configOptions: list[_Choice] | None = None  # noqa: N815  # as above; newer agents have the model here


async def open_session(peer: Peer, folder: str, model: str, run: ModelRun | None) -> str:
    """Agree on the protocol and open a session in a folder; its id.

    Raises:
        TurnFailed: it speaks another version, wants a person to log in, or does not have the model.
    """
    hello = {"protocolVersion": PROTOCOL, "clientCapabilities": _CAPABILITIES, "clientInfo": _INFO}
    agreed = read(_Initialized, await peer.request("initialize", hello))
    if agreed.protocolVersion != PROTOCOL:
        version = printable(str(agreed.protocolVersion), _VERSION)
        raise TurnFailed(f"the agent speaks version {version} of ACP, and {PROTOCOL} is needed")
    place = {"cwd": folder, "mcpServers": []}
    try:
        opened = await peer.request("session/new", place)
    except Refused as refused:
        if refused.code != _LOGIN_WANTED:
            raise
        await _log_in(peer, agreed.authMethods, run)
        opened = await peer.request("session/new", place)
    session = read(_Session, opened)
    if model:
        await _choose(peer, session, model, metered=run is not None)
    await _have_it_ask(peer, session)
    return session.sessionId


async def _log_in(peer: Peer, methods: Sequence[_Method], run: ModelRun | None) -> None:
    """Log in without a person: by the gateway, else by a key of the environment."""
    for ask in islice(_logins(methods, run), _TRIES):
        with suppress(Refused):
            await peer.request("authenticate", ask)
            return
    offered = printable(", ".join(method.id for method in methods), _SHOWN) or "nothing"
    raise TurnFailed(f"the agent wants a person to log in, which is not possible here; it offers: {offered}")


def _logins(methods: Sequence[_Method], run: ModelRun | None) -> Iterable[Mapping[str, object]]:
    for method in methods:
        protocol = method.meta.gateway.protocol if method.meta and method.meta.gateway else ""
        if run and protocol in _BASES:
            yield {"methodId": method.id, "_meta": {"gateway": {"baseUrl": run.url + _BASES[protocol], "headers": {}}}}
    for method in methods:
        if _API_KEY in method.id:
            yield {"methodId": method.id}


async def _choose(peer: Peer, session: _Session, model: str, *, metered: bool) -> None:
    """Have the agent use a model; behind the gateway a model that it does not know does no harm.

    Agents name models with their own provider in front: `provider/model`.
    """
    known = [each.modelId for each in session.models.availableModels] if session.models else []
    choices = [each for each in session.configOptions or () if each.category == "model"]
    named = _named(model, [*known, *(value for choice in choices for value in choice.values)])
    try:
        await peer.request("session/set_model", {"sessionId": session.sessionId, "modelId": named})
        return
    except Refused as refused:
        why = refused
    for choice in islice((each for each in choices if named in each.values), _TRIES):
        with suppress(Refused):
            ask = {"sessionId": session.sessionId, "configId": choice.id, "value": named}
            await peer.request("session/set_config_option", ask)
            return
    if not metered:
        raise TurnFailed(f"the agent does not accept the model {printable(model, _SHOWN)}: {why}") from why


async def _have_it_ask(peer: Peer, session: _Session) -> None:
    """Leave a mode in which the agent has a model permit its calls, which costs tokens; we do it for nothing."""
    modes = session.modes
    if modes and modes.currentModeId != _ASKING and any(mode.id == _ASKING for mode in modes.availableModes):
        with suppress(Refused):
            await peer.request("session/set_mode", {"sessionId": session.sessionId, "modeId": _ASKING})


def _named(model: str, known: Sequence[str]) -> str:
    """What the agent calls a model."""
    if model in known:
        return model
    return next((each for each in known if each.endswith(f"/{model}")), model)
