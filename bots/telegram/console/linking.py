"""How somebody's account becomes an operator's, and stops being it."""

from __future__ import annotations

import structlog
from aiogram.methods import AnswerCallbackQuery

from bots.telegram.catalogue import closest
from bots.telegram.console.office import Office
from bots.telegram.console.records import packed
from bots.telegram.console.sender import Sender
from bots.telegram.console.words import Rich, say
from bots.telegram.reading import Json, one_line, part, words
from router.consoles import LINK, Link

_log = structlog.get_logger(__name__)
#: strangers who were spoken to
_REMEMBERED = 10_000


class Reception:
    """Speaks with those whose account is not linked."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._greeted: dict[int, None] = {}

    async def receive(self, user: Json, message: Json) -> str:
        """Take a code, or say one polite sentence; return whose account it is now, empty for nobody's."""
        number = int(user["id"])
        sender, language = Sender(self._office, number), closest(words(user, "language_code"))
        command, _, code = words(message, "text").strip().partition(" ")
        if command.partition("@")[0] not in {"/start", "/link"} or not code.strip():
            if command == "/link":
                await sender.text(Rich(say(language, "link.usage")))
            elif number not in self._greeted:
                self._greeted[number] = None
                if len(self._greeted) > _REMEMBERED:
                    del self._greeted[next(iter(self._greeted))]
                await sender.text(Rich(say(language, "stranger")))
            return ""
        operator = await self._office.host.redeem(code.strip(), str(number))
        if operator is None or operator not in self._office.host.book.rules.operators:
            await sender.text(Rich(say(language, "link.wrong")))
            return ""
        await self.link(number, operator, user)
        return operator

    async def turn_away(self, press: Json) -> None:
        """Say to somebody who is no operator, and pressed a button in the group, that it is not theirs."""
        said = say(closest(words(part(press, "from"), "language_code")), "stranger")
        await self._office.best_effort(AnswerCallbackQuery(callback_query_id=words(press, "id"), text=said))

    async def link(self, number: int, operator: str, user: Json) -> None:
        """Make an account an operator's. An operator has one at a time: a new one takes the former's place."""
        name = " ".join(filter(None, (one_line(user, "first_name"), one_line(user, "last_name"))))
        link = Link(operator, name[:100], self._office.host.clock.now())
        await self._office.read_links()
        former = [each for each, known in self._office.links.items() if known.operator == operator and each != number]
        gone = {f"{LINK}{each}": None for each in former}
        await self._office.host.notes.write({**gone, f"{LINK}{number}": packed(link)})
        await self._office.read_links()
        _log.info("console.linked", operator=operator)
        said = say(self._office.language(operator), "linked", name=self._office.name(operator))
        await Sender(self._office, number).text(Rich(said))

    async def unlink(self, number: int) -> None:
        """Make an account nobody's."""
        await self._office.host.notes.write({f"{LINK}{number}": None})
        await self._office.read_links()
