"""What a conversation needs an operator to know, and for how long it insists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from router.lines import MatchLanguage
from router.model import Conversation
from router.rulebook import Rulebook
from router.rules import IntentRules, OperatorRules


class Needs(Struct, frozen=True):
    """What an operator must have for a conversation, and what is only better."""

    #: (skill, level)
    skills: tuple[tuple[str, int], ...] = ()
    #: the client's language, when operators must speak it
    language: str = ""
    #: the client's language, when operators who speak it come first
    preferred: str = ""


NOTHING = Needs()


def needs(conversation: Conversation, book: Rulebook, now: datetime) -> Needs:
    """Return what a conversation needs now: nothing any more, once it has waited for the line's `relax_after`."""
    line = book.line(conversation.line)
    wanted = _skills(conversation, book)
    language = conversation.language.partition("-")[0].lower() if line.match_language is not MatchLanguage.OFF else ""
    if not (wanted or language):
        return NOTHING
    at = relaxes_at(conversation, book)
    if at is not None and at <= now:
        return NOTHING
    required = line.match_language is MatchLanguage.REQUIRE
    return Needs(tuple(sorted(wanted.items())), language if required else "", "" if required else language)


def relaxes_at(conversation: Conversation, book: Rulebook) -> datetime | None:
    """Return when a conversation no longer insists on what it needs; None when it always does."""
    after = book.line(conversation.line).relax_after
    return None if after is None else (conversation.queued_at or conversation.created_at) + after


def _skills(conversation: Conversation, book: Rulebook) -> Mapping[str, int]:
    """Return the line's skills and those of what the bot understood; of two levels, the higher one."""
    line = book.line(conversation.line).skills
    intent = conversation.handoff.intent if conversation.handoff else ""
    more = book.rules.triage.intents.get(intent, _NO_INTENT).skills
    return {**line, **{skill: max(level, line.get(skill, 0)) for skill, level in more.items()}} if more else line


_NO_INTENT = IntentRules()


def lack(wanted: Needs, operator: OperatorRules) -> str:
    """Return why an operator does not meet what is needed; empty when they do."""
    if any(operator.skills.get(skill, 0) < level for skill, level in wanted.skills):
        return "lacks_skill"
    return "lacks_language" if wanted.language and not speaks(operator, wanted.language) else ""


def speaks(operator: OperatorRules, language: str) -> bool:
    """Return whether an operator speaks a language with clients; one for whom none is written speaks any."""
    return not operator.languages or language in operator.languages
