"""What attendees of webinars answered and asked: polls, questions and answers, surveys (HEAVY, one request each).

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/webinars/{webinarId}/polls
https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/webinars/{webinarId}/qa
https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/webinars/{webinarId}/survey

The history tells whether there was a poll, so the others are not asked. Whoever stayed anonymous has no address
and the name `Anonymous Attendee`, so that rows are numbered where they are alike. A person without an answer is a
row as well. `/past_webinars/{webinarId}/polls` and `/qa` tell less of the same.
"""

from dataclasses import replace

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

# As of meetings: one without a question or a survey may be answered so.
_NO_REPORT = 3001

# Who answers a survey does so in the days after the webinar, which changes nothing of the webinar's record.
_SURVEYED = Parent("meetings", {"webinar_uuid": "meeting_uuid"}, only={"type": ("Webinar",)})
_QUESTIONED = replace(_SURVEYED, settles=True)
_WITH_A_POLL = replace(_QUESTIONED, unless={"feature_used.poll": (False,)})
_WEBINAR_UUID = Column("webinar_uuid", comment="The webinar: meetings.meeting_uuid")
_EMAIL = Column(
    "email", comment="Address; empty where they were anonymous or are of another account", personal=True
)
_NAME = Column("name", comment="Display name", personal=True)
_WHO = (
    _EMAIL,
    _NAME,
    Column("first_name", comment="First name", personal=True),
    Column("last_name", comment="Last name", personal=True),
)

WEBINAR_POLL_ANSWERS = Stream(
    name="webinar_poll_answers",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/webinars/{webinar_uuid}/polls",
            list_key="questions",
            label=Label.HEAVY,
            paged=False,
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="webinar_poll_answers",
            comment="One row per person and question of a webinar's polls, by the day of the webinar's start",
            columns=(
                Column("polling_id", comment="The poll"),
                Column("question", comment="The question", personal=True),
                Column(
                    "answer",
                    comment="What they answered; several choices stand behind each other",
                    personal=True,
                ),
                Column("date_time", Type.TIMESTAMP, "When they answered"),
            ),
            key=("webinar_uuid", "email", "polling_id", "question", "_ordinal"),
            records="question_details",
            inherited=_WHO,
            from_parent=(_WEBINAR_UUID,),
            numbered_within=("webinar_uuid", "email", "polling_id", "question"),
            person=("email",),
        ),
    ),
    scopes=("report:read:list_webinar_polls:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs="Webinar",
    parent=_WITH_A_POLL,
)

WEBINAR_QUESTIONS = Stream(
    name="webinar_questions",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/webinars/{webinar_uuid}/qa",
            list_key="questions",
            label=Label.HEAVY,
            absent=(_NO_REPORT,),
            paged=False,
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="webinar_questions",
            comment="One row per question that somebody asked in a webinar, with its answers, by the day of the "
            "webinar's start",
            columns=(
                Column("question_id", comment="The question"),
                Column("question", comment="What was asked", personal=True),
                Column("question_status", comment="open, dismissed, answered, deleted or default"),
                Column("create_time", Type.TIMESTAMP, "When it was asked"),
                Column(
                    "answer",
                    comment="All answers, semicolons between them (deprecated by Zoom)",
                    personal=True,
                ),
                Column(
                    "answer_details",
                    Type.JSON,
                    "The answers: user_id, name, email, content, create_time, type",
                    personal=True,
                ),
            ),
            key=("webinar_uuid", "email", "question_id", "_ordinal"),
            records="question_details",
            inherited=(Column("user_id", comment="Who asked: users.id; empty for guests"), _EMAIL, _NAME),
            from_parent=(_WEBINAR_UUID,),
            numbered_within=("webinar_uuid", "email", "question_id"),
            person=("user_id", "email"),
        ),
    ),
    scopes=("report:read:webinar_qna:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs="Webinar",
    on_by_default=False,
    parent=_QUESTIONED,
)

WEBINAR_SURVEY_ANSWERS = Stream(
    name="webinar_survey_answers",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/webinars/{webinar_uuid}/survey",
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
            name="webinar_survey_answers",
            comment="One row per person and question of the survey after a webinar, by the day of the webinar's start",
            columns=(
                Column("question_id", comment="The question"),
                Column("question", comment="What was asked", personal=True),
                Column("answer", comment="What they answered", personal=True),
                Column("date_time", Type.TIMESTAMP, "When they answered"),
            ),
            key=("webinar_uuid", "email", "question_id", "question", "_ordinal"),
            records="answer_details",
            inherited=(
                Column("survey_id", comment="The survey"),
                Column("survey_name", comment="Its name", personal=True),
                *_WHO,
            ),
            from_parent=(_WEBINAR_UUID,),
            numbered_within=("webinar_uuid", "email", "question_id", "question"),
            person=("email",),
        ),
    ),
    scopes=("report:read:webinar_survey:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs="Webinar",
    on_by_default=False,
    parent=_SURVEYED,
)
