"""What a page loads before anybody chats."""

from __future__ import annotations

import re
import zlib

import pytest
from aiohttp import ClientSession

from bots.webchat.assets import FOLDER, lean
from bots.webchat.catalogue import LANGUAGES, say, texts
from tests.bots.webchat.visitor import Shop, open_shop

LIMIT = 20_000


def version_of(loader: str) -> str:
    found = re.search(r"widget/([0-9a-f]{12})/main\.js", loader)
    assert found
    return found[1]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everything_a_page_loads_is_under_20_kb(shop: Shop, language: str) -> None:
    """Loader, scripts, style, settings and texts together, gzipped as they travel."""
    async with ClientSession(auto_decompress=False) as http:
        async with http.get(shop.url("widget.js")) as response:
            loader = await response.read()
        version = version_of(zlib.decompress(loader, 31).decode())
        names = [path.name for path in FOLDER.iterdir() if path.name != "widget.js"]
        total = len(loader)
        for path in [f"settings?lang={language}", *(f"widget/{version}/{name}" for name in names)]:
            async with http.get(shop.url(path)) as response:
                assert response.headers["Content-Encoding"] in {"gzip", "deflate"}
                total += len(await response.read())
    assert total < LIMIT


async def test_files_are_kept_by_browsers_under_their_version(shop: Shop) -> None:
    """The loader is asked for often, the rest for ever; another version is served but not kept."""
    async with shop.http.get(shop.url("widget.js")) as response:
        assert response.headers["Cache-Control"] == "public, max-age=60"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        version = version_of(await response.text())
    async with shop.http.get(shop.url(f"widget/{version}/main.js")) as response:
        assert "immutable" in response.headers["Cache-Control"]
        assert response.content_type == "text/javascript"
    async with shop.http.get(shop.url("widget/0123456789ab/main.js"), headers={"Accept-Encoding": ""}) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert "export async function start" in await response.text()


@pytest.mark.parametrize("name", ["other.js", "..%2Fchannel.py", "__init__.py", "%2e%2e"])
async def test_nothing_else_is_served(shop: Shop, name: str) -> None:
    """Only the widget's own files have addresses."""
    async with shop.http.get(shop.url(f"widget/0/{name}")) as response:
        assert response.status == 404


def test_lean_scripts_keep_their_code() -> None:
    """Comments and indentation go, addresses and texts stay."""
    source = "/** why */\nconst a = 'http://x'; // stays\n  // goes\n\n  b(/x\\/*y/);\n"
    assert lean(source) == "const a = 'http://x'; // stays\nb(/x\\/*y/);\n"


async def test_settings_carry_the_look_and_the_language() -> None:
    """Title and greeting come from the configuration, everything else from the catalogue."""
    async with open_shop(title={"ru": "Лавка"}, greeting={"en": "Hi!"}, color="#FFE066") as shop:
        async with shop.http.get(shop.url("settings?lang=ru-RU")) as response:
            russian = await response.json()
        async with shop.http.get(shop.url("settings?lang=fr")) as response:
            english = await response.json()
    assert (russian["language"], russian["texts"]["title"], russian["ink"]) == ("ru", "Лавка", "#000000")
    assert russian["texts"]["greeting"] == texts("ru")["widget.greeting"]
    assert (english["language"], english["texts"]["greeting"]) == ("en", "Hi!")
    assert english["texts"]["title"] == texts("en")["widget.title"]


def test_the_catalogues_say_the_same_in_both_languages() -> None:
    """Same keys, same placeholders, nothing empty."""
    english, russian = texts("en"), texts("ru")
    assert list(english) == list(russian)
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", russian[key])), key
        assert text.strip()


def test_the_widget_asks_for_no_text_that_is_missing() -> None:
    """Every text a script names is in the catalogue, and none is there in vain."""
    code = "".join(path.read_text("utf-8") for path in FOLDER.iterdir())
    named = set(re.findall(r"texts\.(\w+)", code))
    for group in re.findall(r"const \{([^}]*)\} = (?:this\.#)?texts", code.replace("this.#texts", "texts")):
        named |= {name.strip() for name in group.split(",")}
    have = {key.removeprefix("widget.") for key in texts("en") if key.startswith("widget.")}
    states = {"sending", "sent", "read", "failed"}
    assert named | states == have


def test_sentences_are_filled_in() -> None:
    """A sentence names what it is about."""
    assert "17" in say("rate_limited", "en", seconds=17)
