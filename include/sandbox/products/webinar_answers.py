"""What attendees of webinars answered and asked: polls, questions and answers, surveys.

Of the anonymous Zoom gives no address, in one list an empty one; times have a zone or none; a person's details may
be empty.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.chance import draw, url_safe_id
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY
from include.sandbox.meetings import Meeting
from include.sandbox.products.attendance import attendees, past_webinar, past_webinars
from include.sandbox.reports import history_row
from include.sandbox.routes import Route, Truth

Row = dict[str, Any]
Records = Callable[[Account, Meeting], list[Row]]
_ANONYMOUS = "Anonymous Attendee"
_POLL = (("Mittagessen?", ("Ja", "Nein")), ("Which, and why?", ("Tea;Coffee", 'Tea; "ceylon" 🫖', "")))


def polls(account: Account, asked: Asked) -> Row:
    """`GET /report/webinars/{webinarId}/polls`: nobody, where there was no poll."""
    return _about(account, asked) | {"questions": poll_records(account, past_webinar(account, asked))}


def questions(account: Account, asked: Asked) -> Row:
    """`GET /report/webinars/{webinarId}/qa`."""
    return _about(account, asked) | {"questions": question_records(account, past_webinar(account, asked))}


def survey(account: Account, asked: Asked) -> Row:
    """`GET /report/webinars/{webinarId}/survey`: what it was stands beside the answers."""
    webinar = past_webinar(account, asked)
    head = {"webinar_id": webinar.number, "webinar_uuid": webinar.uuid, "start_time": zulu(webinar.start)}
    return head | _survey(account, webinar) | {"survey_answers": survey_records(account, webinar)}


def poll_records(account: Account, webinar: Meeting) -> list[Row]:
    """Everyone's answers; two who stayed anonymous may have answered alike."""
    if not history_row(account, webinar)["feature_used"]["poll"]:
        return []
    return [
        _who(row, number) | {"question_details": _poll_details(account, webinar, number)}
        for number, row in enumerate(_attendees(account, webinar))
    ]


def question_records(account: Account, webinar: Meeting) -> list[Row]:
    """Who asked, and what."""
    return [
        {
            "user_id": row.get("id", ""),
            "email": _who(row, number).get("email", ""),
            "name": _who(row, number)["name"],
            "question_details": _asked(account, webinar, number),
        }
        for number, row in enumerate(_attendees(account, webinar)[:3])
    ]


def survey_records(account: Account, webinar: Meeting) -> list[Row]:
    """Everyone's answers; one sent the form without any."""
    found = []
    for number, row in enumerate(_attendees(account, webinar)[:4]):
        details = [
            {
                "question_id": url_safe_id(account.settings.seed, "survey", webinar.number)[:11],
                "question": "Wie war's?",
                "answer": ("Gut", "Too long\n…", "")[number % 3],
                "date_time": _time(webinar, number),
            }
        ]
        record = _who(row, number) | {"answer_details": [] if number == 1 else details}
        found.append(record | {"language": "de"} if number == 0 else record)  # unknown to Zoom's description
    return found


def _about(account: Account, asked: Asked) -> Row:
    webinar = past_webinar(account, asked)
    return {"id": webinar.number, "uuid": webinar.uuid, "start_time": zulu(webinar.start)}


def _attendees(account: Account, webinar: Meeting) -> list[Row]:
    """Each person once."""
    return list({row["name"] + row["user_email"]: row for row in attendees(account, webinar)}.values())


def _who(row: Mapping[str, Any], number: int) -> Row:
    if number % 4 in (2, 3):
        return {"name": _ANONYMOUS, "first_name": _ANONYMOUS, "last_name": ""}
    first, _, last = row["name"].partition(" ")
    who = {"name": row["name"], "first_name": first, "last_name": last}
    return who | {"email": row["user_email"]} if row["user_email"] else who


def _poll_details(account: Account, webinar: Meeting, number: int) -> list[Row]:
    if number == 1:
        return []
    chance = draw(account.settings.seed, "poll", webinar.number, number)
    poll = url_safe_id(account.settings.seed, "poll", webinar.number)[:10]
    return [
        {
            "polling_id": poll,
            "question": question,
            "answer": chance.choice(answers),
            "date_time": _time(webinar, number),
        }
        for question, answers in _POLL
    ]


def _asked(account: Account, webinar: Meeting, number: int) -> list[Row]:
    row: Row = {
        "question": "¿Habrá grabación?",
        "question_id": url_safe_id(account.settings.seed, "question", webinar.number * 10 + number)[:11],
        "question_status": ("answered", "open", "dismissed")[number % 3],
        "create_time": _time(webinar, number),
        "answer": "" if number else "live answered",
    }
    if number:
        return [row]
    answer = {"user_id": account.people.user_id(webinar.host), "name": "Host", "email": "host@example.com"}
    answer |= {"content": "sí", "create_time": _time(webinar, 2), "type": "host_answered_publicly"}
    return [row | {"answer_details": [answer], "upvotes": 3}, row | {"question_id": "", "answer": "No; sí"}]


def _survey(account: Account, webinar: Meeting) -> Row:
    return {
        "survey_id": url_safe_id(account.settings.seed, "survey of", webinar.number),
        "survey_name": "Umfrage «Feedback»",
    }


def _time(webinar: Meeting, number: int) -> str:
    moment = webinar.start + timedelta(minutes=1, seconds=number)
    # The description shows a zone, recorded answers have none.
    return zulu(moment) if number % 2 else moment.strftime("%Y-%m-%d %H:%M:%S")


def _true(
    records: Records, details: str, root: tuple[str, ...]
) -> Callable[[Account, date, str], Iterator[Row]]:
    def rows(account: Account, day: date, _: str) -> Iterator[Row]:
        for webinar in past_webinars(account, day):
            for record in records(account, webinar):
                above = {"webinar_uuid": webinar.uuid} | {name: record.get(name) for name in root}
                yield from (above | detail for detail in record[details] or [{}])

    return rows


def _true_surveys(account: Account, webinar: Meeting) -> list[Row]:
    return [_survey(account, webinar) | record for record in survey_records(account, webinar)]


def _route(list_name: str, scope: str, endpoint: Callable[[Account, Asked], Row]) -> Route:
    scopes = (f"report:read:{scope}:admin", "report:read:admin")
    template = f"/report/webinars/{{webinarId}}/{list_name}"
    return Route(template, HEAVY, scopes, endpoint, paid="in_200", needs="webinar")


_NAMES = ("email", "name", "first_name", "last_name")
ROUTES = (
    _route("polls", "list_webinar_polls", polls),
    _route("qa", "webinar_qna", questions),
    _route("survey", "webinar_survey", survey),
)
TABLES: Truth = {
    "webinar_poll_answers": _true(poll_records, "question_details", _NAMES),
    "webinar_questions": _true(question_records, "question_details", ("user_id", "email", "name")),
    "webinar_survey_answers": _true(_true_surveys, "answer_details", ("survey_id", "survey_name", *_NAMES)),
}
