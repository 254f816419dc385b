"""`hub why`: why a conversation went where it went."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.catalogs import read_catalog
from hub.commands.store import DEFAULT, SettingsFile, opened
from hub.commands.table import plain, table
from hub.settings import Settings, load
from router.catalog import Catalog
from router.effects import Explain
from router.errors import Misconfigured
from router.model import Conversation

#: when, and what
Explained = tuple[datetime, Explain]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def why(
    conversation: Annotated[str, typer.Argument(metavar="CONVERSATION", help="The conversation's id.")],
    as_json: AsJson = False,
    file: SettingsFile = DEFAULT,
) -> None:
    """Say why a conversation went where it went: each decision of the rules, with the reason for each operator."""
    settings = load(file, os.environ)
    found, explained = asyncio.run(explanations(settings, file, conversation))
    typer.echo(in_json(explained) if as_json else in_words(settings, found, explained))


async def explanations(settings: Settings, file: Path, conversation: str) -> tuple[Conversation, list[Explained]]:
    """Return a conversation and what the rules decided about it, oldest first. Raises `Misconfigured`."""
    async with opened(file, settings) as store:
        found = (await store.conversations([conversation])).get(conversation)
        if found is None:
            raise Misconfigured(
                f"There is no conversation {conversation!r}. Its id is in the console's address, and in the API."
            )
        return found, await store.explanations(conversation)


def in_words(settings: Settings, it: Conversation, explained: Sequence[Explained]) -> str:
    """Return a paragraph for each decision: when, what, the reason for each operator, and where the rule stands."""
    held = f", held by {_name(settings, it.operator)}" if it.operator else ""
    head = f"{it.id}: {plain(it.client_name) or 'a client'} on the line {it.line}, {it.state.value}{held}."
    if not explained:
        return f"{head}\nThe rules have not decided anything about it yet."
    texts = read_catalog("router"), read_catalog("hub.web")
    return "\n\n".join([head, *("\n".join(_paragraph(settings, *texts, at, each)) for at, each in explained)])


def _paragraph(settings: Settings, reasons: Catalog, decisions: Catalog, at: datetime, it: Explain) -> Iterator[str]:
    names = ", ".join(_name(settings, operator) for operator in it.chosen)
    decided = decisions.say("en", f"decision.{it.decision}.{'chosen' if names else 'nobody'}", names=names)
    yield f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC  {decided}{f' ({it.rule})' if it.rule else ''}."
    if it.considered:
        told = [(_name(settings, name), reason) for name, reason in it.considered]
        told += [(decisions.say("en", "why.others", count=str(count)), reason) for reason, count in it.others.items()]
        rows = [("", who, reasons.say("en", f"why.{reason}")) for who, reason in told]
        yield table(rows)


def _name(settings: Settings, operator: str) -> str:
    known = settings.rules.operators.get(operator)
    return known.name if known else operator


def in_json(explained: Sequence[Explained]) -> str:
    """Return the decisions for programs."""
    told = [
        {
            "at": at.isoformat(),
            "decision": it.decision,
            "chosen": it.chosen,
            "considered": [{"operator": operator, "reason": reason} for operator, reason in it.considered],
            "others": it.others,
            "rule": it.rule,
        }
        for at, it in explained
    ]
    return json.dumps(told, indent=2, ensure_ascii=False)
