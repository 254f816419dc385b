"""`hub operator password`: a new password, whether the hub runs or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_store import MongoStore, open_store
from hub.commands.operator import new_password
from hub.mongod import start_mongod
from hub.passwords import Passwords
from hub.settings import Settings, load
from router.errors import Misconfigured

pytestmark = pytest.mark.mongo
SETTINGS = """
hub: {{ data: {folder} }}
{store}
lines: {{ sales: {{ name: Sales, operators: [anna] }} }}
operators: {{ anna: {{ name: Anna }} }}
"""


def _settings(folder: Path, store: str = "") -> tuple[Settings, Path]:
    file = folder / "config.yaml"
    file.write_text(SETTINGS.format(folder=folder, store=store), encoding="utf-8")
    return load(file, {}), file


async def test_a_new_password_signs_everybody_out(
    store: MongoStore, mongo_url: str, database: str, tmp_path: Path
) -> None:
    """In the store that the settings name."""
    settings, file = _settings(tmp_path, f'store: {{ url: "{mongo_url}", database: {database} }}')
    await store.open_session("digest", "anna", datetime.now(UTC) + timedelta(hours=1))
    made = await new_password(settings, file, "anna")
    assert await Passwords().verify((await store.accounts())["anna"].password_hash, made)
    assert await store.session("digest") is None
    with pytest.raises(Misconfigured, match="no operator named 'eve'"):
        await new_password(settings, file, "eve")


async def test_the_hubs_own_mongod_is_found_running_or_started(tmp_path: Path) -> None:
    """Nobody has to stop the hub to make a password."""
    settings, file = _settings(tmp_path)
    await new_password(settings, file, "anna")
    mongo = await start_mongod(tmp_path)
    made = await new_password(settings, file, "anna")
    store = await open_store(mongo.url, settings.store.database)
    kept = (await store.accounts())["anna"].password_hash
    await store.close()
    await mongo.stop()
    assert await Passwords().verify(kept, made)
