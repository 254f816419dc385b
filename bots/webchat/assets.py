"""The widget's own files, and what it needs to know before it connects."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bots.webchat.catalogue import closest, widget_texts
from bots.webchat.frames import FILES_LIMIT
from bots.webchat.mapping import MAX_TEXT
from bots.webchat.origins import sharing
from bots.webchat.settings import WebchatSettings

FOLDER = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
#: the widget is nobody's secret: any page may load it, and is told by the settings whether it may use it
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
#: comments that begin a line, and blanks around lines; the widget has no multi-line strings that these could harm
_COMMENT = re.compile(r"^[ \t]*(/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^\s+|[ \t]+$", re.MULTILINE)
_FOR_EVER = "public, max-age=31536000, immutable"
_A_MOMENT = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class Assets:
    """The widget's files as they travel, and the version that names their contents."""

    #: name → gzipped contents
    files: Mapping[str, bytes]
    version: str

    @classmethod
    def load(cls) -> Assets:
        """Read the files that come with this package."""
        texts = {path.name: lean(path.read_text("utf-8")) for path in FOLDER.iterdir() if path.suffix in _TYPES}
        version = hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:12]
        texts["widget.js"] = texts["widget.js"].replace("__VERSION__", version)
        return cls({name: gzip.compress(text.encode(), mtime=0) for name, text in texts.items()}, version)

    def loader(self, request: web.Request) -> web.Response:
        """Return the script that sites embed; it names the version of everything else."""
        return _answer(request, "widget.js", self.files["widget.js"], _A_MOMENT)

    def part(self, request: web.Request, version: str, name: str) -> web.Response:
        """Return one of the files. Raises `HTTPNotFound`."""
        if name not in self.files:
            raise web.HTTPNotFound(text=f"The chat's widget has no file called {name}.", headers=_OPEN)
        # During an upgrade an old page may ask for the old version: it gets the new one, but must not keep it.
        return _answer(request, name, self.files[name], _FOR_EVER if version == self.version else "no-store")


def lean(source: str) -> str:
    """Return a script or style without the comments and indentation that only its readers need."""
    return _INDENT.sub("", _COMMENT.sub("", source))


def _answer(request: web.Request, name: str, content: bytes, policy: str) -> web.Response:
    headers = {**_OPEN, "Cache-Control": policy, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", "").lower():
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return web.Response(body=content, content_type=_TYPES[Path(name).suffix], charset="utf-8", headers=headers)


def describe(settings: WebchatSettings, request: web.Request) -> web.Response:
    """Return the look, the limits and the texts in the language of `?lang=`."""
    language = closest(request.query.get("lang", ""))
    texts = dict(widget_texts(language))
    texts["title"] = settings.title.get(language) or texts["title"]
    texts["greeting"] = settings.greeting.get(language) or texts["greeting"]
    body = {
        "language": language,
        "color": settings.color,
        "ink": settings.ink,
        "limits": {"text": MAX_TEXT, "file": settings.max_file, "files": FILES_LIMIT},
        "texts": texts,
    }
    headers = {**sharing(request), "Cache-Control": "no-cache"}
    response = web.json_response(body, headers=headers, dumps=lambda value: json.dumps(value, ensure_ascii=False))
    response.enable_compression()
    return response
