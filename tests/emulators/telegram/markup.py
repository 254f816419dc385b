"""The HTML that `parse_mode` stands for, and MarkdownV2, turned into entities."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.emulators.telegram.errors import ApiError, bad_request

_HTML_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
    "blockquote": "blockquote",
}
_HTML_TOKEN = re.compile(r"<(/?)([A-Za-z-]+)([^<>]*)>|([^<]+)|(<)", re.DOTALL)
_HTML_ATTRIBUTE = re.compile(r"""([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_MARK_TOKEN = re.compile(
    r"\\(?P<kept>[!-/:-@\[-`{-~])|(?P<mark>```|\|\||__|[*_~`])|(?P<link>\[)|(?P<end>\]\((?P<url>[^)]*)\))|(?P<other>.)",
    re.DOTALL,
)
_MARK_KINDS = {
    "*": "bold",
    "_": "italic",
    "__": "underline",
    "~": "strikethrough",
    "||": "spoiler",
    "`": "code",
    "```": "pre",
}
_RESERVED = frozenset(">#+-=|{}.!()]")


def parse_markup(text: str, mode: str) -> tuple[str, list[dict[str, Any]]]:
    """Return plain text and entities. Raises ApiError when the markup is wrong or the mode unknown."""
    if mode.lower() == "html":
        return _Html().parse(text)
    if mode.lower() == "markdownv2":
        return _MarkdownV2().parse(text)
    raise bad_request("unsupported parse_mode")


def _wrong(what: str) -> ApiError:
    return bad_request(f"can't parse entities: {what}")


class _Builder:
    """Text that grows, and the entities that are open in it."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._at = 0
        self._open: list[tuple[str, int, dict[str, Any]]] = []
        self._entities: list[dict[str, Any]] = []

    def _add(self, text: str) -> None:
        self._text.append(text)
        self._at += len(text.encode("utf-16-le", "surrogatepass")) // 2

    def _begin(self, name: str, entity: dict[str, Any]) -> None:
        self._open.append((name, self._at, entity))

    def _finish(self, extra: dict[str, Any] | None = None) -> None:
        _, start, entity = self._open.pop()
        if self._at > start:
            self._entities.append(entity | (extra or {}) | {"offset": start, "length": self._at - start})

    def _done(self) -> tuple[str, list[dict[str, Any]]]:
        if self._open:
            raise _wrong(f'can\'t find end tag corresponding to start tag "{self._open[-1][0]}"')
        return "".join(self._text), sorted(self._entities, key=lambda entity: (entity["offset"], -entity["length"]))


class _Html(_Builder):
    def parse(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        for token in _HTML_TOKEN.finditer(text):
            closing, name, attributes, plain, stray = token.groups()
            if plain is not None:
                self._add(html.unescape(plain))
            elif stray:
                raise _wrong(f"unsupported start tag at byte offset {len(text[: token.start()].encode())}")
            elif closing:
                self._end(name.lower())
            else:
                self._start(name.lower(), attributes, len(text[: token.start()].encode()))
        return self._done()

    def _start(self, name: str, attributes: str, at: int) -> None:
        if name not in _HTML_KINDS:
            raise _wrong(f'Unsupported start tag "{name}" at byte offset {at}')
        given = {key: html.unescape(a or b or c) for key, a, b, c in _HTML_ATTRIBUTE.findall(attributes)}
        if name == "span" and given.get("class") != "tg-spoiler":
            raise _wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
        self._begin(name, _html_entity(name, given, inside=self._open[-1][0] if self._open else ""))

    def _end(self, name: str) -> None:
        if not self._open or self._open[-1][0] != name:
            raise _wrong(f'Unmatched end tag "{name}"')
        if name == "code" and "language" in self._open[-1][2]:
            language = self._open.pop()[2]["language"]
            self._open[-1][2]["language"] = language
        else:
            self._finish()


def _html_entity(name: str, given: dict[str, str], *, inside: str) -> dict[str, Any]:
    if name == "a":
        return {"type": "text_link", "url": given.get("href", "")}
    if name == "tg-emoji":
        return {"type": "custom_emoji", "custom_emoji_id": given.get("emoji-id", "")}
    if name == "blockquote" and "expandable" in given:
        return {"type": "expandable_blockquote"}
    if name == "code" and inside == "pre" and given.get("class", "").startswith("language-"):
        return {"type": "code", "language": given["class"].removeprefix("language-")}
    return {"type": _HTML_KINDS[name]}


class _MarkdownV2(_Builder):
    def parse(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        for token in _MARK_TOKEN.finditer(text):
            self._take(token)
        return self._done()

    def _take(self, token: re.Match[str]) -> None:
        inside = self._open[-1][0] if self._open else ""
        if token["kept"]:
            self._add(token["kept"])
        elif inside in ("`", "```") and token["mark"] != inside:
            self._add(token.group())
        elif token["mark"]:
            self._mark(token["mark"], inside)
        elif token["link"]:
            self._begin("[", {"type": "text_link"})
        elif token["end"] and inside == "[":
            self._finish({"url": token["url"]})
        else:
            self._other(token.group())

    def _mark(self, mark: str, inside: str) -> None:
        if mark == inside:
            self._finish()
        else:
            self._begin(mark, {"type": _MARK_KINDS[mark]})

    def _other(self, text: str) -> None:
        if text[0] in _RESERVED:
            raise _wrong(f"Character '{text[0]}' is reserved and must be escaped with the preceding '\\'")
        self._add(text)
