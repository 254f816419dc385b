"""What the console in Telegram asks back, what it offers to choose from, and ready-made texts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_store import MongoStore
from tests.clock import FastClock
from tests.emulators.telegram.model import Message
from tests.integration.telegram_desk import TelegramDesk, Worker, operators_bot, telegram_desk

pytestmark = pytest.mark.mongo


@pytest.fixture
async def desk(store: MongoStore) -> AsyncIterator[TelegramDesk]:
    clock = FastClock()
    async with (
        operators_bot(topics=False, clock=clock) as telegram,
        telegram_desk(store, telegram, clock=clock) as desk,
    ):
        yield desk


async def _holding(desk: TelegramDesk, *clients: str) -> Worker:
    """Return Anna, who holds the conversations of some clients."""
    anna = await desk.worker("anna")
    for client in clients:
        await desk.channel.write(client, f"hello from {client}")
        await anna.press(f"🔔 {client}", "Take")
        await anna.sees(f"🔴 {client}")
    return anna


async def test_it_asks_which_client_is_meant(desk: TelegramDesk) -> None:
    """Of several, and sends to nobody before that is chosen; then to the one who was chosen, once."""
    anna = await _holding(desk, "carl", "dora")
    said = anna.says("On my way")
    question = await anna.answered(said)
    assert sorted(question.buttons) == ["carl", "dora"]
    assert not any(desk.channel.taken.values())
    former = question.markup
    await anna.press("To whom?", "dora")
    await anna.sees("✅ To dora")
    await anna.marked(said, "👌")
    question.markup = former  # on a phone that was offline meanwhile
    pressed = await anna.user.presses(question, "carl").answered()
    assert pressed.text == "I no longer know what this was about. Please write it again."
    await desk.stage.settled()
    assert {chat: texts for chat, texts in desk.channel.taken.items() if texts} == {"dora": ["On my way"]}


async def test_a_command_that_could_be_about_several_does_nothing(desk: TelegramDesk) -> None:
    """It says how to say which; with one conversation there is no doubt, and without any, words go to nobody."""
    anna = await desk.worker("anna")
    assert "to nobody" in (await anna.answered(anna.says("Hello?"))).text
    await desk.channel.write("carl", "hello from carl")
    await anna.press("🔔 carl", "Take")
    await anna.sees("🔴 carl")
    assert (await anna.answered(anna.says("/history"))).text.startswith("📜 carl")
    await desk.channel.write("dora", "hello from dora")
    await anna.press("🔔 dora", "Take")
    head = await anna.sees("🔴 dora")
    assert "Which conversation?" in (await anna.answered(anna.says("/close solved"))).text
    assert (await anna.answered(anna.says("/close solved", answers=head))).text == "Closed"
    states = {it.chat: it.state.value for it in await desk.stage.conversations()}
    assert states == {"carl": "open", "dora": "closed"}


async def test_a_line_is_chosen_to_hand_over_to(desk: TelegramDesk) -> None:
    """People and lines are listed with how busy they are; who has handed it over cannot do so again."""
    boris = await desk.worker("boris")
    boris.says("/break")
    await boris.sees("🟡")
    anna = await _holding(desk, "carl")
    await anna.press("🔴 carl", "Transfer")
    choice = await anna.sees("↪️ carl: to whom?")
    assert any(label.startswith("🟡 Борис 0/10") for label in choice.buttons)
    assert "👥 Support · 0 waiting" in choice.buttons
    assert await anna.press("↪️ carl: to whom?", "Support") == "Handed over"
    (it,) = await desk.stage.conversations()
    assert (it.line, it.operator) == ("support", "")
    again = await anna.user.presses(choice, "👥 Support · 0 waiting").answered()
    assert again.text == "This button is too old."


async def test_a_button_that_is_out_of_date_says_so(desk: TelegramDesk) -> None:
    """One of a former release, one about a line that is gone, and one that makes no sense."""
    anna = await _holding(desk, "carl")
    head = await anna.sees("🔴 carl")
    for data in ("close", "0:close:x:", "1:close:gone:", "1:dance::", "1:::"):
        assert await _pressed(anna, head, data) == "This button is too old."
    assert "no line named" in await _pressed(anna, head, "1:pause::gone")


async def _pressed(anna: Worker, message: Message, data: str) -> str:
    """Return what a button is answered that a former release drew."""
    message.markup = {"inline_keyboard": [[{"text": "Old", "callback_data": data}]]}
    return (await anna.user.presses(message, "Old").answered()).text


async def test_ready_made_texts_are_found_by_words(desk: TelegramDesk) -> None:
    """By name or by what they say, for operators alone; the chosen one reaches the client."""
    anna, eve = await _holding(desk, "carl"), desk.telegram.add_user("Eve")
    for words, titles in (("", ["hello"]), ("HELL", ["hello"]), ("can i help", ["hello"]), ("pills", [])):
        query = await anna.user.queries_inline(desk.bot, words).answered()
        assert query.titles == titles
        assert query.answer is not None
        assert query.answer["is_personal"] is True
    assert (await eve.queries_inline(desk.bot, "").answered()).titles == []
    query = await anna.user.queries_inline(desk.bot, "hel").answered()
    sent = anna.user.chooses(query, "hello", desk.bot)
    await anna.marked(sent, "👌")
    assert desk.channel.taken["carl"] == ["Hello! How can I help?"]
    assert "There are: hello" in (await anna.answered(anna.says("/c goodbye"))).text
    await anna.marked(anna.says("/c hello"), "👌")
    assert desk.channel.taken["carl"] == ["Hello! How can I help?"] * 2
