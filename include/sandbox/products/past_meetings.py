"""What is left of meetings that took place: polls, questions, surveys."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import url_safe_id
from include.sandbox.clock import zulu
from include.sandbox.left_behind import has
from include.sandbox.limits import HEAVY, MEDIUM
from include.sandbox.meetings import Meeting
from include.sandbox.reports import features, past, past_row
from include.sandbox.routes import Route, Truth
from include.sandbox.seats import as_report, seats

Row = dict[str, Any]
_ANSWERS = ("Yes", "No", "", "Ça dépend;Peut-être", "はい")
_MOST = 6  # people who say something


def polls(account: Account, asked: Asked) -> Row:
    """`GET /past_meetings/{meetingId}/polls`: an empty list where there was none."""
    meeting = _held(account, asked)
    return _beside(meeting) | {"questions": list(_poll_answers(account, meeting))}


def questions(account: Account, asked: Asked) -> Row:
    """`GET /report/meetings/{meetingId}/qa`: 404 where there was no Q&A."""
    meeting = _reported(account, asked)
    if not has(account, meeting, "questions"):
        raise _no_report(asked)
    return _beside(meeting) | {"questions": list(_questions(account, meeting))}


def survey(account: Account, asked: Asked) -> Row:
    """`GET /report/meetings/{meetingId}/survey`: 404 where there was none, empty where nobody answered."""
    meeting = _reported(account, asked)
    if not has(account, meeting, "survey"):
        raise _no_report(asked)
    return {
        "meeting_id": meeting.number,
        "meeting_uuid": meeting.uuid,
        "start_time": zulu(meeting.start),
        **_survey(account, meeting),
        "survey_answers": list(_survey_answers(account, meeting)),
    }


def held(account: Account, day: date) -> Iterator[Meeting]:
    """Meetings of a day that have ended, no webinars."""
    found = account.meetings.on(day)
    return (meeting for meeting in found if not meeting.is_webinar and meeting.end <= account.now())


def _held(account: Account, asked: Asked) -> Meeting:
    meeting = past(account, asked)
    if meeting.is_webinar:
        raise ApiError(400, 3000, "Cannot access webinar info.")
    return meeting


def _reported(account: Account, asked: Asked) -> Meeting:
    meeting = past(account, asked)
    if meeting.is_webinar or meeting.what == "alone":
        raise _no_report(asked)
    return meeting


def _no_report(asked: Asked) -> ApiError:
    return ApiError(404, 3001, f"Meeting {asked.values['meetingId']} not found or has expired.")


def _beside(meeting: Meeting) -> Row:
    return {"id": meeting.number, "uuid": meeting.uuid, "start_time": zulu(meeting.start)}


def _people(account: Account, meeting: Meeting) -> list[Row]:
    """The first who were there, each once: name, address, id."""
    rows = [as_report(account.people, meeting, seat) for seat in seats(account.people, meeting)]
    found = {(row["name"], row["user_email"]): row for row in rows}
    return list(found.values())[:_MOST]


def _who(row: Row, number: int) -> Row:
    if number == 2:  # noqa: PLR2004 (who answers anonymously has no address)
        return {"name": "Anonymous Attendee", "email": ""}
    return {"name": row["name"], "email": row["user_email"]}


def _poll_answers(account: Account, meeting: Meeting) -> Iterator[Row]:
    if not features(account, meeting)["poll"] or meeting.what == "alone":
        return
    poll = url_safe_id(account.settings.seed, "poll", meeting.slot)
    for number, row in enumerate(_people(account, meeting)):
        # A live account writes these times without a zone.
        moment = zulu(meeting.start + timedelta(seconds=60 + number)).replace("T", " ").rstrip("Z")
        asked: list[Row] = [
            {"polling_id": poll, "question": "Lunch?", "answer": _ANSWERS[number % 5], "date_time": moment},
            {
                "polling_id": poll,
                "question": "How are you?",
                "answer": _ANSWERS[number % 3],
                "date_time": moment,
            },
        ]
        if number % 4 == 3:  # noqa: PLR2004
            asked.append(
                {**asked[0], "polling_id": poll[::-1], "is_quiz": True}
            )  # a field that is not described
        yield _who(row, number) | {"question_details": asked}


def _questions(account: Account, meeting: Meeting) -> Iterator[Row]:
    for number, row in enumerate(_people(account, meeting)):
        asked = zulu(meeting.start + timedelta(seconds=90 + number))
        details: Row = {
            "question_id": url_safe_id(account.settings.seed, "question", meeting.slot * 10 + number),
            "question": ("Wann?", "Why 'that'?\nAnd how?", "どうして")[number % 3],
            "answer": "live answered" if number % 2 else "Soon",
            "create_time": asked,
            "question_status": ("answered", "open", "default")[number % 3],
        }
        if number % 2 == 0:
            answer = {"user_id": "", "name": "Zoë", "email": "", "content": "Soon", "create_time": asked}
            details["answer_details"] = [answer | {"type": "host_answered_publicly"}]
        if number == 1:  # where ids are not supported, two questions may be alike and yet two
            del details["question_id"]
        twice = [details, dict(details)] if number == 1 else [details]
        yield {"user_id": row.get("id", "")} | _who(row, number) | {"question_details": twice}


def _survey(account: Account, meeting: Meeting) -> Row:
    survey_id = url_safe_id(account.settings.seed, "survey", meeting.slot)
    return {"survey_id": survey_id, "survey_name": "Était-ce utile ?"}


def _survey_answers(account: Account, meeting: Meeting) -> Iterator[Row]:
    for number, row in enumerate(_people(account, meeting)[1:]):
        moment = zulu(meeting.end + timedelta(minutes=1 + number)).replace("Z", ".660Z")
        details = [
            {"question_id": f"798fGJ{each}", "question": text, "answer": answer, "date_time": moment}
            for each, (text, answer) in enumerate(
                (("Useful?", "5"), ("What was missing?", 'Nichts, "danke"'))
            )
        ]
        names = {} if number == 2 else {"first_name": row["name"], "last_name": ""}  # noqa: PLR2004
        email = {"email": row["user_email"]} if row["user_email"] else {}
        yield {"name": _who(row, number)["name"], **names, **email, "answer_details": details}


def _items(
    records: Callable[[Account, Meeting], Iterator[Row]], items: str, *columns: str
) -> Callable[[Account, Meeting], Iterator[Row]]:
    """The items of each record's list, with columns of the record."""

    def rows(account: Account, meeting: Meeting) -> Iterator[Row]:
        for record in records(account, meeting):
            above = {name: record.get(name) for name in columns}
            yield from ({"meeting_uuid": meeting.uuid, **above, **item} for item in record[items])

    return rows


def _true_details(account: Account, day: date, _: str) -> Iterator[Row]:
    for meeting in held(account, day):
        yield {"meeting_uuid": meeting.uuid, **past_row(account, meeting)}


def _true_polls(account: Account, day: date, _: str) -> Iterator[Row]:
    for meeting in held(account, day):
        yield from _items(_poll_answers, "question_details", "name", "email")(account, meeting)


def _true_questions(account: Account, day: date, _: str) -> Iterator[Row]:
    rows = _items(_questions, "question_details", "user_id", "name", "email")
    for meeting in held(account, day):
        if has(account, meeting, "questions"):
            yield from rows(account, meeting)


def _true_survey(account: Account, day: date, _: str) -> Iterator[Row]:
    rows = _items(_survey_answers, "answer_details", "name", "email", "first_name", "last_name")
    for meeting in held(account, day):
        if has(account, meeting, "survey"):
            yield from ({**_survey(account, meeting), **row} for row in rows(account, meeting))


ROUTES = (
    Route(
        "/past_meetings/{meetingId}/polls",
        MEDIUM,
        ("meeting:read:list_poll_results:admin", "meeting:read:admin"),
        polls,
        paid="refused",
    ),
    Route(
        "/report/meetings/{meetingId}/qa",
        HEAVY,
        ("report:read:meeting_qna:admin", "report:read:admin"),
        questions,
        paid="in_200",
    ),
    Route(
        "/report/meetings/{meetingId}/survey",
        HEAVY,
        ("report:read:meeting_survey:admin", "report:read:admin"),
        survey,
        paid="in_200",
    ),
)
TABLES: Truth = {
    "meeting_details": _true_details,
    "meeting_poll_answers": _true_polls,
    "meeting_questions": _true_questions,
    "meeting_survey_answers": _true_survey,
}
