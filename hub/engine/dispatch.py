"""From an update in the ledger to the lane that decides it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from router.errors import Unparsable
from router.events import (
    Close,
    Command,
    Edit,
    Join,
    Leave,
    Note,
    Rank,
    React,
    Reopen,
    Reply,
    Resend,
    Retract,
    SetClient,
    SetPaused,
    SetPresence,
    Skip,
    Snooze,
    Take,
    Transfer,
    Unsnooze,
)
from router.staff_events import AddLeave, RemoveLeave

#: the channel under which operators' commands are in the ledger
CONSOLE = "console"
_COMMANDS: dict[str, type[Command]] = {
    "take": Take,
    "skip": Skip,
    "reply": Reply,
    "note": Note,
    "transfer": Transfer,
    "join": Join,
    "leave": Leave,
    "close": Close,
    "reopen": Reopen,
    "resend": Resend,
    "snooze": Snooze,
    "unsnooze": Unsnooze,
    "edit": Edit,
    "retract": Retract,
    "react": React,
    "rank": Rank,
    "client": SetClient,
    "pause": SetPaused,
    "presence": SetPresence,
    "add_leave": AddLeave,
    "remove_leave": RemoveLeave,
}


def parse_command(update: str, raw: str) -> Command:
    """Understand an operator's command as it lies in the ledger. Raises `Unparsable` with what was expected."""
    body: Any = json.loads(raw)
    if not isinstance(body, Mapping) or body.get("type") not in _COMMANDS:
        raise Unparsable(f"Expected an object with a type among {', '.join(_COMMANDS)}.")
    fields = {key: value for key, value in body.items() if key != "type"}
    try:
        return msgspec.convert({**fields, "id": update}, _COMMANDS[body["type"]])
    except msgspec.ValidationError as error:
        raise Unparsable(f"The command {body['type']!r} does not fit: {error}.") from error
