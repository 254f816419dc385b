"""How the API tells times."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

#: RFC 3339 with an offset
Moment = Annotated[datetime, Meta(tz=True)]
