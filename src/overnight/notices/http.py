"""One POST of JSON: it follows no redirect, knows no other scheme, does not read the answer, puts no address in an error."""

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import partial

import anyio

from overnight import __version__
from overnight.notices.blocking import run_blocking
from overnight.notices.port import NotSent
from overnight.notices.settings import split_url

ANSWER_S = 10.0  # for connecting, and again for the answer
WHOLE_S = 25.0  # including name servers that do not answer
LONGEST_WAIT_S = 60.0  # that a server may ask for
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))  # HTTP status codes that may pass


async def post_json(url: str, body: Mapping[str, object], *, token: str = "") -> None:
    """Post a JSON object; any 2xx is success.

    Raises:
        NotSent: it did not succeed.
    """
    if split_url(url) is None:
        raise NotSent("its URL is not an http or https URL", again=False)
    headers = {"Content-Type": "application/json", "User-Agent": f"overnight/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers, method="POST")  # noqa: S310  # checked
    try:
        with anyio.fail_after(WHOLE_S):
            await run_blocking(partial(_post, request))
    except TimeoutError:
        raise NotSent(f"no answer within {WHOLE_S:.0f} s", again=True) from None


def _post(request: urllib.request.Request) -> None:
    """Runs in a worker thread, without urllib's handlers for redirects, files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    try:
        with opener.open(request, timeout=ANSWER_S):
            pass
    except urllib.error.HTTPError as answer:
        with answer:
            raise _refused(answer) from None
    except urllib.error.URLError as error:
        raise NotSent(f"no connection: {_said(error.reason)}", again=True) from None
    except TimeoutError:
        raise NotSent(f"no answer within {ANSWER_S:.0f} s", again=True) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(f"the connection broke: {_said(error)}", again=True) from None


def _refused(answer: urllib.error.HTTPError) -> NotSent:
    if 300 <= answer.code < 400:  # noqa: PLR2004  # HTTP
        return NotSent(f"HTTP {answer.code}: redirects are not followed", again=False)
    asked = (answer.headers.get("Retry-After") or "").strip()
    wait_s = min(float(asked), LONGEST_WAIT_S) if asked.isdecimal() and len(asked) < 9 else 0.0  # noqa: PLR2004  # digits
    return NotSent(f"HTTP {answer.code}", again=answer.code in _AGAIN, wait_s=wait_s)


def _said(error: object) -> str:
    """A description of an error, without any address that its text may contain."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "not reachable" if isinstance(error, str) else type(error).__name__
