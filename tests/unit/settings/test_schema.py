"""The JSON Schema that editors complete and check the settings file with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.schema import field_docs, settings_schema
from router.lines import LineRules
from router.rules import Rules
from tests.unit.settings.conftest import KINDS, Site


def below(schema: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the schema under properties and definitions, one after the other."""
    for key in keys:
        reference = schema.get("$ref", "").rpartition("/")[2]
        schema = (settings_schema(KINDS)["$defs"][reference] if reference else schema)["properties"][key]
    return schema


def test_it_names_its_dialect_and_refuses_unknown_keys() -> None:
    """As the loader does."""
    schema = settings_schema(KINDS)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert set(Rules.model_fields) < set(schema["properties"])


def test_comments_above_fields_describe_them() -> None:
    """What developers read about a field, admins read in their editor."""
    docs = field_docs(LineRules)
    assert docs["offer_timeout"] == "how long an operator has to take an offer"
    schema = settings_schema(KINDS)
    line = schema["$defs"]["LineRules"]["properties"]
    assert line["offer_timeout"]["description"] == docs["offer_timeout"]
    assert line["offer_timeout"]["examples"]
    assert schema["$defs"]["LineRules"]["description"] == LineRules.__doc__


def test_docs_of_parents_are_found() -> None:
    """A class without comments of its own has those of the class it extends."""

    class Shop(Site):
        """A site with a name."""

    assert field_docs(Shop) == {"rate": "messages in a minute"}


def test_the_environment_may_stand_for_a_number() -> None:
    """An editor does not underline `port: ${PORT}`."""
    options = below(settings_schema(KINDS), "hub", "port")["anyOf"]
    assert {option["type"] for option in options} == {"integer", "string"}


def test_each_kind_of_channel_has_its_own_keys() -> None:
    """The kind decides what may stand beside it."""
    channels = settings_schema(KINDS)["properties"]["channels"]
    (channel,) = channels["patternProperties"].values()
    assert channel["discriminator"]["propertyName"] == "kind"
    assert set(channel["discriminator"]["mapping"]) == set(KINDS)


@pytest.mark.parametrize("model", settings_schema()["$defs"].items(), ids=lambda model: model[0])
def test_every_key_is_documented(model: tuple[str, dict[str, Any]]) -> None:
    """The configuration page names each key an admin may write."""
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
    assert [
        key
        for key in model[1].get("properties", {})
        if not any(form in page for form in (f"{key}`", f"{key}:", f"`{key}."))
    ] == []
