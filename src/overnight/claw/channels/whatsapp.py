"""A claw on WhatsApp: its Cloud API brings messages to a webhook, which listens on loopback behind the owner's own HTTPS.

A message is acknowledged when it is on disk, and brought again until then. WhatsApp knows no key of ours: what may have been
sent before a kill is sent again, with a mark. That it took a message says little, so `send` waits a moment for what became of
it. To somebody who wrote more than a day ago only a template goes out.

Does not cover: a message that WhatsApp takes, and says later than that moment that it cannot deliver.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.claw.channels.health import Health
from overnight.claw.channels.parts import SentParts
from overnight.claw.channels.webhook import HERE, Webhook
from overnight.claw.channels.whatsapp_api import (
    CAPTION,
    IN_TEMPLATE,
    LARGEST,
    OUTSIDE,
    PART,
    WITH_BUTTONS,
    WhatsAppApi,
    WhatsAppError,
)
from overnight.claw.channels.whatsapp_updates import Fate, is_signed, read_update
from overnight.claw.pictures import read_picture
from overnight.claw.port import Outgoing
from overnight.notices.parts import parts_of
from overnight.notices.port import Deaf, Message, NotSent

NAMED = "CLAW_WHATSAPP"  # the secret, unless claw.yaml names another
PATH = "/whatsapp"
PORT = 8760  # unless claw.yaml has another
LOOK_S = 120.0  # between round trips, as nothing comes by itself that shows that it hears
FAULTY_S = 20.0  # that it hears between round trips that fail
FATE_S = 5.0  # that a message's fate is waited for
FATES = 500  # that are kept
WAITS_S = 600.0  # before a message that waits for them is tried again
WAITS = "they wrote more than 24 hours ago, and until they write WhatsApp takes templates alone (`template` in claw.yaml)"
CUT = " … (cut: `overnight claw log` has all of it)"
ASKS = " (to answer: overnight approvals)"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppSpec:
    """What claw.yaml says of one."""

    phone: str  # the number's id
    secret: str = NAMED  # the name of the token's; with `_APP` the app's secret, with `_VERIFY` the word of the webhook
    url: str = ""  # of an API of one's own
    port: int = PORT
    public: str = ""  # the address that the owner gave to WhatsApp; empty: not known, so it is not looked whether it leads here
    template: str = ""
    language: str = "en"  # of the template


class WhatsAppChat:
    """One number, both ways; implements `Chat`."""

    def __init__(self, environment: Mapping[str, str], spec: WhatsAppSpec) -> None:
        self._environment, self._spec = environment, spec
        self.health = Health()
        self._sent = SentParts()
        self._hook: Webhook | None = None  # set while it hears
        self._fates: OrderedDict[str, Fate] = OrderedDict()
        self._news = anyio.Event()

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Pass on what persons write, and the touches of buttons as messages of theirs."""

        def keep(body: bytes) -> None:
            for each in read_update(body, self._spec.phone):
                if isinstance(each, Fate):
                    self._note(each)
                else:
                    take(each)

        try:
            app, word = self._own("_APP"), self._own("_VERIFY")
            hook = Webhook(PATH, word, is_signed=lambda body, signature: is_signed(body, signature, app), take=keep)
            async with self._api() as api, hook.serving(self._spec.port):
                self._hook = hook
                while True:
                    await self._look(api, hook)
        except WhatsAppError as error:
            raise Deaf(self._words(error), again=not error.is_token) from None
        finally:
            self._hook = None

    async def _look(self, api: WhatsAppApi, hook: Webhook) -> None:
        """One round trip, and then a time in which it hears; also if that failed, as a STOP may come in all the same."""
        try:
            await api.name()
            await self._echo()
        except WhatsAppError:
            await hook.failure(FAULTY_S)
            raise
        self.health.trip()
        await hook.failure(LOOK_S)

    async def send(self, message: Outgoing) -> None:
        """Send it, in parts if it is long; a part that is known to be sent is not sent again."""
        buttons = [(each.label, each.data) for each in message.buttons]
        left = self._sent.left(message)
        parts = parts_of(left, WITH_BUTTONS if buttons else PART)
        picture = read_picture(Path(message.picture)) if message.picture and len(parts_of(left, CAPTION)) == 1 else b""
        try:
            async with self._api() as api:
                shown = await _uploaded(api, picture)
                for part in parts:
                    last = buttons if part is parts[-1] else ()
                    try:
                        await self._fate_of(await api.send(message.to.id, part, last, shown))
                    except WhatsAppError as error:
                        if error.code != OUTSIDE:
                            raise
                        await self._send_outside(api, message, left)
                        break
                    left = left[len(part) :].removeprefix("\n")
                    self._sent.note(message, left)
        except WhatsAppError as error:
            raise NotSent(self._words(error), again=error.again, wait_s=error.wait_s, unsure=error.unsure) from None
        self._sent.end(message)

    async def find(self, message: Outgoing) -> bool | None:  # noqa: ARG002  # the port's
        """None: nothing that was sent can be asked for."""
        return None

    async def round_trip(self) -> str:
        """The number and its name, as the server knows them.

        Raises:
            Deaf: it does not answer, or a secret is missing without which nothing is heard.
        """
        try:
            self._own("_APP"), self._own("_VERIFY")
            async with self._api() as api:
                return await api.name()
        except WhatsAppError as error:
            raise Deaf(self._words(error), again=not error.is_token) from None

    async def _send_outside(self, api: WhatsAppApi, message: Outgoing, text: str) -> None:
        """Send what is left as a template, or let it wait until they write."""
        if not self._spec.template:
            raise NotSent(WAITS, again=True, wait_s=WAITS_S)
        end = ASKS if message.buttons else ""
        text = text if len(text) + len(end) <= IN_TEMPLATE else text[: IN_TEMPLATE - len(CUT) - len(end)] + CUT
        try:
            await self._fate_of(await api.send_template(message.to.id, self._spec.template, self._spec.language, text + end))
        except WhatsAppError as error:
            why = f"{WAITS}, and of `{self._spec.template}` it says: {error}"
            raise NotSent(self._words(error) if error.again else why, again=True, wait_s=error.wait_s or WAITS_S) from None

    async def _fate_of(self, id_: str) -> None:
        """Wait a moment for what became of a message that WhatsApp took; nothing is heard if the claw does not run.

        Raises:
            WhatsAppError: it could not be delivered.
        """
        with anyio.move_on_after(FATE_S if self._hook else 0):
            while id_ not in self._fates:
                await self._news.wait()
        fate = self._fates.pop(id_, None)
        if fate and fate.code:
            raise WhatsAppError(f"{fate.code} {fate.why}".strip(), status=400, code=fate.code)

    def _note(self, fate: Fate) -> None:
        self._fates[fate.id] = fate
        while len(self._fates) > FATES:
            self._fates.popitem(last=False)
        self._news.set()
        self._news = anyio.Event()

    async def _echo(self) -> None:
        """Look whether the address that WhatsApp knows leads here."""
        import aiohttp

        if not self._spec.public:
            return
        said = secrets.token_hex(16)
        query = {"hub.mode": "subscribe", "hub.verify_token": self._own("_VERIFY"), "hub.challenge": said}
        try:
            timeout = aiohttp.ClientTimeout(total=20)
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
                session.get(self._spec.public, params=query, allow_redirects=False) as response,
            ):
                found = await response.content.read(len(said) + 1)
                why = "" if found == said.encode() else f"HTTP {response.status}, and not our answer"
        except (aiohttp.ClientError, OSError, ValueError) as error:  # also one that takes too long
            why = type(error).__name__
        if why:
            raise WhatsAppError(f"its public address does not lead to {HERE}:{self._spec.port}{PATH}: {why}")

    def _api(self) -> WhatsAppApi:
        return WhatsAppApi(self._own(""), self._spec.phone, self._spec.url)

    def _own(self, part: str) -> str:
        """A secret, by what is added to the name of the token's."""
        found = self._environment.get(self._spec.secret + part, "").strip()
        if not found:
            what = {
                "": "token",
                "_APP": "app secret, without which no signature can be checked",
                "_VERIFY": "word for the webhook",
            }
            raise WhatsAppError(f"it has no {what[part]}: overnight secret set {self._spec.secret}{part}", status=401)
        return found

    def _words(self, error: WhatsAppError) -> str:
        if error.is_token and "overnight secret set" not in str(error):
            return f"WhatsApp does not take its token ({error}): overnight secret set {self._spec.secret}"
        return str(error)


async def _uploaded(api: WhatsAppApi, picture: bytes) -> str:
    """The id of a picture; empty if there is none, or WhatsApp does not take it: then the words go out alone.

    Raises:
        WhatsAppError: it may take it later. Nobody was sent anything.
    """
    if not picture or len(picture) > LARGEST:
        return ""
    try:
        return await api.upload(picture)
    except WhatsAppError as error:
        if error.again:
            error.unsure = False
            raise
        return ""
