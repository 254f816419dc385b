"""What a file is, judged by its first bytes, and a name that is safe to show."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import PurePosixPath

import filetype

#: bytes of the beginning that the judgement rests on
HEAD = 8192
MAX_NAME = 200

#: Kinds that may consist of printable characters alone. Any other text stays text, whatever it begins with:
#: "BM" alone would make a picture of it.
_PRINTABLE_KINDS = {"application/pdf", "application/rtf", "application/postscript"}
_NEVER_IN_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
#: controls, halves of characters, and marks that turn the direction of reading around
_HARMFUL_IN_NAME = {"Cc", "Cs", "Zl", "Zp", "Co", "Cn"}
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def media_type(head: bytes) -> str:
    """Return the media type of a file that begins with `head`, which should have `HEAD` bytes.

    Text is always `text/plain`, so that HTML, SVG and scripts are never run or drawn.
    """
    guess = filetype.guess(head)
    known = str(guess.mime) if guess is not None else ""
    if _is_text(head) and known not in _PRINTABLE_KINDS:
        return "text/plain"
    return known or "application/octet-stream"


def file_name(name: str) -> str:
    """Return the last part of a name, at most `MAX_NAME` characters, without what could mislead who reads it."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(each for each in name if unicodedata.category(each) not in _HARMFUL_IN_NAME)
    name = _DIRECTIONS.sub("", name).strip(" .")
    suffix = PurePosixPath(name).suffix[:20]
    if len(name) > MAX_NAME:
        name = name[: MAX_NAME - len(suffix)] + suffix
    return name or "file"


def _is_text(head: bytes) -> bool:
    try:
        # The last character may go on behind the head.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return not _NEVER_IN_TEXT.search(text)
