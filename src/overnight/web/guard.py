"""What every request passes before anything of it is carried out, in this order: host, origin, token, form, method, role.

Does not cover: a process of the same user, who can read the file of tokens and every repository; that user is the owner.
"""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web
from anyio import to_thread

from overnight.errors import UserError
from overnight.operations.principal import Address
from overnight.sockets.connections import Connection
from overnight.sockets.static_files import is_static
from overnight.web.answering import answered
from overnight.web.attempts import Attempts
from overnight.web.calls import HOME, Caller
from overnight.web.errors import Refused
from overnight.web.hosts import Hosts
from overnight.web.refusals import refusal
from overnight.web.requests import CALLER, JSON, MAY_STAY, TOKEN, Handler
from overnight.web.token import Role, Token, Use
from overnight.web.token_file import SESSION_S, TokenFile
from overnight.words.foreign import printable

MOST_QUERY = 4 * 1024
MOST_COOKIES = 8  # of our name
BODY_S = 10.0
ENTER = "/enter"
METHODS = ("GET", "HEAD", "POST")
NEW_LINK = "`overnight token --link` makes another, as does Enter in the terminal of `overnight serve`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Decides about each request, and says whose it is."""

    hosts: Hosts
    cookie: str  # its name: no other server's, as all ports of a host share their cookies
    tokens: TokenFile
    attempts: Attempts
    repositories: Callable[[], Awaitable[Mapping[str, Path]]]
    say: Callable[[str], None]  # to the owner's terminal
    body_s: float = BODY_S  # that a body may take

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pass a request on, or refuse it."""
        try:
            self._check_host(request)
            self._check_origin(request)
            if len(request.query_string) > MOST_QUERY:
                raise Refused(414, f"the query is longer than {MOST_QUERY:,} characters")
            if request.path == ENTER and request.method == "GET":
                return await self._enter(request)
            if not is_static(request):
                await self._let_in(request)
            return await answered(request, handler, self.say, self.body_s)
        except Refused as refused:
            return refusal(request, refused)
        except UserError as error:  # the file of tokens cannot be read
            self.say(str(error))
            return refusal(request, Refused(503, "nobody can come in now", "the terminal of `overnight serve` says why"))

    def _check_host(self, request: web.Request) -> None:
        values = request.headers.getall("Host", [])
        if len(values) != 1 or not self.hosts.allows(values[0]):
            name = printable(", ".join(values), 200)
            raise Refused(421, f"this server is not called {name or 'by no name'}", "use the address that it printed")

    def _check_origin(self, request: web.Request) -> None:
        """Refuse what a page of somebody else makes a browser send."""
        origins = request.headers.getall("Origin", [])
        if origins and (len(origins) > 1 or not self.hosts.is_own_origin(origins[0])):
            raise Refused(403, "a page of another site sent this")
        site = request.headers.get("Sec-Fetch-Site", "none")
        opened = request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document"  # a link was followed
        if site not in {"none", "same-origin"} and not opened:
            raise Refused(403, "a page of another site sent this")

    async def _let_in(self, request: web.Request) -> None:
        """Check who sends it, what, and whether they may."""
        token = self._token(request)
        if request.method == "POST" and request.content_type != JSON:
            raise Refused(415, "an order is JSON", f"send it with Content-Type: {JSON}")
        if request.headers.get("Content-Encoding"):
            raise Refused(415, "a body is not compressed here")
        if request.method not in METHODS:
            raise Refused(405, f"{printable(request.method, 20)} does nothing here", headers={"Allow": ", ".join(METHODS)})
        if request.method == "POST" and token.role is Role.READER:
            raise Refused(403, f"{token.name} may only read", "ask the owner for another token")
        channel = "web" if token.use is Use.SESSION else "rest"
        request[MAY_STAY] = partial(self._knows, token)  # an event stream lasts, a token may not
        if isinstance(request.protocol, Connection):
            request.protocol.may_stay = request[MAY_STAY]
        request[TOKEN] = token
        request[CALLER] = Caller(
            principal=token.principal,
            origin=token.origin,
            address=Address(channel=channel, id=token.name),
            repositories=await self.repositories(),
            environment=os.environ,
            ceiling=token.ceiling,
        )

    def _token(self, request: web.Request) -> Token:
        """The token that it comes with; in a cookie an order needs the origin of a page of ours too."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind:
            given: Sequence[str] = [text.strip()] if kind.lower() == "bearer" else ()
            found = next(filter(None, (self.tokens.find(each, Use.PROGRAM) for each in given if each)), None)
        else:
            given, found = self._cookies(request), self._session(request)
        if found is None:
            raise self._unknown(request, given=any(given))
        if found.use is Use.SESSION and request.method == "POST" and "Origin" not in request.headers:
            raise Refused(403, "a browser sends an order with its page's origin, and this has none")
        return found

    def _session(self, request: web.Request) -> Token | None:
        """The session of a browser; the owner's if it has several, as another server of this host can set it one of its own."""
        known = [token for each in self._cookies(request) if (token := self.tokens.find(each, Use.SESSION))]
        return next((token for token in known if token.role is Role.OWNER), known[0] if known else None)

    def _cookies(self, request: web.Request) -> Sequence[str]:
        """All that have the name of ours: a path makes two of one name."""
        pairs = (pair.partition("=") for line in request.headers.getall("Cookie", []) for pair in line.split(";"))
        return [value.strip() for name, _, value in pairs if name.strip() == self.cookie][:MOST_COOKIES]

    def _knows(self, token: Token) -> bool:
        try:
            return token in self.tokens.read()
        except UserError:
            return False

    def _unknown(self, request: web.Request, *, given: bool) -> Refused:
        if given:
            self._count_attempt(request)
        what = "this token is not known here" if given else "a token is needed here"
        fix = (
            "send one that `overnight token` makes, as Authorization: Bearer TOKEN; a browser opens a link of `overnight serve`"
        )
        return Refused(401, what, fix, {"WWW-Authenticate": "Bearer"})

    def _count_attempt(self, request: web.Request) -> None:
        if not self.attempts.counts(request.remote or ""):
            raise Refused(429, "too many wrong tokens came in the last minute", headers={"Retry-After": "60"})

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Make a session of a link's token, which thereby leaves the address."""
        if "prefetch" in request.headers.get("Sec-Purpose", "") or "prefetch" in request.headers.get("Purpose", ""):
            raise Refused(403, "a link is not opened in advance")
        opened = await to_thread.run_sync(self.tokens.enter, request.query.get("token", ""))
        if opened is None:
            if self._session(request):  # a link that was opened again
                return web.Response(status=303, headers={"Location": HOME})
            self._count_attempt(request)
            raise Refused(401, "this link was used already, or is too old", NEW_LINK)
        token, text = opened
        self.say(f"{token.name} came in as {token.role}")
        answer = web.Response(status=303, headers={"Location": HOME})
        secure = self.hosts.scheme == "https"
        answer.set_cookie(self.cookie, text, httponly=True, samesite="Strict", path="/", max_age=int(SESSION_S), secure=secure)
        return answer
