"""E-mail over SMTP; certificates are checked, and a password is sent only over an encrypted connection or loopback."""

import smtplib
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from functools import partial
from typing import ClassVar

import anyio

from overnight.notices.blocking import run_blocking
from overnight.notices.notice import Mail, Notice, NotifySpec
from overnight.notices.port import NotSent
from overnight.notices.secrets import read_source
from overnight.words.foreign import printable

SUBJECT = 200  # characters
ANSWER_S = 10.0  # for each answer
WHOLE_S = 40.0  # a session has about eight
_PASSES = range(400, 500)  # SMTP replies that may differ later


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChannel:
    """Hands messages to a mail server."""

    spec: NotifySpec
    environment: Mapping[str, str]
    receiver: ClassVar[None] = None  # anybody can write any sender into a mail

    async def send(self, notice: Notice) -> None:
        """Hand over one message."""
        if self.spec.mail is None:
            raise NotSent("its mail server is not known", again=False)
        password = await read_source(self.spec.secret, self.environment) if self.spec.secret else ""
        message = message_of(notice, self.spec.mail)
        try:
            with anyio.fail_after(WHOLE_S):
                await run_blocking(partial(_hand_over, self.spec.mail, password, message))
        except TimeoutError:
            raise NotSent(f"no answer within {WHOLE_S:.0f} s", again=True) from None


def message_of(notice: Notice, mail: Mail) -> EmailMessage:
    """The message; its title is one line, so it cannot add a header."""
    message = EmailMessage()
    message["Subject"] = printable(notice.title, SUBJECT)
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{uuid.uuid4()}@{mail.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation reply
    message.set_content(f"{notice.text}\n\n" + "".join(f"{name}: {fact}\n" for name, fact in notice.facts.items() if fact))
    return message


def _hand_over(mail: Mail, password: str, message: EmailMessage) -> None:
    """Runs in a worker thread."""
    try:
        with _connected(mail) as server:
            if mail.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if mail.user:
                server.login(mail.user, password)
            server.send_message(message)
    except smtplib.SMTPNotSupportedError:
        raise NotSent("the server does not support STARTTLS or a password", again=False) from None
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        raise NotSent(f"SMTP {code}: the recipients were refused", again=code in _PASSES) from None
    except smtplib.SMTPResponseException as answer:
        what = "the password was refused" if isinstance(answer, smtplib.SMTPAuthenticationError) else "refused"
        raise NotSent(f"SMTP {answer.smtp_code}: {what}", again=answer.smtp_code in _PASSES) from None
    except ssl.SSLCertVerificationError as error:
        raise NotSent(f"the server's certificate is not valid: {error.verify_message}", again=False) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise NotSent(f"no connection: {said}", again=True) from None


def _connected(mail: Mail) -> smtplib.SMTP:
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=ANSWER_S, context=ssl.create_default_context())
    return smtplib.SMTP(mail.host, mail.port, timeout=ANSWER_S)
