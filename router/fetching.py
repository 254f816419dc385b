"""Files that stay with a platform until the hub fetches them: asked for with their message, put in place when here."""

from __future__ import annotations

from msgspec.structs import replace

from router.conversation import FETCH_AGAIN, FILES
from router.effects import ChangeMessage, FetchFiles
from router.events import FilesFetched
from router.media import Attachment
from router.model import Conversation, Message
from router.turn import Turn


def begun(turn: Turn, conversation: Conversation, message: Message) -> Conversation:
    """Ask for a new message's files, where it has any that are not here. The conversation is not saved yet."""
    if not any(file.source for file in message.attachments):
        return conversation
    turn.effects.append(FetchFiles(conversation.id, message.id))
    return replace(conversation, fetching=(*conversation.fetching, message.id))


def again(turn: Turn, conversation: Conversation) -> None:
    """Ask once more for everything that has not come."""
    timers = {**conversation.timers, FILES: turn.now + FETCH_AGAIN}
    turn.save(replace(conversation, timers=timers))
    turn.effects += (FetchFiles(conversation.id, message) for message in conversation.fetching)


def fetched(turn: Turn, event: FilesFetched) -> None:
    """Put files where the message has their places; it has not been edited by that."""
    conversation, message = turn.desk.get(event.conversation), turn.desk.messages.get(event.message)
    if conversation is None or message is None or message.id not in conversation.fetching:
        return
    come = {file.source: now for file, now in event.files}
    files = tuple(come.get(file.source, file) if file.source else file for file in message.attachments)
    changed = replace(message, attachments=files)
    turn.desk.remember(changed)
    turn.effects.append(ChangeMessage(changed))
    turn.save(replace(conversation, fetching=tuple(id_ for id_ in conversation.fetching if id_ != message.id)))


def missing(message: Message) -> tuple[Attachment, ...]:
    """Return what is still to be fetched of a message."""
    return tuple(file for file in message.attachments if file.source)
