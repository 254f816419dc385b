"""What of an error may be told in logs and on public pages."""

from __future__ import annotations

from router.errors import HubError

#: errors whose words are the system's own; OSError includes what a network says
_PLAIN = (HubError, OSError)
#: libraries whose errors name addresses and statuses, and no contents
_PLAIN_LIBRARIES = frozenset({"aiohttp"})


def said(error: BaseException) -> str:
    """Return an error's kind and, where its words are nobody's data, its words.

    Most errors quote what they stumbled over: a driver the whole document, `int()` the text that was no number.
    """
    kind = type(error)
    plain = isinstance(error, _PLAIN) or kind.__module__.partition(".")[0] in _PLAIN_LIBRARIES
    return f"{kind.__name__}: {error}" if plain and str(error) else kind.__name__
