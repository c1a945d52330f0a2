"""The style sheets and scripts: asked for again, a browser is told that it has them; a visitor who leaves keeps none open."""

from pathlib import Path

from surface_server import running

FILES = {"/static/look.css": "text/css", "/static/icon.svg": "image/svg+xml", "/static/live.js": "text/javascript"}


def test_a_file_is_sent_once(tmp_path: Path) -> None:
    """It comes with its type and a digest; with that digest, or one of several, nothing is sent; another one gets the file."""
    with running(tmp_path / "state") as surface:
        for path, kind in FILES.items():
            first = surface.ask("GET", path)
            assert (first.status, first.headers["content-type"]) == (200, kind)
            assert first.headers["cache-control"] == "no-cache" and first.headers["x-content-type-options"] == "nosniff"
            etag = first.headers["etag"]
            for known in (etag, f'"other", {etag}', "*"):
                again = surface.ask("GET", path, {"If-None-Match": known})
                assert (again.status, again.body, again.headers["etag"]) == (304, "", etag)
            assert surface.ask("GET", path, {"If-None-Match": '"other"'}).body == first.body
            assert surface.ask("HEAD", path).body == ""
