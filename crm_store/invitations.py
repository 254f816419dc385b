"""Invitations: kept by the digest of their token until they are followed or over."""

from __future__ import annotations

from collections.abc import Collection

from crm_store.codec import decode_all, encode
from crm_store.room import Room
from router.invitations import Invitation


class InvitationReads(Room):
    """Implements `router.invitations.Invitations`; a commit uses them up."""

    async def add_invitation(self, invitation: Invitation) -> None:
        """Keep an invitation until it is over."""
        document = encode(invitation, followed_by="")
        key = {"_id": document.pop("digest")}
        await self._database["invitations"].update(key, {"$set": document}, upsert=True)

    async def invitations(self, digests: Collection[str]) -> dict[str, Invitation]:
        """Return those that nobody has followed, by digest; also when they are over."""
        query = {"_id": {"$in": list(digests)}, "followed_by": ""}
        found = await self._database["invitations"].find(query) if digests else []
        rows = decode_all(({**each, "digest": each["_id"]} for each in found), Invitation)
        return {row.digest: row for row in rows}
