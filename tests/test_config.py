"""The user's settings: from a file, or from the environment variables that agents also use."""

import re
from pathlib import Path

import pytest

from overnight.config import VARIABLE, Settings, read_settings, settings_path
from overnight.errors import UserError
from overnight.models.known_providers import ollama_url
from overnight.models.provider import Price
from overnight.models.usage import Wire

FULL = """
[[providers]]
name = "work"
kind = "anthropic"
key_command = "pass show anthropic"
models = {"claude-big" = "claude-big-2"}
headers = {"anthropic-beta" = "x"}
silence_s = 900

[[providers]]
name = "openai"

[[providers]]
name = "vllm"
base_url = "http://10.0.0.5:8000/v1"
wires = ["openai-chat"]
model = "Qwen/Qwen3-Coder"

[prices."claude-*"]
input = 3
cached = 0.3
written = 3.75
output = 15

[prices.plain]
input = 1
output = 2
"""


def read(tmp_path: Path, text: str, **environment: str) -> Settings:
    """The settings of a file."""
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return read_settings({VARIABLE: str(path), **environment}, tmp_path / "home")


def test_a_file_names_providers_and_prices(tmp_path: Path) -> None:
    """Providers keep their order; a kind fills in URL, wires and key; a local server needs no key."""
    settings = read(tmp_path, FULL)
    work, openai, vllm = settings.providers
    assert (work.name, work.base_url, work.wires) == ("work", "https://api.anthropic.com", (Wire.ANTHROPIC,))
    assert (work.key_env, work.key_command, work.silence_s) == ("", "pass show anthropic", 900.0)
    assert work.model_for("claude-big") == "claude-big-2"
    assert work.model_for("other") == "other"
    assert (openai.key_env, openai.base_url) == ("OPENAI_API_KEY", "https://api.openai.com/v1")
    assert vllm.local
    assert vllm.model_for("anything") == "Qwen/Qwen3-Coder"
    assert settings.prices.find("claude-9") == Price(input=3.0, cached=0.3, output=15.0, written=3.75)
    assert settings.prices.find("plain") == Price(input=1.0, cached=1.0, output=2.0)


def test_how_many_actions_are_worked_on(tmp_path: Path) -> None:
    """Ten at once and four results without a word of the file; a mistake names the key and the page."""
    usual = read(tmp_path, "").actions
    assert (usual.at_once, usual.most_waiting) == (10, 4)
    fewer = read(tmp_path, "[actions]\nat_once = 2\n").actions
    assert (fewer.at_once, fewer.most_waiting) == (2, 4)
    with pytest.raises(UserError, match=r"actions.at_once: input should be greater than or equal to 1"):
        read(tmp_path, "[actions]\nat_once = 0\n")
    with pytest.raises(UserError, match=r"actions.slots: is not a known key; delete it, or see docs/actions.md"):
        read(tmp_path, "[actions]\nslots = 3\n")


def test_without_a_file_the_environment_names_them(tmp_path: Path) -> None:
    """The usual variables in a fixed order, and the usual variables for base URLs; empty ones are ignored."""
    environment = {
        "OLLAMA_HOST": "0.0.0.0",
        "OPENROUTER_API_KEY": "r",
        "GOOGLE_API_KEY": "g",
        "OPENAI_API_KEY": " ",
        "ANTHROPIC_API_KEY": "a",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:1/x",
    }
    providers = read_settings(environment, tmp_path).providers
    assert [one.name for one in providers] == ["anthropic", "gemini", "openrouter", "ollama"]
    assert [one.key_env for one in providers] == ["ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY", ""]
    assert providers[0].base_url == "http://127.0.0.1:1/x"
    assert providers[3].base_url == "http://127.0.0.1:11434"
    assert read_settings({}, tmp_path) == Settings()


def test_a_file_with_prices_only_keeps_the_environments_providers(tmp_path: Path) -> None:
    """A user who only sets prices does not have to list providers."""
    settings = read(tmp_path, "[prices.m]\ninput = 1\noutput = 2\n", OPENAI_API_KEY="k")
    assert [one.name for one in settings.providers] == ["openai"]
    assert settings.prices.find("m") is not None


def test_no_key_is_ever_read(tmp_path: Path) -> None:
    """Settings name where a key is; they never hold it."""
    settings = read(tmp_path, FULL, OPENAI_API_KEY="the-key", ANTHROPIC_API_KEY="the-key")
    assert "the-key" not in repr(settings)
    assert "pass show" not in repr(settings)


def test_where_the_file_is(tmp_path: Path) -> None:
    """A variable of ours, else XDG's folder, else ~/.config; a relative XDG_CONFIG_HOME is ignored."""
    assert settings_path({VARIABLE: "/a/b.toml", "XDG_CONFIG_HOME": "/x"}, tmp_path) == Path("/a/b.toml")
    assert settings_path({"XDG_CONFIG_HOME": "/x"}, tmp_path) == Path("/x/overnight/settings.toml")
    for environment in ({}, {"XDG_CONFIG_HOME": "relative"}):
        assert settings_path(environment, tmp_path) == tmp_path / ".config/overnight/settings.toml"
    path = tmp_path / ".config/overnight/settings.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[[providers]]\nname = "openai"\n')
    assert read_settings({}, tmp_path).providers[0].name == "openai"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("x = 1", "x", "not a known key"),
        ('[[providers]]\nname = "a"', "providers.0", "needs base_url and wires, or a kind"),
        ('[[providers]]\nkind = "openai"', "providers.0.name", "is missing"),
        ('[[providers]]\nname = "openai"\nkey = "sk-1"', "providers.0.key", "not a known key"),
        ('[[providers]]\nname = "openai"\nkey_env = "sk-ant-THE-KEY"', "providers.0.key_env", "not the key itself"),
        ('[[providers]]\nname = "openai"\nkey_env = "A"\nkey_command = "b"', "providers.0", "keep one of them"),
        ('[[providers]]\nname = "openai"\nbase_url = "ftp://x"', "providers.0.base_url", "must be a URL"),
        ('[[providers]]\nname = "openai"\nbase_url = "https://u:THE-KEY@x/v1"', "providers.0.base_url", "without a password"),
        ('[[providers]]\nname = "openai"\nbase_url = "https://x/?key=THE-KEY"', "providers.0.base_url", "without a query"),
        ('[[providers]]\nname = "openai"\nwires = ["chat"]', "providers.0.wires.0", "'openai-chat'"),
        ('[[providers]]\nname = "openai"\nheaders = {a = "b\\r\\nc"}', "providers.0.headers.a", ""),
        ('[[providers]]\nname = "openai"\n[[providers]]\nname = "openai"', "", "two providers have the name openai"),
        ("[prices.m]\ninput = nan\noutput = 1", "prices.m.input", "finite"),
        ("[prices.m]\ninput = -1\noutput = 1", "prices.m.input", "greater than or equal to 0"),
        ("[prices.m]\ninput = 1", "prices.m.output", "is missing"),
        ("a =", "", "is not TOML"),
        ("a = " + "[" * 5000, "", "is not TOML"),
    ],
)
def test_a_mistake_is_one_line_with_file_key_and_fix(tmp_path: Path, text: str, place: str, words: str) -> None:
    """The message says where and what is wrong, without the value, which may be a misplaced key."""
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert re.match(re.escape(str(tmp_path / "settings.toml")) + (rf":\d+: {re.escape(place)}: " if place else ": "), message)
    assert words in message
    assert "THE-KEY" not in message
    assert "\n" not in message


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    """A missing named file, a folder, foreign bytes and a huge file each give one line; a missing default is fine."""
    with pytest.raises(UserError, match="there is no such file"):
        read_settings({VARIABLE: str(tmp_path / "none.toml")}, tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        read_settings({VARIABLE: str(tmp_path)}, tmp_path)
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="UTF-8"):
        read_settings({VARIABLE: str(tmp_path / "bad.toml")}, tmp_path)
    (tmp_path / "huge.toml").write_bytes(b"#" * 1024 * 1024 * 2)
    with pytest.raises(UserError, match="larger"):
        read_settings({VARIABLE: str(tmp_path / "huge.toml")}, tmp_path)


@pytest.mark.parametrize(("kind", "port"), [("ollama", 11434), ("llamacpp", 8080), ("vllm", 8000), ("lmstudio", 1234)])
def test_a_local_server_needs_its_kind_only(tmp_path: Path, kind: str, port: int) -> None:
    """It listens on loopback at its usual port, without a key; another port or wire can be written."""
    [server] = read(tmp_path, f'[[providers]]\nname = "{kind}"\n').providers
    assert (server.base_url, server.local) == (f"http://127.0.0.1:{port}", True)
    assert server.wires[0] is Wire.OPENAI_CHAT
    text = f'[[providers]]\nname = "mine"\nkind = "{kind}"\nbase_url = "http://127.0.0.1:9"\nwires = ["openai-chat"]\n'
    [server] = read(tmp_path, text).providers
    assert (server.base_url, server.wires) == ("http://127.0.0.1:9", (Wire.OPENAI_CHAT,))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":8080", "http://127.0.0.1:8080"),
        ("gpu-box", "http://gpu-box:11434"),
        ("https://ollama.example/", "https://ollama.example:443"),
        ("http://host:1/base/", "http://host:1/base"),
        ("[::]:1", "http://127.0.0.1:1"),
        ("[::1]", "http://[::1]:11434"),
    ],
)
def test_ollama_hosts_come_in_many_forms(host: str, url: str) -> None:
    """What Ollama itself accepts as `OLLAMA_HOST`."""
    assert ollama_url(host) == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OLLAMA_HOST", "host:notaport"),
        ("OLLAMA_HOST", "http://[::1"),
        ("OPENAI_BASE_URL", "nonsense"),
        ("OPENAI_BASE_URL", "ftp://x"),
    ],
)
def test_a_variable_that_is_no_url_is_a_mistake(tmp_path: Path, name: str, value: str) -> None:
    """The variable is reported by its name, before any request."""
    with pytest.raises(UserError, match=f"{name}: is not a URL"):
        read_settings({"OPENAI_API_KEY": "k", name: value}, tmp_path)


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    """The example in docs/gateway.md is a valid settings file."""
    page = (Path(__file__).parents[1] / "docs" / "gateway.md").read_text()
    settings = read(tmp_path, page.split("```toml\n")[1].split("```")[0])
    assert [one.name for one in settings.providers] == ["anthropic", "anthropic-team", "gpu-box"]
    assert settings.prices.find("claude-x") is not None
