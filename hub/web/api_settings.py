"""The settings' history, for admins."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from msgspec import Struct
from pydantic import Field

from hub.web.access import only_admins
from hub.web.bodies import Body, Nothing
from hub.web.moment import Moment
from hub.web.operations import Call, operation
from router.history import How, Progress, Version


class WantedVersions(Body):
    """Which versions of the settings to list, newest first."""

    #: `next` of the page before; 0 for the newest
    before: Annotated[int, Field(ge=0, le=2**53)] = 0
    #: at most so many
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class SettingView(Struct, frozen=True):
    """One setting that was changed."""

    #: dot path, such as `lines.sales.distribution`
    setting: str
    #: null where there was none; outside the rules no values are told
    before: Any
    #: null where it is gone
    after: Any


class VersionView(Struct, frozen=True, kw_only=True):
    """One version of the settings, and who made it."""

    version: int
    at: Moment
    #: empty for an edit by hand
    by: str
    #: `first`: what was there when versions began to be kept; `edited`: somebody saved the file
    how: How
    note: str
    #: `begun`: never got into the file; `saved`: no hub has gone by it yet; `in_force`: a hub goes or went by it
    progress: Progress
    #: differs whenever the text differs
    revision: str
    #: against the version before; null where there is nothing to compare with
    changes: Sequence[SettingView] | None


class Versions(Struct, frozen=True):
    """A page of versions, newest first."""

    versions: Sequence[VersionView]
    #: names the next page; 0 at the end
    next: int


@operation(
    "GET",
    "/settings/changes",
    "Who changed the settings, what and when",
    query=WantedVersions,
    problems=(HTTPStatus.FORBIDDEN,),
)
async def settings_changes(call: Call[Nothing, WantedVersions]) -> Versions:
    """For admins only. The latest 1,000 versions are kept."""
    only_admins(call.hub.rules, call.operator, "see who changed the settings")
    limit = call.query.limit
    found = await call.hub.store.history.page(call.query.before, limit + 1)
    page = found[:limit]
    return Versions(versions=list(map(_view, page)), next=page[-1].id if len(found) > limit else 0)


def _view(it: Version) -> VersionView:
    changes = it.changes
    return VersionView(
        version=it.id,
        at=it.at,
        by=it.by,
        how=it.how,
        note=it.note,
        progress=it.progress,
        revision=it.revision,
        changes=None if changes is None else [SettingView(each.setting, each.before, each.after) for each in changes],
    )


OPERATIONS = (settings_changes,)
