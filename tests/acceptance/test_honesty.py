"""What the console and the widget show of what goes on behind: typing, failures, faults in the settings."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from hub.bootstrap import Running
from hub.engine.committer import Decided
from hub.settings import Problem, SettingsErrors
from router.delivery import DeliveryState
from router.ports import FeedEvent
from router.store import DeliveryChange
from tests.acceptance.stage import Operator, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.mongo]


async def _talking(anna: Operator, visitor: Visitor) -> None:
    await anna.come()
    await visitor.say("I want to talk to a person")
    await anna.take()
    await anna.say("Hello, Anna here.")
    await expect(visitor.bubble("Hello, Anna here.")).to_be_visible()


async def test_typing_is_shown_both_ways(anna: Operator, visitor: Visitor) -> None:
    """Each sees that the other is writing before anything is sent."""
    await _talking(anna, visitor)
    await visitor.field.press_sequentially("I have been wondering", delay=250)
    await expect(anna.page.locator("#typing .dots")).to_be_visible()
    await anna.field.press_sequentially("Let me have a look", delay=250)
    await expect(visitor.page.locator(".typing")).to_contain_text("Anna")


async def test_a_failed_message_says_why_and_send_again_sends(
    hub: Running, anna: Operator, visitor: Visitor, faults: list[str]
) -> None:
    """The platform's reason stands at the message; the button gets it delivered, and the failure is gone."""
    await _talking(anna, visitor)
    store, engine = hub.hub.store, hub.hub.engine
    (conversation,) = (c for lane in engine.lanes.values() for c in lane.desk.conversations.values())
    said = next(m for m in await store.messages(conversation.id) if m.text == "Hello, Anna here.")
    (delivery,) = (await store.deliveries_of([said.id]))[said.id]
    await expect(anna.message("Hello, Anna here.").locator(".ticks.read")).to_be_visible()
    refused = DeliveryChange(delivery.id, DeliveryState.FAILED, tuple(DeliveryState), reason="the client has left")
    waits = DeliveryChange(delivery.id, DeliveryState.RETRYING, tuple(DeliveryState), reason="it takes nothing now")
    news = FeedEvent(0, hub.hub.clock.now(), "delivery", conversation.line, conversation.id, delivery.id)
    message = anna.message("Hello, Anna here.")
    await engine.committer.submit(Decided(changes=[waits], events=[news]))
    await expect(message.locator(".later")).to_contain_text("it takes nothing now")
    await engine.committer.submit(Decided(changes=[refused], events=[news]))
    await expect(message.locator(".later")).to_have_count(0)

    await expect(message).to_contain_text("the client has left")
    await message.get_by_role("button", name="Send again").click()
    await expect(message.get_by_role("button", name="Send again")).to_have_count(0)
    await expect(message).not_to_contain_text("the client has left")
    await expect(visitor.bubble("Hello, Anna here.")).to_have_count(1)
    assert faults == []


async def test_a_fault_in_the_settings_is_shown_until_it_is_mended(hub: Running, anna: Operator) -> None:
    """Whoever is signed in sees that what is on disk is not in force, and where the fault is."""
    banner = anna.page.locator("#settings-banner")
    await expect(banner).to_be_hidden()
    await hub.hub.edited(SettingsErrors([Problem("config.yaml", 12, 5, "lines.sales", "expected a name")]))
    await expect(banner).to_contain_text("config.yaml:12:5")
    await anna.page.reload()
    await expect(banner).to_contain_text("config.yaml:12:5")
    await hub.hub.edited(hub.hub.settings)
    await expect(banner).to_be_hidden()
