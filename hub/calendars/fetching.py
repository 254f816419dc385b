"""Gets the text of a calendar from its address or file: only when it has changed, and never more than is allowed."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TooManyRedirects
from msgspec import Struct

from hub.calendars.process import CalendarTrouble
from router.timetable import CalendarRules

#: bytes
MAX_CALENDAR = 5_000_000
_REDIRECTS = 5
_TIMEOUT = ClientTimeout(total=30)
_CHUNK = 65_536
_TOO_LARGE = f"it is larger than {MAX_CALENDAR / 1_000_000:g} MB: leave old events out of it"


class Version(Struct, frozen=True):
    """Which version of a calendar was read, as its server or the file system names it."""

    etag: str = ""
    modified: str = ""


class Fetched(Struct, frozen=True):
    """A calendar's text."""

    text: str
    version: Version


async def fetch(rules: CalendarRules, folder: Path, known: Version = Version()) -> Fetched | None:  # noqa: B008 - frozen
    """Return a calendar's text, or None while it is the version that is `known`.

    `folder` is where relative file names begin. Raises `CalendarTrouble`, whose words never name the address.
    """
    if rules.file is not None:
        return await asyncio.to_thread(_from_file, folder / rules.file, known)
    address = rules.url.get_secret_value() if rules.url is not None else ""
    if address.startswith("webcal://"):
        address = f"https://{address.removeprefix('webcal://')}"
    try:
        async with (
            # What is asked for as it is cannot be 5 MB packed and gigabytes unpacked.
            ClientSession(timeout=_TIMEOUT, cookie_jar=DummyCookieJar(), auto_decompress=False) as http,
            http.get(address, headers=_headers(known), max_redirects=_REDIRECTS) as response,
        ):
            return await _from_server(response)
    except TimeoutError:
        raise CalendarTrouble(f"its server has not answered within {_TIMEOUT.total:g} s") from None
    except TooManyRedirects:
        raise CalendarTrouble(f"its server redirects more than {_REDIRECTS} times") from None
    except (ClientError, OSError, ValueError) as error:
        # The words of these errors name the address, which is a secret.
        raise CalendarTrouble(f"its server cannot be reached ({type(error).__name__})") from None


def _headers(known: Version) -> dict[str, str]:
    headers = {"Accept": "text/calendar", "Accept-Encoding": "identity", "User-Agent": "Trunkline"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.modified:
        headers["If-Modified-Since"] = known.modified
    return headers


async def _from_server(response: ClientResponse) -> Fetched | None:
    if response.status == HTTPStatus.NOT_MODIFIED:
        return None
    if response.status != HTTPStatus.OK:
        raise CalendarTrouble(f"its server answered {response.status}: see that the address is still the right one")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise CalendarTrouble("its server sends it packed, although it was asked not to")
    if (response.content_length or 0) > MAX_CALENDAR:
        raise CalendarTrouble(_TOO_LARGE)
    raw = await _whole(response.content.iter_chunked(_CHUNK))
    return Fetched(_text(raw), Version(response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")))


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    raw = bytearray()
    async for chunk in chunks:
        raw += chunk
        if len(raw) > MAX_CALENDAR:
            raise CalendarTrouble(_TOO_LARGE)
    return bytes(raw)


def _from_file(path: Path, known: Version) -> Fetched | None:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise CalendarTrouble("it is no file")
        version = Version(f"{about.st_mtime_ns}:{about.st_size}")
        if version == known:
            return None
        with path.open("rb") as file:
            raw = file.read(MAX_CALENDAR + 1)
    except OSError as error:
        raise CalendarTrouble(f"its file cannot be read ({error.strerror})") from None
    if len(raw) > MAX_CALENDAR:
        raise CalendarTrouble(_TOO_LARGE)
    return Fetched(_text(raw), version)


def _text(raw: bytes) -> str:
    """Return what bytes say. Raises `CalendarTrouble` for what is no calendar, such as a page that asks to sign in."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarTrouble("it is no text in UTF-8") from None
    if not text.lstrip()[:15].upper().startswith("BEGIN:VCALENDAR"):
        raise CalendarTrouble("it is no iCalendar file, which begins with BEGIN:VCALENDAR: see its address")
    return text
