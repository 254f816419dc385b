"""Where the web application keeps what its requests share."""

from __future__ import annotations

from aiohttp import web

from hub.web.attendance import Attendance
from hub.web.facade import Hub
from hub.web.followers import Followers
from hub.web.hydrate import Hydrator
from hub.web.pace import Pace
from hub.web.sessions import Sessions
from hub.web.signin import SignInDesk
from hub.web.tokens import Tokens
from router.catalog import Catalog

HUB = web.AppKey("hub", Hub)
ATTENDANCE = web.AppKey("attendance", Attendance)
SESSIONS = web.AppKey("sessions", Sessions)
TOKENS = web.AppKey("tokens", Tokens)
PACE = web.AppKey("pace", Pace)
SIGN_IN = web.AppKey("sign_in", SignInDesk)
FOLLOWERS = web.AppKey("followers", Followers)
HYDRATOR = web.AppKey("hydrator", Hydrator)
#: the texts of the console, the demo shop and the API's own sentences
TEXTS = web.AppKey("texts", Catalog)
