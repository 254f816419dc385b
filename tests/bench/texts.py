"""What clients and operators say here, and how a message is known again when it is shown."""

from __future__ import annotations

from itertools import cycle, islice

CLIENTS = (
    "Good morning! I ordered two oak shelves on Monday and would like to know when they will arrive.",
    "Thanks, that helps. Could you also tell me whether the brackets come in black?",
    "Hm, the second parcel has a dent on one side. I can send you a picture of it this evening.",
    "Great.",
    "One more thing: the invoice should go to our office, not to my home address. Is it too late to change that?",
    "Ich bin morgen erst ab 18 Uhr zu Hause, geht das auch?",
    "Подскажите, пожалуйста, можно ли забрать заказ самому в субботу утром?",
    "I see. Then please take the lamp off the order and leave everything else as it is, thank you.",
)
OPERATORS = (
    "Good morning! They left our warehouse yesterday and will be with you on Thursday between nine and noon.",
    "Yes, black and brass are both on the shelf. Shall I add four of them to your order?",
    "I am sorry about that. A picture would be perfect, and we will replace it whatever it shows.",
    "You are welcome!",
    "Not at all: I have changed it just now, and the new invoice is on its way to your office.",
    "Да, конечно: в субботу мы открыты с десяти, заказ будет ждать вас у входа.",
)
#: each leads the bot to hand over to a person; every other one is a guess, the rest it knows by their pattern
WANTING_A_PERSON = (
    "I want to talk to a human about my order",
    "The vase arrived broken and nobody answers my letters, this is outrageous",
    "Could you connect me to an operator, please? The parcel came without its screws",
    "I am very unhappy with your service, the courier was rude to my mother",
    "Please let me speak with a manager, this is the third time that I ask",
    "Ваза пришла разбитой, это безобразие",
)
#: what they are taken for
HANDED_OVER = frozenset({"ask_person", "complaint"})
_DIGITS = 7


def numbered(kind: str, number: int, text: str) -> str:
    """Return a text that tells which message it is: `kind` is one letter."""
    return f"{kind}{number:0{_DIGITS}} {text}"


def number_of(kind: str, text: str) -> int | None:
    """Return the number of a message of that kind, None for every other text."""
    digits = text[1 : _DIGITS + 1]
    return int(digits) if text[:1] == kind and digits.isdecimal() and len(digits) == _DIGITS else None


def rotation(texts: tuple[str, ...], count: int) -> list[str]:
    """Return `count` texts, in turns."""
    return list(islice(cycle(texts), count))
