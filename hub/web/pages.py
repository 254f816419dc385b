"""The pages people open: the start page, the demo shop, and the console's shell."""

from __future__ import annotations

import json
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from hub.web.keys import HUB, SESSIONS, TEXTS
from hub.web.language import COOKIE, Language, language_of, visitor_language
from router.catalog import Catalog

HERE = Path(__file__).parent
TEMPLATES = web.AppKey("templates", Environment)
_A_YEAR = 365 * 24 * 3600


def environment() -> Environment:
    """Return what draws templates: everything in them is escaped, and an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _draw(request: web.Request, template: str, language: Language, **values: object) -> web.Response:
    texts: Catalog = request.app[TEXTS]

    def t(key: str, **named: object) -> str:
        return texts.say(language, key, **named)

    page = request.app[TEMPLATES].get_template(template)
    html = page.render(t=t, language=language, **values)
    response = web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})
    if request.query.get("lang") == language:
        response.set_cookie(COOKIE, language, max_age=_A_YEAR, path="/", samesite="Lax")
    return response


async def start(request: web.Request) -> web.StreamResponse:
    """Show where everything is."""
    return _draw(request, "start.html", visitor_language(request))


async def demo(request: web.Request) -> web.StreamResponse:
    """Show the demo shop with the first web chat's widget."""
    names = [channel.name for channel in request.app[HUB].channels.values() if channel.kind == "webchat"]
    return _draw(
        request,
        "demo.html",
        visitor_language(request),
        channel=names[0] if names else "",
        open_chat=request.query.get("chat") == "open",
    )


async def console(request: web.Request) -> web.StreamResponse:
    """Show the console, or the way in to it."""
    hub = request.app[HUB]
    operator = await request.app[SESSIONS].find(request)
    if operator is None or operator not in hub.rules.operators:
        return _draw(request, "signin.html", visitor_language(request))
    asked = request.query.get("lang")
    language: Language = visitor_language(request) if asked else language_of(request, hub.rules, operator)
    texts = request.app[TEXTS]
    catalogue = {**texts.texts["en"], **texts.texts[language]}
    return _draw(
        request,
        "console.html",
        language,
        operator=operator,
        name=hub.rules.operators[operator].name,
        linkable=bool(hub.consoles.names),
        catalogue=json.dumps(catalogue, ensure_ascii=True).replace("<", "\\u003c"),
    )


ROUTES = (
    web.get("/", start),
    web.get("/demo", demo),
    web.get("/console", console),
)
