"""Keyboards and the limits of their buttons."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tests.emulators.telegram.errors import bad_request

_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "pay",
)
_STYLES = frozenset({"danger", "success", "primary"})


def check_markup(markup: dict[str, Any] | None) -> None:
    """Refuse a keyboard that Telegram would refuse, or would show otherwise than it was meant."""
    if markup is None:
        return
    inline = "inline_keyboard" in markup
    rows = markup.get("inline_keyboard", markup.get("keyboard", []))
    buttons = [button for row in rows for button in row]
    if len(buttons) > (100 if inline else 300):
        raise bad_request("reply markup is too long")
    for row in rows:
        if not 1 <= len(row) <= (8 if inline else 12):
            raise bad_request(f"a row of a keyboard holds 1 to {8 if inline else 12} buttons, not {len(row)}")
    for button in buttons:
        (_check_inline if inline else _check_reply)(button)
    if len(markup.get("input_field_placeholder", "")) > 64:
        raise bad_request("input_field_placeholder is longer than 64 characters")
    if "keyboard" in markup and not buttons:
        raise bad_request("reply keyboard has no buttons")


def _check_text(button: dict[str, Any]) -> None:
    if not button["text"].strip():
        raise bad_request("BUTTON_TEXT_EMPTY")
    if button.get("style") is not None and button["style"] not in _STYLES:
        raise bad_request(f"button style must be one of {', '.join(sorted(_STYLES))}")


def _check_reply(button: dict[str, Any]) -> None:
    _check_text(button)
    if sum(name in button for name in ("request_contact", "request_location", "request_poll", "web_app")) > 1:
        raise bad_request("a keyboard button has at most one action")


def _check_inline(button: dict[str, Any]) -> None:
    _check_text(button)
    actions = [name for name in _ACTIONS if button.get(name) is not None]
    if not actions:
        raise bad_request("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"an inline button has one action, not {' and '.join(actions)}")
    if "callback_data" in actions and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in actions:
        _check_url(button["url"])
    if "copy_text" in actions and not 1 <= len(button["copy_text"]["text"]) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "tg") or not parts.netloc:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
