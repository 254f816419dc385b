"""What operators promise in their replies, and what only sounds like it."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.spoken_promises import promised

MOSCOW = ZoneInfo("Europe/Moscow")
#: Monday, 2 March 2026, 15:00 in Moscow
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'll write tomorrow at 10", "03-03 10:00"),
        ("I will get back to you in 2 hours.", "03-02 17:00"),
        ("I'll get back to you with an answer about the refund tomorrow at 10", "03-03 10:00"),
        ("We'll call you on Monday at 9", "03-09 09:00"),
        ("I'll let you know by 5 pm", "03-02 17:00"),
        ("I'll reply in half an hour", "03-02 15:30"),
        ("I'll be in touch tomorrow morning", "03-03 09:00"),
        ("Tomorrow at 10 I'll write to you.", "03-03 10:00"),
        ("OK, I'll email you the invoice on 5 March at 14:00.", "03-05 14:00"),
        ("I’ll call you at 10 a.m. tomorrow.", "03-03 10:00"),
        ("I'll text you in an hour and a half", "03-02 16:30"),
        ("I'll follow up next week", "03-09 09:00"),
        ("I'll get back to you the day after tomorrow", "03-04 09:00"),
        ("You will hear from me by the end of the day.", "03-02 18:00"),
        ("I'll write at 5", "03-02 17:00"),
        ("I'll write tonight", "03-02 18:00"),
        ("I will answer at 10:30", "03-03 10:30"),
        ("I'm going to call you at 4 with the details", "03-02 16:00"),
        ("напишу завтра в 10:00", "03-03 10:00"),
        ("перезвоню через час", "03-02 16:00"),
        ("Напишу вам завтра в 10", "03-03 10:00"),
        ("Хорошо, завтра в 10 напишу.", "03-03 10:00"),
        ("Через полчаса перезвоню", "03-02 15:30"),
        ("Через 2 часа я вам позвоню", "03-02 17:00"),
        ("Сообщу вам в понедельник в 9 утра", "03-09 09:00"),
        ("Свяжусь с вами завтра утром", "03-03 09:00"),
        ("Мы ответим до конца дня", "03-02 18:00"),
        ("Вернусь к вам с ответом завтра до 12", "03-03 12:00"),
        ("Дам знать послезавтра в 9 утра", "03-04 09:00"),
        ("Напишу 5 марта в 14:00", "03-05 14:00"),
        ("Напишу 05.03 в 10:00", "03-05 10:00"),
        ("Позвоню в 3 часа дня", "03-03 15:00"),
        ("Ответим через пару минут", "03-02 15:02"),
        ("перезвоню через полтора часа", "03-02 16:30"),
        ("Пришлю вам счёт сегодня в 17:30", "03-02 17:30"),
        ("Напишу вечером", "03-02 18:00"),
        ("Отвечу через 15 мин", "03-02 15:15"),
        ("Буду на связи завтра в 10", "03-03 10:00"),
        ("Напишем на следующей неделе", "03-09 09:00"),
        ("Здравствуйте! Проверил заказ. Напишу вам завтра в 11:15, как только узнаю.", "03-03 11:15"),
        ("I'll call you at 5pm", "03-02 17:00"),
        ("We will let you know within an hour.", "03-02 16:00"),
        ("I'll reply by noon tomorrow", "03-03 12:00"),
        ("I'll write on 31.12.2026", "12-31 09:00"),
        ("I'll email you on Tuesday afternoon", "03-03 15:00"),
        ("I will get in touch next Friday at 3 pm", "03-06 15:00"),
        ("Sure! Then I'll write back to you tomorrow at 9:15. Have a nice day!", "03-03 09:15"),
        ("I'll check back at 19:00", "03-02 19:00"),
        ("Отзвонюсь в среду в 11", "03-04 11:00"),
        ("Напишу до обеда завтра", "03-03 14:00"),
        ("Свяжемся с вами через 2 дня", "03-04 15:00"),
        ("Расскажу вам всё в пятницу", "03-06 09:00"),
        ("Напишу в 5", "03-02 17:00"),
        ("Перезвоню в 16:45 по вашему вопросу", "03-02 16:45"),
    ],
)
def test_a_promise_is_heard_with_its_time(text: str, expected: str) -> None:
    """Said on a Monday at three in the afternoon."""
    found = promised(text, NOW, MOSCOW)
    assert found is not None
    assert f"{found.until.astimezone(MOSCOW):%m-%d %H:%M}" == expected
    assert found.words in text.replace("a.m.", "am")


@pytest.mark.parametrize(
    "text",
    [
        "tomorrow at 10 the shop opens",
        "Tomorrow at 10 the shop opens and I'll be there",
        "If you like, I'll call you tomorrow at 10",
        "Shall I call you tomorrow at 10?",
        "I will let you know that the shop opens tomorrow at 10",
        "I'll let you know our plans for tomorrow",
        "I'll tell you when the courier arrives tomorrow at 10",
        "I won't write tomorrow",
        "I will not call tomorrow at 10",
        'The courier said "I\'ll call you tomorrow at 10".',
        "I'll write soon",
        "I wrote to you yesterday at 10",
        "Write to me tomorrow at 10",
        "He'll call you tomorrow at 10",
        "I'll call you tomorrow or on Monday",
        "I'll send you the courier tomorrow at 10",
        "The parcel arrives tomorrow at 10, I'll write to you",
        "I'll contact 3 people at 10 Main Street",
        "I'll write to you about 15 items",
        "Maybe I'll call you tomorrow at 10",
        "I'll answer your question about delivery tomorrow",
        "завтра в 10 магазин открывается",
        "Заказ приедет завтра в 10, напишу вам",
        "Я не напишу завтра",
        "Напишите мне завтра в 10",
        "Если получится, напишу завтра",
        "Он напишет вам завтра в 10",
        "Позвоню ли я завтра?",
        "Сообщу, что магазин откроется завтра в 10",
        "Сообщу время доставки на завтра",
        "Напишу вам о заказе на завтра",
        "Скажем, завтра в 10",
        "Курьер сказал: «перезвоню через час»",
        "Отправлю вам курьера завтра в 10",
        "Перезвоню завтра или в среду",
        "Курьер позвонит вам через час",
        "Перезвоню до 15 штук",
        "Вы написали вчера в 10",
        "Я напишу, когда придёт ответ, завтра",
        "I'll write to you once a week",
        "Our shop works tomorrow at 10, I will tell you the address",
        "I'll tell you what will happen tomorrow",
        "He said he will call tomorrow at 10",
        "I'll be at work tomorrow at 10",
        "We will open tomorrow at 10",
        "I'll send you the parcel tomorrow",
        "I'll get back to you in 0 minutes",
        "I'll call you on 30 February",
        "Позвоните через час",
        "Вам позвонят завтра в 10",
        "Могу ли я написать завтра?",
        "> I'll write tomorrow at 10\nThanks!",
        "Ответ придёт завтра в 10",
        "Завтра напишу или позвоню? Решайте",
        "Напишу сегодня в 9:00 утра",
        "Мастер приедет через 2 часа, я сообщу",
        "Оплатите до завтра, и я напишу",
        "Расскажу, как мы работаем завтра",
    ],
)
def test_what_only_sounds_like_a_promise_is_none(text: str) -> None:
    """Others' words and doings, questions, conditions, denials, times that are over or belong to something else."""
    assert promised(text, NOW, MOSCOW) is None


def test_times_are_those_of_the_writers_clock() -> None:
    """Ten in the morning is another moment in Berlin than in Moscow, and after the clocks change another one again."""
    berlin = ZoneInfo("Europe/Berlin")
    winter, summer = datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = [promised("I'll write tomorrow at 10", now, berlin) for now in (winter, summer)]
    assert [it and it.until for it in found] == [
        datetime(2026, 3, 28, 9, tzinfo=UTC),
        datetime(2026, 3, 29, 8, tzinfo=UTC),
    ]


def test_the_first_promise_counts_and_is_quoted() -> None:
    """In a longer reply, the sentence that holds it is what staff are shown."""
    reply = "Hello Carl!\nI have looked into it. I'll write tomorrow at 10. And I'll call on Friday at 9."
    found = promised(reply, NOW, MOSCOW)
    assert found is not None
    assert found.words == "I'll write tomorrow at 10."


_WORDS = ("I'll write", "напишу", "tomorrow", "завтра", "at 10", "в 10", "31.02", "in 2 hours", "через", "99", "May 31",
          "on Monday", "if", "или", ".", ",", "?", "\n", "«", '"', "\u202e", "utc", "0:00", "24:00")  # fmt: skip


_moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - its zone is given


@given(st.one_of(st.text(), st.lists(st.sampled_from(_WORDS)).map(" ".join)), _moments)
def test_whatever_is_written_it_is_a_time_to_come_or_nothing(text: str, now: datetime) -> None:
    """No text raises, and no promise lies in the past."""
    found = promised(text, now, MOSCOW)
    assert found is None or found.until > now


@pytest.mark.parametrize(
    "text", ["напишу " * 2800, "завтра в 10 " * 1600 + "напишу", "I'll write. " * 1600, "в " * 10_000, '"' * 20_000]
)
def test_no_reply_is_slowed_down(text: str) -> None:
    """The longest replies, made to be awkward, take no longer than a fraction of a second."""
    began = perf_counter()
    promised(text, NOW, MOSCOW)
    assert perf_counter() - began < 1
