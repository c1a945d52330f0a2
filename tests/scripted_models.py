"""A server on loopback that speaks the four wires of models, with answers that a test scripts.

The first segment of a path is the mode:

ok            one call of the shell tool, then a final text
steps<N>      N calls of the shell tool, then a final text
ask           a question, and no tool call
e<code>       always this error, to a GET request too; `e429q`: a spent quota
f<code>x<N>   this error N times, then as `ok`
s<N><mode>    N calls of the shell tool, then always as in another mode: `s1e429q`, `s2hang`
o<N><mode>    N answers as `ok`, then always as in another mode
hang          takes a request and never answers
slow          answers as `ok` when `go` is set
silent        never answers a GET request either
cut           breaks an answer off halfway
or the name of a canned `Reply` that a test has put into `replies`.

The k-th step (from 0) uses 1000 + 200 k input tokens, 400 of them cached, and 50 output tokens.
"""

import gzip
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]  # a message on the wire, of any shape
Call = tuple[str, Json | str]  # a tool call: its name, and arguments or a script

CACHED, OUTPUT = 400, 50
SHELLS = re.compile(r"shell|bash|exec|command|terminal", re.IGNORECASE)
WITHIN = "/"  # between a namespace and the name of a tool in it
COMMANDS = ("command", "cmd", "script", "code")
THEN = re.compile(r"[os](\d+)(e\d+q?|hang|cut)")
KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error", 529: "overloaded_error"}


def input_tokens(step: int) -> int:
    """Input tokens of the k-th step."""
    return 1000 + 200 * step


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A canned answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    cut: bool = False  # the connection is closed after the body, although the headers promise more


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that was received."""

    method: str
    mode: str
    path: str  # after the mode, with the query
    headers: Mapping[str, str]  # names in lower case
    body: Json
    at_s: float = 0.0  # by the monotonic clock


class ScriptedModels(ThreadingHTTPServer):
    """Runs in its own thread; what a test changes applies to the next request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        self.command = "true"  # the model runs this in its shell
        self.text = "HYPOTHESIS: it is better"  # the model's last message
        self.says: Callable[[Json], str] | None = None  # its last message by the request, in place of `text`
        self.script: Sequence[tuple[str, Json]] = ()  # calls of tools by the ends of their names, in place of its shell
        self.decides: Callable[[Json], str | tuple[str, Json] | None] | None = None  # a command or such a call by the request
        self.question = "Should I edit the file?"
        self.replies: dict[str, Reply] = {}
        self.refused_word = ""  # a request that has it is an error
        self.listed = ["scripted"]  # models; it answers to others as well
        self.owner = "scripted"  # of the models
        self.absent: set[str] = set()  # models that it does not have
        self.seen: list[Seen] = []
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.go = threading.Event()  # for `slow`
        self.repaired = threading.Event()  # from then on every mode answers as `ok`
        self.open: set[Any] = set()  # connections, to be closed at the end
        super().__init__(("127.0.0.1", 0), _Handler)

    def url(self, mode: str) -> str:
        """The base URL of a mode."""
        return f"http://127.0.0.1:{self.server_address[1]}/{mode}"

    def reply(self, document: Json) -> Reply:
        """A canned answer."""
        return Reply(body=json.dumps(document).encode())

    def canned(self, mode: str, document: Json) -> None:
        """Answer everything in a mode with this."""
        self.replies[mode] = self.reply(document)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that disconnects is not an error here."""


@contextmanager
def scripted_models() -> Iterator[ScriptedModels]:
    """A server, for the duration of a block."""
    server = ScriptedModels()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
        with server.lock:
            connections = list(server.open)
        for connection in connections:
            connection.shutdown_quietly()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: ScriptedModels

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.open.add(self)

    def finish(self) -> None:
        with self.server.lock:
            self.server.open.discard(self)
        super().finish()

    def shutdown_quietly(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        pass

    def do_HEAD(self) -> None:
        self._take()
        self._send(200, b"")

    def do_GET(self) -> None:
        seen = self._take()
        path = seen.path.partition("?")[0]
        if seen.mode == "silent":
            self.close_connection = True
            self.connection.recv(1)  # until the client has gone
        elif seen.mode in self.server.replies:
            self._canned(self.server.replies[seen.mode])
        elif seen.mode.startswith("e") and (status := _failing(seen.mode, 1)):
            self._fail(status, quota=seen.mode.endswith("q"))
        elif path.endswith("/models"):
            listed = [{"id": name, "object": "model", "owned_by": self.server.owner} for name in self.server.listed]
            self._json(200, {"object": "list", "data": listed})
        elif "/models/" in path and (name := unquote(path.rpartition("/models/")[2])) not in self.server.absent:
            self._json(200, {"id": name, "object": "model"})
        elif "/models/" in path:
            self._json(404, {"error": {"message": f"The model `{name}` does not exist", "code": "model_not_found"}})
        else:
            self._json(404, {"error": {"message": "not found", "type": "not_found_error"}})

    def do_POST(self) -> None:
        seen = self._take()
        with self.server.lock:
            self.server.asked[seen.mode] += 1
            turn = self.server.asked[seen.mode]
        if (then := THEN.fullmatch(seen.mode)) and turn > int(then[1]):
            seen = replace(seen, mode=then[2])
        if self.server.repaired.is_set():
            seen = replace(seen, mode="ok")
        if self.server.refused_word and self.server.refused_word in json.dumps(seen.body):
            return self._json(400, {"error": {"message": f"Unsupported parameter: {self.server.refused_word}"}})
        if seen.mode in self.server.replies:
            return self._canned(self.server.replies[seen.mode])
        if seen.mode == "hang":
            self.close_connection = True
            self.server.closing.wait(60)
            return None
        if seen.mode == "slow":
            self.server.go.wait(60)
        if status := _failing(seen.mode, turn):
            return self._fail(status, quota=seen.mode.endswith("q"))
        path = seen.path.partition("?")[0]
        if path.endswith(("count_tokens", ":countTokens")):
            return self._json(200, {"input_tokens": 321, "totalTokens": 321})
        speak = next((speak for ending, speak in SPEAKERS.items() if path.endswith(ending)), None)
        if speak is None:
            return self._json(404, {"error": {"message": "not found", "type": "not_found_error"}})
        return self._speak(seen, speak, turn)

    def _take(self) -> Seen:
        _, mode, rest = self.path.split("/", 2) if self.path.count("/") > 1 else ("", self.path.strip("/"), "")
        headers = {name.lower(): value for name, value in self.headers.items()}
        raw = self.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        document = json.loads(raw or b"{}")
        seen = Seen(method=self.command, mode=mode, path=f"/{rest}", headers=headers, body=document, at_s=time.monotonic())
        with self.server.lock:
            self.server.seen.append(seen)
        return seen

    def _speak(self, seen: Seen, speak: Any, turn: int) -> None:
        tools, step = offered_tools(seen.body), results_in(seen.body)
        wanted = int(seen.mode[5:]) if seen.mode.startswith("steps") else 1
        wanted = 10**6 if re.match(r"s\d", seen.mode) else wanted
        call = _shell_call(tools, self.server.command) if seen.mode != "ask" and step < wanted else None
        if self.server.script:
            call = _named_call(tools, *self.server.script[step]) if step < len(self.server.script) else None
        if self.server.decides:
            decided = self.server.decides(seen.body)
            call = _shell_call(tools, decided) if isinstance(decided, str) else decided and _named_call(tools, *decided)
        text = "" if call else self.server.question if seen.mode == "ask" else self._last(seen.body)
        answer, events = speak(seen.body, text, call, step, turn)
        stream = seen.body.get("stream") is True or ":stream" in seen.path
        named = not seen.path.partition("?")[0].endswith("completions") and ":stream" not in seen.path
        if stream:
            done = [b"data: [DONE]\n\n"] if not named and ":stream" not in seen.path else []
            body = b"".join([_event(event, named=named) for event in events] + done)
        else:
            body = json.dumps(answer).encode()
        kind = "text/event-stream" if stream else "application/json"
        self._canned(Reply(headers={"Content-Type": kind}, body=body[: len(body) // 2] if seen.mode == "cut" else body,
                           cut=seen.mode == "cut"))  # fmt: skip

    def _last(self, body: Json) -> str:
        with self.server.lock:
            return self.server.says(body) if self.server.says else self.server.text

    def _canned(self, reply: Reply) -> None:
        length = len(reply.body) + (100 if reply.cut else 0)
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(length), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()
        self.close_connection = self.close_connection or reply.cut

    def _fail(self, status: int, *, quota: bool) -> None:
        kind = "insufficient_quota" if quota else KINDS.get(status, "api_error")
        message = "You exceeded your current quota" if quota else f"scripted {status}"
        code = "insufficient_quota" if quota else str(status)
        headers = {"retry-after": "0.05"} if status == 429 and not quota else {}
        error = {"type": "error", "error": {"type": kind, "code": code, "message": message}}
        self._canned(Reply(status=status, headers=headers, body=json.dumps(error).encode()))

    def _json(self, status: int, document: Json) -> None:
        self._send(status, json.dumps(document).encode())

    def _send(self, status: int, body: bytes) -> None:
        self._canned(Reply(status=status, body=body))


def _failing(mode: str, turn: int) -> int | None:
    if found := re.fullmatch(r"e([0-9]{3})q?", mode):
        return int(found[1])
    found = re.fullmatch(r"f([0-9]{3})x([0-9]+)", mode)
    return int(found[1]) if found and turn <= int(found[2]) else None


def offered_tools(body: Json) -> Sequence[tuple[str, Json]]:
    """Name and schema of every tool, whatever the wire."""
    found = []
    for tool in [*(body.get("tools") or []), *_later_tools(body)]:
        for entry in tool.get("functionDeclarations") or [tool.get("function") or tool]:
            schema = entry.get("parameters") or entry.get("input_schema") or entry.get("parametersJsonSchema") or {}
            found.append((str(entry.get("name")), {"type": "custom"} if entry.get("type") == "custom" else schema))
            if entry.get("type") == "namespace":  # of the Responses wire: the tools of a server
                found += [(f"{entry['name']}{WITHIN}{each['name']}", each["parameters"]) for each in entry["tools"]]
    return found


def _later_tools(body: Json) -> Iterator[Json]:
    """The tools that newer clients of the Responses wire send as an input item, in groups."""
    given = body.get("input")
    for item in given if isinstance(given, list) else []:
        for group in item.get("tools") or []:
            yield from group.get("tools") or [group]


def results_in(body: Json) -> int:
    """How many tool results the request has."""
    messages = body.get("messages") or []
    blocks = [block for message in messages if isinstance(message.get("content"), list) for block in message["content"]]
    parts = [part for content in body.get("contents") or [] for part in content.get("parts", [])]
    given = body.get("input")
    count = (
        sum(message.get("role") == "tool" for message in messages)
        + sum(block.get("type") == "tool_result" for block in blocks)
        + sum("functionResponse" in part for part in parts)
        + (sum(str(item.get("type")).endswith("_output") for item in given) if isinstance(given, list) else 0)
    )
    return int(count)


def result_texts(body: Json) -> list[str]:
    """The texts that a request has as results of tools, on any of three wires."""
    given = body.get("input")
    blocks = [
        block for message in body.get("messages") or [] if isinstance(message["content"], list) for block in message["content"]
    ]
    found = [message["content"] for message in body.get("messages") or [] if message["role"] == "tool"]
    found += [block["content"] for block in blocks if block.get("type") == "tool_result"]
    found += [item["output"] for item in given if str(item.get("type")).endswith("_output")] if isinstance(given, list) else []
    return [_text_of(each) for each in found]


def _text_of(content: Any) -> str:  # Any: as the wire has it
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in content)


def _shell_call(tools: Sequence[tuple[str, Json]], command: str) -> Call | None:
    """A call of the first tool that looks like a shell, with the arguments that its schema requires."""
    for name, schema in tools:
        if SHELLS.search(name) and schema.get("type") == "custom":  # it takes a script that calls the shell
            return name, f"text(await tools.exec_command({json.dumps({'cmd': command})}))"
        if SHELLS.search(name):
            wanted = schema.get("properties") or {"command": {"type": "string"}}
            required = schema.get("required") or []
            arguments = {
                key: _argument(key, kind, command) for key, kind in wanted.items() if key in COMMANDS or key in required
            }
            return name, arguments
    return None


def _named_call(tools: Sequence[tuple[str, Json]], end: str, given: Json) -> Call | None:
    """A call of the first tool whose name ends like this; none for a request without it, such as one for a title."""
    return next(((name, given) for name, _ in tools if name.endswith(end)), None)


def _argument(key: str, kind: Json, command: str) -> object:
    if key in COMMANDS:
        return ["bash", "-c", command] if kind.get("type") == "array" else command
    return {"boolean": False, "integer": 1000, "number": 1000, "array": [], "object": {}}.get(str(kind.get("type")), "x")


def _event(event: Json, *, named: bool) -> bytes:
    head = f"event: {event['type']}\n" if named else ""
    return f"{head}data: {json.dumps(event)}\n\n".encode()


def _chat(body: Json, text: str, call: Call | None, step: int, turn: int) -> tuple[Json, list[Json]]:
    usage = {
        "prompt_tokens": input_tokens(step),
        "completion_tokens": OUTPUT,
        "total_tokens": input_tokens(step) + OUTPUT,
        "prompt_tokens_details": {"cached_tokens": CACHED},
    }
    base = {"id": f"chat-{turn}", "created": 1, "model": body.get("model")}
    message: Json = {"role": "assistant", "content": text or None}
    if call:
        function = {"name": call[0], "arguments": json.dumps(call[1])}
        message["tool_calls"] = [{"id": f"call-{turn}", "type": "function", "function": function}]
    end = "tool_calls" if call else "stop"
    whole = {
        **base,
        "object": "chat.completion",
        "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": end}],
    }

    def chunk(delta: Json, reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**base, "object": "chat.completion.chunk", "choices": [choice]}

    calls = [{**entry, "index": 0} for entry in message.get("tool_calls", [])]
    events: list[Json] = [
        chunk({"role": "assistant", "content": text or None}),
        *([chunk({"tool_calls": calls})] if calls else []),
        chunk({}, end),
    ]
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append({**base, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return whole, events


def _responses(body: Json, text: str, call: Call | None, step: int, turn: int) -> tuple[Json, list[Json]]:
    usage = {
        "input_tokens": input_tokens(step),
        "input_tokens_details": {"cached_tokens": CACHED},
        "output_tokens": OUTPUT,
        "output_tokens_details": {"reasoning_tokens": 10},
        "total_tokens": input_tokens(step) + OUTPUT,
    }
    item: Json
    if call and isinstance(call[1], str):
        item = {"type": "custom_tool_call", "id": f"ctc-{turn}", "call_id": f"call-{turn}", "name": call[0],
                "input": call[1], "status": "completed"}  # fmt: skip
    elif call:
        namespace, _, name = call[0].rpartition(WITHIN)
        item = {"type": "function_call", "id": f"fc-{turn}", "call_id": f"call-{turn}", "name": name,
                "arguments": json.dumps(call[1]), "status": "completed"}  # fmt: skip
        if namespace:
            item["namespace"] = namespace
    else:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        item = {"type": "message", "id": f"msg-{turn}", "role": "assistant", "status": "completed", "content": content}
    whole = {"id": f"resp-{turn}", "object": "response", "created_at": 1, "status": "completed", "model": body.get("model"),
             "output": [item], "usage": usage}  # fmt: skip
    delta = {"type": "response.output_text.delta", "item_id": item["id"], "output_index": 0, "content_index": 0, "delta": text}
    started = {**whole, "status": "in_progress", "output": [], "usage": None}
    empty = {**item, "status": "in_progress", "arguments" if call else "content": "" if call else []}
    return whole, [
        {"type": "response.created", "response": started},
        {"type": "response.output_item.added", "output_index": 0, "item": empty},
        *([] if call else [delta]),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]


def _anthropic(body: Json, text: str, call: Call | None, step: int, turn: int) -> tuple[Json, list[Json]]:
    written = 100
    usage = {
        "input_tokens": input_tokens(step) - CACHED - written,
        "cache_read_input_tokens": CACHED,
        "cache_creation_input_tokens": written,
        "output_tokens": OUTPUT,
    }
    block: Json = {"type": "text", "text": text}
    if call:
        block = {"type": "tool_use", "id": f"toolu-{turn}", "name": call[0], "input": call[1]}
    stop = "tool_use" if call else "end_turn"
    whole = {"id": f"msg-{turn}", "type": "message", "role": "assistant", "model": body.get("model"), "content": [block],
             "stop_reason": stop, "stop_sequence": None, "usage": usage}  # fmt: skip
    opened = {**whole, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])} if call else {"type": "text_delta", "text": text}
    return whole, [
        {"type": "message_start", "message": opened},
        {"type": "content_block_start", "index": 0, "content_block": {**block, **({"input": {}} if call else {"text": ""})}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": OUTPUT}},
        {"type": "message_stop"},
    ]


def _gemini(body: Json, text: str, call: Call | None, step: int, turn: int) -> tuple[Json, list[Json]]:
    usage = {"promptTokenCount": input_tokens(step), "cachedContentTokenCount": CACHED, "candidatesTokenCount": 30,
             "thoughtsTokenCount": OUTPUT - 30, "totalTokenCount": input_tokens(step) + OUTPUT}  # fmt: skip
    part = {"functionCall": {"name": call[0], "args": call[1]}} if call else {"text": text}

    def chunk(part: Json, **more: object) -> Json:
        candidate = {"content": {"role": "model", "parts": [part]}, "index": 0, **more}
        return {"candidates": [candidate], "usageMetadata": usage, "responseId": f"resp-{turn}"}

    first = {
        **chunk({"text": "", "thought": True}),
        "usageMetadata": {"promptTokenCount": input_tokens(step), "totalTokenCount": 5},
    }
    return chunk(part, finishReason="STOP"), [first, chunk(part, finishReason="STOP")]


SPEAKERS: Mapping[str, Any] = {
    "/chat/completions": _chat,
    "/responses": _responses,
    "/messages": _anthropic,
    ":generateContent": _gemini,
    ":streamGenerateContent": _gemini,
}
