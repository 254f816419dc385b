"""A bot as the emulator knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.render import user_json
from tests.emulators.telegram.updates import Queue

if TYPE_CHECKING:
    from tests.emulators.telegram.people import User
    from tests.emulators.telegram.world import World


@dataclass(eq=False)
class Bot:
    """One bot. Its flags may be changed at any time, as in BotFather."""

    world: World
    token: str
    username: str
    first_name: str
    #: privacy mode is off
    can_read_all_group_messages: bool = False
    #: private chats have topics
    has_topics_enabled: bool = False
    #: people may open topics in them too
    allows_users_to_create_topics: bool = False
    can_connect_to_business: bool = False
    supports_inline_queries: bool = False
    can_join_groups: bool = True
    #: `chosen_inline_result` is sent, as /setinlinefeedback makes it
    inline_feedback: bool = False
    revoked: bool = False
    #: the ids of the users who blocked it
    blockers: set[int] = field(default_factory=set)
    #: (scope as JSON, language) → commands
    commands: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    #: user id, or 0 for all → menu button
    menu_buttons: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_id: int = 0
    is_bot: bool = True
    last_name: str = ""
    language_code: str = ""

    def __post_init__(self) -> None:
        self.id = int(self.token.partition(":")[0])
        #: what it is told
        self.updates = Queue(self.world.touch)

    @property
    def name(self) -> str:
        """Return its name."""
        return self.first_name

    def info(self) -> dict[str, Any]:
        """Return what getMe answers."""
        flags = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business")
        more = {name: getattr(self, name) for name in (*flags, "has_topics_enabled", "allows_users_to_create_topics")}
        return user_json(self) | more | {"has_main_web_app": False}

    def blocked_by(self, user: User | None) -> bool:
        """Return whether a user blocked it."""
        return user is not None and user.id in self.blockers

    def revoke(self) -> None:
        """Take its token away, as its owner does in BotFather: every call is answered 401."""
        self.revoked = True
        self.updates.end_poll()
