"""What hangs on each meeting that took place: details, answers to polls, questions and answers, answers to surveys.

https://developers.zoom.us/docs/api/meetings/#tag/meetings/get/past_meetings/{meetingId} (LIGHT)
https://developers.zoom.us/docs/api/meetings/#tag/meetings/get/past_meetings/{meetingId}/polls (MEDIUM)
https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/meetings/{meetingId}/qa (HEAVY)
https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/meetings/{meetingId}/survey (HEAVY)

A request each per meeting that has any: the meetings' `feature_used` tells of polls ("whether the meeting has poll
data"), the meetings' list tells by its `report_type` which have "Q&A data" and "survey data". The details' requests
per meeting run only where they are chosen, and so do those two under the daily cap. The report on polls would add
nothing but first and last names; the report on questions adds ids, times and who answered, so that one is worth its
cost. Reports know meetings of two or more; one that had no question or no survey may be code 3001.
"""

from dataclasses import replace

from include.zoom.catalog.meetings import with_report
from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

_MEETING = {"meeting_uuid": "meeting_uuid"}
_ONLY = {"type": ("Meeting",)}
# Who answers a survey does so in the days after the meeting, which changes nothing of the meeting's record.
_SURVEYED = Parent(
    "meetings", _MEETING, only=_ONLY, at_least={"participants": 2}, having=with_report("survey")
)
_QUESTIONED = replace(_SURVEYED, having=with_report("qa"), settles=True)
_MEETING_UUID = Column("meeting_uuid", comment="The meeting: meetings.meeting_uuid")
_NOT_ACCESSIBLE, _NO_REPORT = 300, 3001

MEETING_DETAILS = Stream(
    name="meeting_details",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/past_meetings/{meeting_uuid}",
            list_key="uuid",
            label=Label.LIGHT,
            whole=True,
            # Nothing is asked but the meeting itself, so no parameter of ours is meant.
            absent=(_NOT_ACCESSIBLE,),
            paged=False,
            history_days=365,
        ),
    ),
    tables=(
        Table(
            name="meeting_details",
            comment="Each meeting once more, with its host's id; by the day of its start",
            columns=(
                Column("uuid", comment="This instance, as the details tell it"),
                Column("meeting_id", Type.BIGINT, "Meeting number; beyond 2^31", source="id"),
                Column("host_id", comment="Host: users.id"),
                Column("user_name", comment="Host's name", personal=True),
                Column("user_email", comment="Host's address", personal=True),
                Column("dept", comment="Host's department"),
                Column("topic", comment="Topic", personal=True),
                Column("type", Type.BIGINT, "1 instant, 2 scheduled, 3 and 8 recurring, 4 personal, 7 PAC"),
                Column("start_time", Type.TIMESTAMP, "Start"),
                Column("end_time", Type.TIMESTAMP, "End"),
                Column(
                    "duration_minutes", Type.BIGINT, "Length, rounded up", source="duration", unit="minutes"
                ),
                Column("participants_count", Type.BIGINT, "Participants that Zoom counts"),
                Column("total_minutes", Type.BIGINT, "Sum over all participants, rounded", unit="minutes"),
                Column("source", comment="Zoom, or the app that created the meeting"),
                Column("has_meeting_summary", Type.BOOLEAN, "Whether AI Companion summed it up"),
            ),
            key=("meeting_uuid",),
            from_parent=(_MEETING_UUID,),
        ),
    ),
    scopes=("meeting:read:past_meeting:admin",),
    classic_scopes=("meeting:read:admin",),
    plan="pro",
    parent=Parent("meetings", _MEETING, only=_ONLY, settles=True),
    on_by_default=False,
)

MEETING_POLL_ANSWERS = Stream(
    name="meeting_poll_answers",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/past_meetings/{meeting_uuid}/polls",
            list_key="questions",
            label=Label.MEDIUM,
            paged=False,
            history_days=365,
        ),
    ),
    tables=(
        Table(
            name="meeting_poll_answers",
            comment="What each participant answered to each question of a poll; by the day of the meeting's start",
            columns=(
                Column("polling_id", comment="The poll"),
                Column("question", comment="Question", personal=True),
                Column("answer", comment="Answer", personal=True),
                Column("date_time", Type.TIMESTAMP, "When it was answered"),
            ),
            key=("meeting_uuid", "polling_id", "_ordinal"),
            records="question_details",
            inherited=(
                Column("email", comment="Address; empty for guests and where it is anonymous", personal=True),
                Column("name", comment="Display name, or that it is anonymous", personal=True),
            ),
            from_parent=(_MEETING_UUID,),
            numbered_within=("meeting_uuid", "polling_id"),
            person=("email",),
        ),
    ),
    scopes=("meeting:read:list_poll_results:admin",),
    classic_scopes=("meeting:read:admin",),
    plan="pro",
    parent=Parent("meetings", _MEETING, only=_ONLY, unless={"feature_used.poll": (False,)}, settles=True),
)

MEETING_QUESTIONS = Stream(
    name="meeting_questions",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/meetings/{meeting_uuid}/qa",
            list_key="questions",
            label=Label.HEAVY,
            absent=(_NO_REPORT,),
            paged=False,
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="meeting_questions",
            comment="Each question of a meeting's Q&A with its answers; by the day of the meeting's start",
            columns=(
                Column("question_id", comment="The question"),
                Column("question", comment="Question", personal=True),
                Column("question_status", comment="open, answered, dismissed, deleted or default"),
                Column("create_time", Type.TIMESTAMP, "When it was asked"),
                Column("answer", comment="All answers in one, or that it was answered live", personal=True),
                Column("answer_details", Type.JSON, "Answers: who, what, when, of which type", personal=True),
            ),
            key=("meeting_uuid", "question_id", "_ordinal"),
            records="question_details",
            inherited=(
                Column("user_id", comment="Zoom's user id of who asked; none for guests"),
                Column("email", comment="Their address; empty for guests", personal=True),
                Column("name", comment="Their display name, or that it is anonymous", personal=True),
            ),
            from_parent=(_MEETING_UUID,),
            # An id may be missing where Zoom does not support it.
            numbered_within=("meeting_uuid", "question_id"),
            person=("user_id", "email"),
        ),
    ),
    scopes=("report:read:meeting_qna:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    parent=_QUESTIONED,
    on_by_default=False,
)

MEETING_SURVEY_ANSWERS = Stream(
    name="meeting_survey_answers",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/meetings/{meeting_uuid}/survey",
            list_key="survey_answers",
            label=Label.HEAVY,
            absent=(_NO_REPORT,),
            carried=("survey_id", "survey_name"),
            paged=False,
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="meeting_survey_answers",
            comment="What each participant answered to each question of the survey; by the day of the meeting's "
            "start",
            columns=(
                Column("question_id", comment="The question"),
                Column("question", comment="Question", personal=True),
                Column("answer", comment="Answer", personal=True),
                Column("date_time", Type.TIMESTAMP, "When it was answered"),
            ),
            key=("meeting_uuid", "question_id", "_ordinal"),
            records="answer_details",
            inherited=(
                Column("survey_id", comment="The survey"),
                Column("survey_name", comment="Its title", personal=True),
                Column("email", comment="Address; empty for guests and where it is anonymous", personal=True),
                Column("name", comment="Display name, or that it is anonymous", personal=True),
                Column("first_name", comment="First name", personal=True),
                Column("last_name", comment="Last name", personal=True),
            ),
            from_parent=(_MEETING_UUID,),
            numbered_within=("meeting_uuid", "question_id"),
            person=("email",),
        ),
    ),
    scopes=("report:read:meeting_survey:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    parent=_SURVEYED,
    on_by_default=False,
)
