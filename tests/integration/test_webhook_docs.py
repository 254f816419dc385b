"""The receiver that docs/webhooks.md shows takes what the hub posts, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from hub.commands.webhooks import post_sample
from hub.settings.model import SubscriptionSettings
from router.errors import Retryable
from tests.integration.integrator import SECRET

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


async def test_the_receiver_in_the_documentation_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_WEBHOOK_SECRET", SECRET)
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    receiver: dict[str, object] = {"__name__": "receiver"}
    exec(compile(source, str(PAGE), "exec"), receiver)  # noqa: S102 - what the page tells integrators to run
    async with TestServer(receiver["app"]) as server:  # type: ignore[arg-type]  # an application
        wanted = {"url": str(server.make_url("/trunkline")), "secret": SECRET}
        sample = await post_sample("crm", SubscriptionSettings.model_validate(wanted))
        assert receiver["taken"] == {sample}
        foreign = {**wanted, "secret": f"whsec_{'A' * 32}"}
        with pytest.raises(Retryable, match="answered 401: No matching signature found"):
            await post_sample("crm", SubscriptionSettings.model_validate(foreign))
        assert receiver["taken"] == {sample}
