"""Files that come later: a message is shown at once, and what it carries is put in place when the hub has it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from router import conversation as steps
from router.effects import FetchFiles
from router.events import FilesFetched
from router.media import Attachment
from router.model import Conversation, Message
from router.turn import Turn

#: after how long it is asked again for what has not come; whoever is at it already takes no notice
AGAIN = timedelta(minutes=2)


def awaited(turn: Turn, conversation: Conversation, message: Message) -> Conversation:
    """Have the files of a new message fetched, where the hub has not got them. The conversation is not saved yet."""
    if not any(file.source for file in message.attachments):
        return conversation
    turn.effects.append(FetchFiles(conversation.id, message.id))
    step = replace(conversation, coming=(*conversation.coming, message.id))
    return steps.with_timer(step, steps.FILES, step.timers.get(steps.FILES, turn.now + AGAIN))


def fetched(turn: Turn, event: FilesFetched) -> None:
    """Put files in their places; that is no edit. What is here already stays, however often it was asked for."""
    conversation, message = turn.desk.get(event.conversation), turn.desk.messages.get(event.message)
    if conversation is None or message is None or message.conversation != conversation.id:
        return
    files = tuple(map(_settled, message.attachments, event.attachments))
    step = conversation
    if files != message.attachments:
        step = turn.change(step, replace(message, attachments=files))
    if not any(file.source for file in files):
        step = replace(step, coming=tuple(each for each in step.coming if each != message.id))
    if not step.coming:
        step = steps.with_timer(step, steps.FILES, None)
    if step != conversation or files != message.attachments:
        turn.save(step)


def _settled(now: Attachment, then: Attachment) -> Attachment:
    return then if now.source else now


def ask_again(turn: Turn, conversation: Conversation) -> None:
    """Ask once more for what has not come: the hub may have stopped meanwhile."""
    turn.effects += [FetchFiles(conversation.id, message) for message in conversation.coming]
    turn.save(steps.with_timer(conversation, steps.FILES, turn.now + AGAIN if conversation.coming else None))
