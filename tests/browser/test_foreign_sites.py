"""Other sites against the surface in a real browser that is logged in: another port of the same host, rebound names."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiohttp import web
from opening import running_browser
from playwright.sync_api import Browser, BrowserContext, Page
from surface_server import NAME, Surface, running

ATTACK = """
async (target) => {
  const tried = {};
  const seen = async (name, work) => {
    try { tried[name] = await work(); } catch (error) { tried[name] = "refused"; }
  };
  const text = (options) => async () => {
    const answer = await fetch(target + "/order", options);
    return answer.type === "opaque" ? "opaque" : await answer.text();
  };
  const simple = {method: "POST", body: "{}", credentials: "include"};
  await seen("plain", text({...simple, mode: "no-cors"}));
  await seen("blob", text({...simple, mode: "no-cors", body: new Blob(["{}"], {type: "application/json"})}));
  await seen("json", text({...simple, headers: {"Content-Type": "application/json"}}));
  navigator.sendBeacon(target + "/order", new Blob(["{}"], {type: "text/plain"}));
  await seen("read", text({credentials: "include"}));
  await seen("opaque", text({mode: "no-cors", credentials: "include"}));
  const element = (name, more) => new Promise((done) => {
    const made = document.createElement(name);
    Object.assign(made, more);
    made.onload = () => done("loaded");
    made.onerror = () => done("refused");
    document.body.append(made);
  });
  tried.script = await element("script", {src: target + "/static/live.js"});
  tried.style = await element("link", {rel: "stylesheet", href: target + "/static/surface.css"});
  tried.image = await element("img", {src: target + "/home"});
  const frame = document.createElement("iframe");
  const framed = new Promise((done) => { frame.onload = done; });
  frame.src = target + "/home";
  document.body.append(frame);
  await framed;
  tried.frame = (() => { try { return frame.contentDocument ? "read" : "refused"; } catch (error) { return "refused"; } })();
  tried.events = await new Promise((done) => {
    const events = new EventSource(target + "/events?page=/home", {withCredentials: true});
    events.onmessage = () => done("read");
    events.onerror = () => done("refused");
  });
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action: target + "/order", enctype: "text/plain", target: "sink"});
  const sink = document.createElement("iframe");
  sink.name = "sink";
  document.body.append(sink, form);
  const sent = new Promise((done) => { sink.onload = done; });
  form.submit();
  await sent;
  return tried;
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as found:
        yield found


@contextmanager
def another_site() -> Iterator[int]:
    """A server of somebody else on this machine; its port."""

    class Empty(BaseHTTPRequestHandler):
        """An empty page for whatever is asked."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><body></body>")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def logged_in(browser: Browser, surface: Surface, host: str) -> Iterator[BrowserContext]:
    """A browser that has opened a link under one of our names."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{host}:{surface.port}{surface.link()}")
    assert page.url == f"http://{host}:{surface.port}/home"
    assert [cookie["sameSite"] for cookie in context.cookies()] == ["Strict"]
    assert page.evaluate("document.cookie") == ""
    yield context
    context.close()


def opened(context: BrowserContext, address: str) -> Page:
    """Another page of the same browser."""
    page = context.new_page()
    page.goto(address)
    return page


def test_another_site_gets_nothing_of_a_browser_that_is_logged_in(browser: Browser, tmp_path: Path) -> None:
    """From another port of the same host, where the cookie is sent, as from another host: no order, no read, no frame."""
    orders: list[str] = []

    async def order(request: web.Request) -> web.Response:
        orders.append(await request.text())
        return web.Response(text="done")

    def more(made: web.Application) -> None:
        made.add_routes([web.post("/order", order)])

    with (
        running(tmp_path, more=more) as surface,
        another_site() as port,
        logged_in(browser, surface, NAME) as context,
    ):
        for host in (NAME, "127.0.0.1"):
            tried = opened(context, f"http://{host}:{port}/").evaluate(ATTACK, surface.origin)
            assert set(tried.values()) <= {"refused", "opaque"}, tried
        assert orders == []
        own = context.pages[0]
        sent = (
            "fetch('/order', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}).then(a => a.text())"
        )
        assert own.evaluate(sent) == "done" and orders == ["{}"]  # our own page can


def test_a_link_from_another_site_leads_in_after_a_click(browser: Browser, tmp_path: Path) -> None:
    """The cookie does not come along, and the page that says so has a link that brings it."""
    with running(tmp_path) as surface, another_site() as port, logged_in(browser, surface, NAME) as context:
        page = opened(context, f"http://127.0.0.1:{port}/")
        page.set_content(f'<a href="{surface.origin}/nowhere">x</a>')
        page.click("a")
        page.click("text=open the page again")
        page.get_by_role("heading", name="There is no page").wait_for()


def test_a_rebound_name_leads_to_nothing(browser: Browser, tmp_path: Path) -> None:
    """A name of another site that resolves to this machine is refused before anything of it is read."""
    with running(tmp_path) as surface, logged_in(browser, surface, NAME) as context:
        page = context.new_page()
        for host in ("evil.localhost", "overnight-zzzzzzzz.localhost", f"x.{NAME}"):
            answer = page.goto(f"http://{host}:{surface.port}/home")
            assert answer and answer.status == 421
