"""`hub token`: making, listing and revoking tokens, whether the hub runs or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_store import MongoStore
from hub.commands.token import every_token, new_token, overview, revoke_token
from hub.settings import Settings
from hub.web.sessions import digest
from router.errors import Misconfigured
from router.tokens import Token
from tests.integration.settings_file import written

pytestmark = pytest.mark.mongo
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPERATORS = "{ anna: { name: Anna }, crm: { name: CRM, role: supervisor } }"


@pytest.fixture
def settings(tmp_path: Path, mongo_url: str, database: str) -> tuple[Settings, Path]:
    return written(tmp_path, mongo_url, database, OPERATORS)


async def test_only_the_digest_of_a_token_is_kept(store: MongoStore, settings: tuple[Settings, Path]) -> None:
    """With whom it acts as and when it ends."""
    made = await new_token(*settings, "site", "crm", timedelta(days=90))
    (kept,) = await store.tokens()
    assert made.startswith("tl_")
    assert made not in repr(await store._database.raw["tokens"].find_one())
    assert (kept.name, kept.operator, kept.digest) == ("site", "crm", digest(made))
    assert kept.expires_at is not None
    assert kept.expires_at - kept.made_at == timedelta(days=90)


async def test_no_two_tokens_are_alike(settings: tuple[Settings, Path]) -> None:
    """Nor have they one name."""
    first, second = [await new_token(*settings, name, "crm") for name in ("one", "two")]
    assert first != second
    with pytest.raises(Misconfigured, match="There is a token named 'one' already"):
        await new_token(*settings, "one", "anna")
    assert [token.name for token in await every_token(*settings)] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "operator", "told"),
    [
        ("a b", "crm", "letters, digits"),
        ("", "crm", "letters, digits"),
        ("x" * 65, "crm", "letters, digits"),
        ("x", "eve", "anna, crm"),
    ],
)
async def test_what_cannot_be_is_told_in_a_sentence(
    settings: tuple[Settings, Path], name: str, operator: str, told: str
) -> None:
    """Before anything is made."""
    with pytest.raises(Misconfigured, match=told):
        await new_token(*settings, name, operator)
    assert await every_token(*settings) == []


async def test_a_revoked_token_is_gone(settings: tuple[Settings, Path]) -> None:
    """And cannot be revoked twice."""
    await new_token(*settings, "site", "crm")
    await revoke_token(*settings, "site")
    assert await every_token(*settings) == []
    with pytest.raises(Misconfigured, match="no token named 'site'"):
        await revoke_token(*settings, "site")


def test_the_list_says_who_may_do_what_and_since_when(settings: tuple[Settings, Path]) -> None:
    """Those that ended and those whose operator is gone are marked."""
    tokens = [
        Token("crm", "d", "crm", NOW, NOW + timedelta(days=1), NOW),
        Token("ended", "d", "anna", NOW, NOW),
        Token("lost", "d", "eve", NOW),
    ]
    assert overview(tokens, settings[0].rules, NOW).splitlines() == [
        "name   operator  role        made              expires           last used",
        "crm    crm       supervisor  2026-03-02 12:00  2026-03-03 12:00  2026-03-02 12:00",
        "ended  anna      operator    2026-03-02 12:00  expired           never",
        "lost   eve       gone        2026-03-02 12:00  never             never",
    ]
    assert overview([], settings[0].rules, NOW) == "There are no tokens. Make one with hub token create."
