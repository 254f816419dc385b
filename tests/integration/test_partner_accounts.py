"""Nobody signs in as an operator whose work another hub does, whatever they had before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_store import MongoStore
from hub.accounts import ensure
from hub.settings.model import PartnerSettings
from tests.integration.partners import TOKEN
from tests.integration.web_stage import PASSWORD, web_stage

pytestmark = pytest.mark.mongo


async def test_sessions_and_passwords_from_before_are_worth_nothing(store: MongoStore) -> None:
    url = "https://hub.berlin.example/api/v1/channels/our-hub"
    berlin = PartnerSettings.model_validate({"url": url, "token": TOKEN})
    async with web_stage(store) as web:
        before = await web.sign_in("boris")
        web.stage.hub.settings = replace(web.stage.hub.settings, partners={"boris": berlin})
        assert (await before.raw("GET", "/api/v1/conversations")).status == 401
        status, _ = await web.desk().post("/session", {"operator": "boris", "password": PASSWORD})
        assert status == 401
        await web.sign_in("anna")


async def test_no_account_is_made(store: MongoStore) -> None:
    async with web_stage(store) as web:
        rules = web.stage.hub.rules
        kept = {name: rules.operators[name] for name in ("anna", "clara")}
        more = rules.model_copy(update={"operators": {**kept, "berlin": kept["clara"], "dora": kept["clara"]}})
        assert set(await ensure(store, more, {"berlin"})) == {"dora"}
