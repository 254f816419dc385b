"""Promises that operators make in their replies, in English and Russian: "I'll write tomorrow at 10".

A promise is its speaker's own words about getting in touch, with a time near by that nothing else lays claim to. What
is asked, quoted, denied or conditional is none; "tomorrow at 10 the shop opens" is none either. When in doubt there is
no promise: an operator can always set one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from router.spoken_time import Spoken, times

#: words kept of a promise, in characters
_KEPT = 200
#: sentences longer than this, in characters, are not looked at
_LONGEST = 500
#: words that may stand between a promise and its time
_FAR = 8
_PROMISE = re.compile(
    r"""
    \b(?:
      (?:(?:i|we)(?:['’]ll|\s+will)|i(?:['’]m|\s+am)\s+going\s+to|we(?:['’]re|\s+are)\s+going\s+to)
        (?:\s+(?:definitely|certainly|surely|then|also|just|personally|gladly|be\s+sure\s+to))?
        \s+(?:write|reply|respond|answer|message|text|e-?mail|call|ring|phone|contact|reach\s+out|get\s+back
          |come\s+back\s+(?:to|with)|be\s+back\s+(?:to|with)|(?:be|get)\s+in\s+touch|follow\s+up|check\s+back
          |let\s+you\s+know|(?:update|inform|tell|send)\s+you|have\s+(?:an|the|your)\s+(?:answer|reply|news|result))
    | you(?:['’]ll|\s+will)\s+(?:hear\s+from\s+(?:me|us)|have\s+(?:my|our|an|the)\s+(?:answer|reply))
    | (?<!не\s)(?:напиш(?:у|ем)|отпиш(?:усь|емся)|отве(?:чу|тим)|перезвон(?:ю|им)|позвон(?:ю|им)|отзвон(?:юсь|имся)
        |сообщ(?:у|им)|свяж(?:усь|емся)|уведом(?:лю|им)|проинформиру(?:ю|ем)|расскаж(?:у|ем)
        |(?:да(?:м|дим))\s+(?:вам\s+|тебе\s+)?(?:знать|ответ)|верн(?:усь|[её]мся)\s+(?:к\s+вам|с)
        |(?:пришл(?:ю|[её]м)|выш(?:лю|лем)|отправ(?:лю|им))\s+(?:вам|тебе)|вам\s+(?:пришл(?:ю|[её]м)|выш(?:лю|лем))
        |буд(?:у|ем)\s+на\s+связи)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTE = re.compile(r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|^\s*>.*$", re.MULTILINE)
_SENTENCE = re.compile(r"(?:[^.!?…\n]|[.](?=\S))+[.!?…]*")
#: sentences that leave open whether anything will be done
_DOUBT = re.compile(
    r"\?|\b(?:if|unless|whether|in\s+case|maybe|perhaps|если|ли|возможно|может|наверно|наверное|вдруг)\b", re.IGNORECASE
)
#: what stands between a promise and a time that belongs to something else
_OTHERS = re.compile(
    r"""[,;:()—–"]|\b(?:that|which|what|who|whom|why|how|when|where|while|because|as|so|than|since|but|and|or|once|until|not|is|are|was
    |opens?|opened|clos(?:e|es|ed)|arriv\w+|comes?|starts?|works?|available|deliver\w*|courier|order|parcel|technician
    |что|чтобы|котор\w+|когда|где|пока|как|но|и|или|а|так|не|будет|откр\w+|закр\w+|приед\w+|прид[её]т|работа\w+
    |достав\w+|начн\w+|курьер\w*|мастер\w*|заказ|посылк\w+|товар\w*)\b
    |\b(?:for|of|from|about|to|на|за|от|о|об|с|из|по)\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_ALTERNATIVE = re.compile(r"\s*(?:or|или|либо)\b", re.IGNORECASE)
#: what may stand between a time and the promise it begins, and before that time
_LEADING = re.compile(r"\s*(?:(?:я|мы|вам|тебе|с\s+вами|обязательно|точно|снова)\s+){0,3}", re.IGNORECASE)
_OPENING = re.compile(
    r"(?:^|[,.;:!?])\s*(?:(?:then|so|ok(?:ay)?|well|тогда|ок|хорошо|и|я|мы|а)\s+){0,2}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised, and for when, in UTC."""

    until: datetime
    #: the sentence that says it
    words: str


def promised(text: str, now: datetime, zone: ZoneInfo) -> Promised | None:
    """Return the first promise in a reply whose writer's clock shows `zone`, or None."""
    if _PROMISE.search(text) is None:
        return None
    own = re.sub(r"\b([ap])\.\s?m\.", r"\1m", _QUOTE.sub("", text), flags=re.IGNORECASE)
    for sentence in _SENTENCE.findall(own):
        if len(sentence) <= _LONGEST and _PROMISE.search(sentence) and not _DOUBT.search(sentence):
            at = _time_of(sentence, now, zone)
            if at is not None:
                return Promised(at, sentence.strip()[:_KEPT])
    return None


def _time_of(sentence: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the time that belongs to a promise of the sentence: one that follows it, or one that leads to it."""
    named = list(times(sentence, now, zone))
    place = 0
    for promise in _PROMISE.finditer(sentence):
        while place < len(named) and named[place].start < promise.end():
            place += 1
        if place < len(named) and _follows(sentence, promise.end(), named[place]):
            return named[place].at
        if place and _leads(sentence, named[place - 1], promise.start()):
            return named[place - 1].at
    return None


def _follows(sentence: str, end: int, spoken: Spoken) -> bool:
    between = sentence[end : spoken.start]
    alone = _OTHERS.search(between) is None and len(between.split()) <= _FAR
    return alone and _ALTERNATIVE.match(sentence, spoken.end) is None


def _leads(sentence: str, spoken: Spoken, start: int) -> bool:
    opens = _OPENING.search(sentence[: spoken.start]) is not None
    return opens and _LEADING.fullmatch(sentence, spoken.end, start) is not None
