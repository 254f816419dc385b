"""Methods that answer what people asked: a pressed button, an inline query."""

from __future__ import annotations

from typing import Any

from tests.emulators.telegram.calls import Call, answers, check_length
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.keyboards import check_markup
from tests.emulators.telegram.text import TEXT_LIMIT, formatted

_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@answers("answerCallbackQuery")
def answer_press(call: Call) -> bool:
    """Answer a pressed button, once."""
    press = call.world.presses.get(call.p["callback_query_id"])
    if press is None or press.answer is not None or call.bot not in _bots_of(press.message):
        raise bad_request(_TOO_OLD)
    if len(call.p.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    press.answer = dict(call.p)
    call.world.touch()
    return True


def _bots_of(message: Any) -> tuple[Any, ...]:
    return message.sender, message.business_bot, message.via_bot


@answers("answerInlineQuery")
def answer_query(call: Call) -> bool:
    """Offer results for an inline query, once."""
    query = call.world.queries.get(call.p["inline_query_id"])
    if query is None or query.answer is not None or query.bot is not call.bot:
        raise bad_request(_TOO_OLD)
    results = call.p["results"]
    if len(results) > 50:
        raise bad_request("RESULTS_TOO_MUCH")
    if len(call.p.get("next_offset", "").encode()) > 64:
        raise bad_request("NEXT_OFFSET_INVALID")
    if len({result["id"] for result in results}) != len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    query.answer = call.p | {"results": [_checked(result) for result in results]}
    call.world.touch()
    return True


def _checked(result: dict[str, Any]) -> dict[str, Any]:
    if not 1 <= len(result["id"].encode()) <= 64:
        raise bad_request("RESULT_ID_INVALID")
    check_length("title", result["title"], 1, 4096)
    check_markup(result.get("reply_markup"))
    said = result["input_message_content"]
    text, entities = formatted(
        said["message_text"],
        said.get("parse_mode"),
        said.get("entities"),
        limit=TEXT_LIMIT,
        empty="message text is empty",
    )
    return result | {"input_message_content": {"message_text": text, "entities": entities}}
