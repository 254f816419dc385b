"""What those who lead read: how lines stand, their queues in order, and what is late on them."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from crm_store.codec import Document, decode_all
from crm_store.lanes import UNCLOSED
from crm_store.room import Room
from crm_store.standing import in_states
from router.errors import Rejected
from router.model import Conversation, State
from router.overview import Standing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class OverviewReads(Room):
    """Reads for those who lead."""

    async def standings(self, lines: Collection[str], now: datetime) -> dict[str, Standing]:
        """Return how each of these lines stands, counted by the server."""
        conversations, wanted = self._database["conversations"], {"line": {"$in": list(lines)}}
        states: defaultdict[str, dict[State, int]] = defaultdict(dict)
        since: dict[str, datetime] = {}
        for each in await conversations.aggregate(_counted(wanted)):
            line, state = each["_id"]["line"], State(each["_id"]["state"])
            states[line][state] = each["count"]
            if state in {State.QUEUED, State.OFFERED} and each["since"] is not None:
                since[line] = min(each["since"], since.get(line, each["since"]))
        late = {each["_id"]: each for each in await conversations.aggregate(_late(wanted, now))}
        return {
            line: Standing(states[line], since.get(line), _count(late, line, "at_risk"), _count(late, line, "missed"))
            for line in lines
        }

    async def queue_of(self, line: str, *, after: str = "", limit: int = 100) -> tuple[list[Conversation], str]:
        """Return what is queued or offered on a line in the queue's order, and the token of the next page."""
        query: Document = {"line": line, "place": {"$exists": True}} | (_behind(after) if after else {})
        found = await self._database["conversations"].find(query, sort=[("place", 1), ("_id", 1)], limit=limit + 1)
        page = found[:limit]
        return decode_all(page, Conversation), _token(page[-1]) if len(found) > limit else ""

    async def late_of(self, line: str, limit: int) -> list[Conversation]:
        """Return a line's conversations with a target that staff were warned of, the first to be missed first."""
        query: Document = {"line": line, "late_at": {"$exists": True}}
        found = await self._database["conversations"].find(query, sort=[("late_at", 1)], limit=limit)
        return decode_all(found, Conversation)


def _counted(wanted: Document) -> list[Document]:
    group = {"_id": {"line": "$line", "state": "$state"}, "count": {"$sum": 1}, "since": {"$min": "$queued_at"}}
    return [{"$match": wanted | in_states(UNCLOSED)}, {"$group": group}]


def _late(wanted: Document, now: datetime) -> list[Document]:
    """Return the stages that count what is late, read from the index alone."""
    over = {"$cond": [{"$lte": ["$late_at", now]}, 1, 0]}
    group = {"_id": "$line", "missed": {"$sum": over}, "at_risk": {"$sum": {"$subtract": [1, over]}}}
    return [{"$match": wanted | {"late_at": {"$exists": True}}}, {"$group": group}]


def _count(late: dict[str, Document], line: str, name: str) -> int:
    return int(late[line][name]) if line in late else 0


def _token(document: Document) -> str:
    milliseconds = (document["place"] - _EPOCH) // _MILLISECOND
    return base64.urlsafe_b64encode(f"{milliseconds}:{document['_id']}".encode()).decode().rstrip("=")


def _behind(token: str) -> Document:
    """Return the condition for everything behind the conversation that a token names."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
        milliseconds, id_ = text.split(":", 1)
        place = _EPOCH + int(milliseconds) * _MILLISECOND
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Rejected("This is not a page of the queue: begin again with the first page.") from error
    return {"place": {"$gte": place}, "$nor": [{"place": place, "_id": {"$lte": id_}}]}
