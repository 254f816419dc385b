"""A strict Bot API server with people behind it; see README.md beside this file."""

from tests.emulators.telegram.asking import BusinessConnection, Press, Query
from tests.emulators.telegram.bots import Bot
from tests.emulators.telegram.emulator import TelegramEmulator
from tests.emulators.telegram.errors import ApiError
from tests.emulators.telegram.faults import Fault
from tests.emulators.telegram.files import png
from tests.emulators.telegram.model import Chat, Content, Message, Topic
from tests.emulators.telegram.people import User

__all__ = [
    "ApiError",
    "Bot",
    "BusinessConnection",
    "Chat",
    "Content",
    "Fault",
    "Message",
    "Press",
    "Query",
    "TelegramEmulator",
    "Topic",
    "User",
    "png",
]
