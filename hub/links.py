"""Addresses under which clients read files that their messenger cannot carry."""

from __future__ import annotations

from urllib.parse import quote

from itsdangerous import BadData, URLSafeTimedSerializer

from router.media import Attachment

#: seconds for which an address is good
LASTS = 7 * 24 * 3600
#: below this the hub serves them
PATH = "/files"


class Links:
    """Makes addresses that nobody can guess or change, and reads them again."""

    def __init__(self, base: str, secret: str) -> None:
        self._base = base
        self._serializer = URLSafeTimedSerializer(secret, salt="links to files")

    def to(self, file: Attachment) -> str:
        """Return the address of a file, good for a week."""
        token = self._serializer.dumps(file.id)
        return f"{self._base}{PATH}/{token}/{quote(file.name, safe='')}"

    def file(self, token: str) -> str | None:
        """Return the id of the file that an address names; None when it is over, or was not made here."""
        try:
            found: object = self._serializer.loads(token, max_age=LASTS)
        except BadData:
            return None
        return found if isinstance(found, str) else None
