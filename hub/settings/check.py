"""Checks a document against the models and tells everything that is wrong with it at once."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.settings.document import Document
from hub.settings.model import SettingsFile
from hub.settings.problems import Place, dotted
from hub.settings.references import hidden_references, place_of, references_in, value_at
from hub.settings.scalars import is_wholly_reference, shows_password
from hub.settings.shape import Shape
from hub.settings.wording import sentence, text_expected
from nlu.answers import load_answers
from nlu.training_data import intent_names
from router.rules import ReferenceProblems

_AT_ITS_KEY = {"extra_forbidden", "missing", "union_tag_not_found"}


def check(document: Document, model: type[SettingsFile]) -> SettingsFile | None:
    """Return the document as a model, or None when its `problems` say why not."""
    shape = Shape(model.model_json_schema(), document.data)
    checked = _validate(document, model, shape)
    _check_channel_lines(document)
    _check_webhook_lines(document)
    _check_triage_names(document)
    _check_scalars(document, shape)
    return None if document.problems else checked


def _validate(document: Document, model: type[SettingsFile], shape: Shape) -> SettingsFile | None:
    try:
        return model.model_validate(document.data)
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False)
    for error in errors:
        if not isinstance(error.get("ctx", {}).get("error"), ReferenceProblems):
            _report(document, shape, error)
    for place, message in references_in(errors) or hidden_references(document.data, model, errors):
        document.complain(message, place)
    return None


def _report(document: Document, shape: Shape, error: ErrorDetails) -> None:
    kind, place = error["type"], place_of(document.data, error)
    if kind == "union_tag_invalid":
        place = (*place, str(error["ctx"]["discriminator"]).strip("'"))
    known = shape.keys_at(place[:-1] if kind == "extra_forbidden" else place)
    message = sentence(error, value_at(document.data, place), document.written.get(place), known)
    at_key = kind in _AT_ITS_KEY or error["loc"][-1:] == ("[key]",)
    document.complain(message, place, document.spot(place) if at_key else None)


def _check_channel_lines(document: Document) -> None:
    """Complain about channels on lines that do not exist."""
    if not isinstance(document.data, dict):
        return
    channels, lines = document.data.get("channels"), document.data.get("lines")
    if not isinstance(channels, dict) or not isinstance(lines, dict):
        return
    for name, channel in channels.items():
        line = channel.get("line") if isinstance(channel, dict) else None
        if isinstance(line, str) and line not in lines:
            document.complain(f"there is no line named {line!r} under lines", ("channels", name, "line"))


def _check_webhook_lines(document: Document) -> None:
    """Complain about webhooks that are told only of lines that do not exist."""
    if not isinstance(document.data, dict):
        return
    webhooks, lines = document.data.get("webhooks"), document.data.get("lines")
    if not isinstance(webhooks, dict) or not isinstance(lines, dict):
        return
    for name, webhook in webhooks.items():
        wanted = webhook.get("lines") if isinstance(webhook, dict) else None
        for index, line in enumerate(wanted if isinstance(wanted, list) else ()):
            if isinstance(line, str) and line not in lines:
                document.complain(f"there is no line named {line!r} under lines", ("webhooks", name, "lines", index))


def _check_triage_names(document: Document) -> None:
    """Complain about intents the bot does not know, and about slots it does not know how to ask for."""
    triage = document.data.get("triage") if isinstance(document.data, dict) else None
    intents = triage.get("intents") if isinstance(triage, dict) else None
    if not isinstance(intents, dict):
        return
    known, slots = sorted(intent_names()), sorted(load_answers().slots)
    for intent, wanted in intents.items():
        place: Place = ("triage", "intents", intent)
        if intent not in known:
            document.complain(f"the bot knows no intent named {intent!r}; it knows {', '.join(known)}", place)
        asked = wanted.get("ask") if isinstance(wanted, dict) else None
        for index, slot in enumerate(asked if isinstance(asked, list) else ()):
            if isinstance(slot, str) and slot not in slots:
                message = f"the bot does not know how to ask for {slot!r}; it can ask for {', '.join(slots)}"
                document.complain(message, (*place, "ask", index))


def _check_scalars(document: Document, shape: Shape) -> None:
    """Complain about secrets in plain, and about types that pydantic would have bent into shape."""
    complained = {problem.path for problem in document.problems}
    for place, written in document.written.items():
        value = value_at(document.data, place)
        secret = shape.is_secret(place) or _is_feed(place, value)
        in_plain = secret and value is not None and not is_wholly_reference(written)
        if in_plain or shows_password(written):
            name = dotted(place).upper().replace(".", "_").replace("-", "_")
            document.complain(f"a secret stands here in plain; write ${{{name}}} and set that variable", place)
        elif dotted(place) not in complained and not secret:
            _check_type(document, shape, place, written)


def _is_feed(place: Place, value: object) -> bool:
    """Return whether the address of an operator's calendar stands alone, which is as secret as it is under `url`."""
    ours = len(place) == 3 and (place[0], place[2]) == ("operators", "calendar")
    return ours and isinstance(value, str) and "://" in value


def _check_type(document: Document, shape: Shape, place: Place, written: str) -> None:
    value, types = value_at(document.data, place), shape.types_at(place)
    fitting = {"boolean"} if isinstance(value, bool) else {"integer", "number"}
    if not isinstance(value, bool | int | float) or not types or types & fitting:
        return
    if types & {"integer", "number"}:
        document.complain("expected a number", place)
    elif "boolean" in types:
        document.complain("expected true or false", place)
    else:
        document.complain(text_expected(value, written), place)
