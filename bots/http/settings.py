"""What admins write about an http channel."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from router.durations import Duration
from router.lines import Name
from router.rates import Rate
from router.strict import Strict

MEGABYTE = 1_000_000
_TOKEN = re.compile(r"[!-~]{20,500}")
_SECRET = "whsec_"  # noqa: S105 - what secrets begin with
#: bytes in a signing key, as the Standard Webhooks specification asks
_KEY_SIZES = range(24, 65)


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("expected a token of 20 to 500 Latin letters, digits and signs, without spaces")
    return value


def _without_absent(value: Any) -> Any:
    """Leave out tokens whose variables are not set, so that one can be kept ready for the next rotation."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [token for token in value if token not in {None, ""}]
    return value


def signing_key(secret: str) -> bytes:
    """Return the key that a `whsec_…` secret stands for. Raises `ValueError` with what was expected."""
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_SECRET) or len(key) not in _KEY_SIZES:
        raise ValueError(f"expected {_SECRET} and then 24 to 64 random bytes in base64")
    return key


def _secret(value: SecretStr) -> SecretStr:
    signing_key(value.get_secret_value())
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        reachable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        reachable = False
    if not reachable or not re.fullmatch(r"[!-~]+", value):
        raise ValueError("expected an address such as https://shop.example/trunkline")
    return value


class ReceiverSettings(Strict):
    """A program that is posted to, and how what is posted is signed."""

    #: where it is posted to
    url: Annotated[str, AfterValidator(_address)]
    #: signs what is posted, as standardwebhooks.com says: `whsec_` and 24 to 64 random bytes in base64
    secret: Annotated[SecretStr, AfterValidator(_secret)]
    #: how long the receiver has to answer
    timeout: Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(seconds=50))] = timedelta(seconds=10)


class WebhookSettings(ReceiverSettings):
    """Where deliveries are sent, and how they are signed."""

    #: the receiver takes each webhook-id once, so that what is in doubt is simply sent again
    deduplicates: bool = False


class HttpSettings(Strict):
    """A system of your own: it posts what clients say, and fetches the answers or has them sent to a webhook."""

    kind: Literal["http"]
    #: the line that answers
    line: Name
    #: 1 to 5, each of 20 characters or more; several let one be replaced while another is in use
    tokens: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_token)], ...],
        BeforeValidator(_without_absent),
        Field(min_length=1, max_length=5),
    ]
    #: without it the system fetches its deliveries
    webhook: WebhookSettings | None = None
    #: the end of a conversation is a delivery too, of the kind `closed`
    closings: bool = False
    #: what the system may hand over; without it there is no limit but the hub's own speed
    rate: Rate | None = None
    #: bytes in one file
    max_file: Annotated[int, Field(ge=1, le=1000 * MEGABYTE)] = 20 * MEGABYTE
