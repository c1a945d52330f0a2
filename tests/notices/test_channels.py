"""Each kind of channel against a real server on loopback: what arrives, how it fails, and what is never sent."""

import json
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
import trustme
from notice_servers import MailServer, WebServer, mail_server, web_server

from overnight.notices.command import CommandChannel
from overnight.notices.notice import Notice, NotifySpec, Occasion
from overnight.notices.port import NotSent
from overnight.notices.registry import make_channels
from overnight.notices.settings import NotifySettingsKeys
from overnight.notices.webhook import body_of

HOSTILE = "`touch x` $(touch x) ; touch x \\r\\nBcc: all@example.org \\u202e <!channel> @everyone"
NOTICE = Notice(
    key="target 0.95",
    occasion=Occasion.TARGET,
    title="t: target reached: 0.91 — größer",
    lines=("The mean is 0.91.", f"Kept last, #3: {HOSTILE}"),
    facts={"tag": "t", "metric": "loss", "value": "0.91", "reason": HOSTILE},
)
TOKEN = "tk_very_secret_1234"


def send(keys: Mapping[str, object], environment: Mapping[str, str] | None = None, notice: Notice = NOTICE) -> None:
    """Send one notice through a channel with these settings."""
    (spec,) = NotifySettingsKeys.model_validate({"channels": {"it": keys}}).record().channels
    (channel,) = make_channels([spec], environment or {}).values()
    anyio.run(channel.send, notice)


def fails(keys: Mapping[str, object], environment: Mapping[str, str] | None = None) -> NotSent:
    """Why it does not get through, without any secret or address."""
    with pytest.raises(NotSent) as caught:
        send(keys, environment)
    assert TOKEN not in str(caught.value) and "://" not in str(caught.value) and "\n" not in str(caught.value)
    return caught.value


def test_a_webhook_gets_title_text_and_facts_as_json(web: WebServer) -> None:
    """With the token of the environment as bearer, and in no other part of the request."""
    send({"use": "webhook", "url": f"{web.url}/hook", "token_env": "T"}, {"T": TOKEN})
    (posted,) = web.posted
    assert posted.path == "/hook" and posted.headers["Authorization"] == f"Bearer {TOKEN}"
    assert posted.body == {"title": NOTICE.title, "text": NOTICE.text, "facts": dict(NOTICE.facts)}


def test_a_secret_address_comes_from_the_environment_or_a_command(web: WebServer) -> None:
    """The settings name the variable, or the command that prints it."""
    url = f"{web.url}/services/{TOKEN}"
    send({"use": "webhook", "url_env": "HOOK"}, {"HOOK": f"{url}\n"})
    printing = [sys.executable, "-c", f"print({url!r})"]
    send({"use": "webhook", "url_command": printing}, dict(os.environ))
    assert [posted.path for posted in web.posted] == [f"/services/{TOKEN}"] * 2


def test_foreign_marks_call_nobody() -> None:
    """In Slack `<!channel>` is escaped; in Discord no mention is parsed and the message is cut to the allowed length."""
    slack, discord = body_of(NOTICE, "slack"), body_of(NOTICE, "discord")
    assert "<!channel>" not in str(slack) and "&lt;!channel&gt;" in str(slack["text"])
    assert discord["allowed_mentions"] == {"parse": []}
    long = Notice(key="k", occasion=Occasion.BUDGET, title="t", lines=("x" * 5000,))
    assert len(str(body_of(long, "discord")["content"])) == 2000


def test_ntfy_gets_a_topic_and_no_header_of_ours(web: WebServer) -> None:
    """The whole message is JSON, posted to the server's root; accents arrive; only a notice that needs a person is urgent."""
    send({"use": "ntfy", "url": f"{web.url}/nights", "token_env": "T"}, {"T": TOKEN})
    (posted,) = web.posted
    assert posted.path == "/" and posted.headers["Authorization"] == f"Bearer {TOKEN}"
    assert posted.body["topic"] == "nights" and posted.body["message"] == NOTICE.text
    assert (posted.body["title"], posted.body["priority"]) == (NOTICE.title, 3)
    assert not any("0.91" in value for value in posted.headers.values())


@pytest.mark.parametrize(("status", "again"), [(500, True), (503, True), (400, False), (401, False), (404, False)])
def test_what_may_pass_is_distinguished_from_what_will_not(web: WebServer, status: int, again: bool) -> None:
    """A server's fault is worth another try, a refusal is not."""
    web.answers = [(status, {})]
    failure = fails({"use": "webhook", "url": f"{web.url}/x"})
    assert (str(failure), failure.again) == (f"HTTP {status}", again)


@pytest.mark.parametrize(("asked", "wait_s"), [("7", 7.0), ("99999", 60.0), ("tomorrow", 0.0), ("", 0.0)])
def test_a_server_may_ask_to_wait(web: WebServer, asked: str, wait_s: float) -> None:
    """For a minute at most."""
    web.answers = [(429, {"Retry-After": asked})]
    failure = fails({"use": "ntfy", "url": f"{web.url}/x"})
    assert (failure.again, failure.wait_s) == (True, wait_s)


@pytest.mark.parametrize("target", ["/elsewhere", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_no_redirect_is_followed(web: WebServer, target: str) -> None:
    """Neither to the same server nor to another scheme: the message and the token go where the user chose, or nowhere."""
    web.answers = [(302, {"Location": target}), (200, {})]
    assert "redirects" in str(fails({"use": "webhook", "url": f"{web.url}/x", "token_env": "T"}, {"T": TOKEN}))
    assert len(web.posted) == 1


def test_nobody_there_is_worth_another_try() -> None:
    """A closed port."""
    with web_server() as gone:
        url = gone.url
    failure = fails({"use": "webhook", "url": f"{url}/x"})
    assert failure.again and "refused" in str(failure)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"url_env": "NOWHERE"}, "NOWHERE is not set"),
        ({"url": "https://h.example/x", "token_env": "BENT"}, "not allowed in a secret"),
        ({"url_command": ["/nowhere/pass"]}, "cannot be run"),
        ({"url_command": ["false"]}, "ended with 1"),
        ({"url_env": "FILE"}, "not an http or https URL"),
    ],
)
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(keys: dict[str, object], said: str) -> None:
    """The error names the variable or program, never its value; and nothing is sent."""
    failure = fails({"use": "webhook", **keys}, {"BENT": "a\r\nb: c", "FILE": "file:///etc/passwd", "PATH": os.environ["PATH"]})
    assert said in str(failure) and not failure.again


# E-mail


def keys_for(server: MailServer, **more: object) -> dict[str, object]:
    return {
        "use": "email",
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "sender": "overnight@example.org",
        "to": ["me@example.org", "you@example.org"],
        **more,
    }


def test_a_mail_arrives_with_its_text_and_facts() -> None:
    """To all recipients, with accents, marked as automatic."""
    with mail_server() as server:
        send(keys_for(server))
    ((recipients, mail),) = server.mails
    assert recipients == ["me@example.org", "you@example.org"]
    assert mail["Subject"] == NOTICE.title and mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes) and "The mean is 0.91." in text.decode() and "metric: loss" in text.decode()


def test_no_text_becomes_a_header_of_a_mail() -> None:
    """Even an unprintable title adds no recipient and no second line."""
    bent = Notice(key="k", occasion=Occasion.TEST, title="t\r\nBcc: all@example.org", lines=(".", "QUIT", ".."))
    with mail_server() as server:
        send(keys_for(server), notice=bent)
    ((recipients, mail),) = server.mails
    assert mail["Bcc"] is None and mail["Subject"] == r"t\r\nBcc: all@example.org"
    assert len(recipients) == 2 and str(mail.get_payload()).startswith(".\r\nQUIT\r\n..\r\n")


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """A certificate authority that only this process trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


def server_side(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_password_goes_over_starttls(authority: trustme.CA) -> None:
    """Both the login and the mail are encrypted."""
    with mail_server(server_side(authority, "127.0.0.1"), password=TOKEN.encode()) as server:
        send(keys_for(server, security="starttls", user="me", password_env="P"), {"P": TOKEN})
    assert server.logins == [(b"me", TOKEN.encode())] and server.encrypted == [True]


def test_a_wrong_password_is_no_matter_of_trying_again(authority: trustme.CA) -> None:
    """The error has the number of the reply."""
    with mail_server(server_side(authority, "127.0.0.1"), password=b"another") as server:
        failure = fails(keys_for(server, security="starttls", user="me", password_env="P"), {"P": TOKEN})
    assert "the password was refused" in str(failure) and not failure.again and not server.mails


def test_a_server_of_another_name_or_without_encryption_gets_no_password(authority: trustme.CA) -> None:
    """The certificate must be valid for the host, and STARTTLS must be available."""
    secret: dict[str, object] = {"security": "starttls", "user": "me", "password_env": "P"}
    with mail_server(server_side(authority, "mail.example.org"), password=TOKEN.encode()) as server:
        assert "certificate" in str(fails(keys_for(server, **secret), {"P": TOKEN}))
    assert not server.logins
    with mail_server() as plain:
        assert "STARTTLS" in str(fails(keys_for(plain, **secret), {"P": TOKEN}))
    assert not plain.logins and not plain.mails


@pytest.mark.parametrize(("reply", "again"), [("451 later", True), ("554 no", False)])
def test_a_refused_mail_says_whether_to_try_again(reply: str, again: bool) -> None:
    """SMTP's own distinction."""
    with mail_server() as server:
        server.reply = reply
        failure = fails(keys_for(server))
    assert (str(failure), failure.again) == (f"SMTP {reply[:3]}: refused", again)


# Commands


REPORTER = """
import json, os, sys
ours = {k: v for k, v in os.environ.items() if k.startswith("OVERNIGHT_")}
json.dump([sys.argv[1:], sys.stdin.read(), ours, sorted(os.environ)], open(sys.argv[1], "w"))
"""


def test_a_command_gets_the_text_on_stdin_and_facts_in_its_environment(tmp_path: Path) -> None:
    """Foreign text is never part of a line that a shell reads, and a secret of the environment is passed on only if named."""
    out = tmp_path / "out.json"
    command = [sys.executable, "-c", REPORTER, str(out), HOSTILE]
    environment = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": TOKEN, "CHAT": "42"}
    send({"use": "command", "command": command, "pass_env": ["CHAT"]}, environment)
    arguments, text, facts, names = json.loads(out.read_text())
    assert arguments == [str(out), HOSTILE] and text == f"{NOTICE.title}\n{NOTICE.text}\n"
    assert facts["OVERNIGHT_REASON"] == HOSTILE and facts["OVERNIGHT_TITLE"] == NOTICE.title
    assert "CHAT" in names and "OPENAI_API_KEY" not in names
    assert not (tmp_path / "x").exists() and not Path("x").exists()


def test_a_command_that_fails_says_its_last_line(tmp_path: Path) -> None:
    """On one line, with terminal escapes made visible."""
    script = "import sys; sys.stderr.write('first\\nno \\x1b[2Jphone\\n'); sys.exit(3)"
    failure = fails({"use": "command", "command": [sys.executable, "-c", script]})
    assert str(failure) == r"it exited with 3: no \x1b[2Jphone" and failure.again
    assert "cannot be started" in str(fails({"use": "command", "command": ["/nowhere/x"]}))


def test_a_command_that_reads_nothing_is_fine() -> None:
    """Its exit code counts."""
    send({"use": "command", "command": ["true"]}, {"PATH": os.environ["PATH"]})


def test_a_command_that_hangs_is_ended_with_all_its_processes(tmp_path: Path) -> None:
    """The pipe that its child holds open is closed once both have ended."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    spec = NotifySpec(name="c", use="command", command=("sh", "-c", f"sleep 600 > {pipe} & exec sleep 600"))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        channel = CommandChannel(spec=spec, environment={"PATH": os.environ["PATH"]}, wall_s=0.3)
        with pytest.raises(NotSent, match="took more than"):
            anyio.run(channel.send, NOTICE)
        os.set_blocking(reader, True)
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)
