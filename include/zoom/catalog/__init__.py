"""The streams: which Zoom lists fill which warehouse tables. A module per product, a declaration per stream."""

from collections.abc import Mapping

from include.zoom.catalog.archive import ARCHIVE_FILES
from include.zoom.catalog.billing import BILLING_INVOICES, BILLING_REPORTS
from include.zoom.catalog.chat import CHAT_SESSIONS
from include.zoom.catalog.dashboards import (
    DASHBOARD_MEETING_PARTICIPANTS,
    DASHBOARD_MEETING_QOS,
    DASHBOARD_MEETINGS,
    DASHBOARD_WEBINAR_PARTICIPANTS,
    DASHBOARD_WEBINARS,
)
from include.zoom.catalog.divisions import DIVISION_USERS, DIVISIONS
from include.zoom.catalog.groups import GROUP_MEMBERS, GROUPS
from include.zoom.catalog.hosts import ACTIVE_HOSTS, INACTIVE_HOSTS
from include.zoom.catalog.logs import (
    DISCLAIMERS,
    MEETING_ACTIVITIES,
    OPERATION_LOGS,
    REMOTE_SUPPORT,
    SIGN_INS,
)
from include.zoom.catalog.meeting_summaries import MEETING_SUMMARIES
from include.zoom.catalog.meetings import MEETINGS
from include.zoom.catalog.one_person_meetings import ONE_PERSON_MEETINGS
from include.zoom.catalog.participants import PARTICIPANTS_BY, meeting_participants
from include.zoom.catalog.past_meetings import (
    MEETING_DETAILS,
    MEETING_POLL_ANSWERS,
    MEETING_QUESTIONS,
    MEETING_SURVEY_ANSWERS,
)
from include.zoom.catalog.phone import (
    PHONE_CALL_QUEUE_MEMBERS,
    PHONE_CALL_QUEUES,
    PHONE_NUMBERS,
    PHONE_SITES,
    PHONE_USERS,
)
from include.zoom.catalog.phone_calls import PHONE_CALL_DETAILS, PHONE_CALLS
from include.zoom.catalog.phone_recordings import PHONE_RECORDINGS, PHONE_VOICEMAILS
from include.zoom.catalog.phone_sms import PHONE_SMS_MESSAGES, PHONE_SMS_SESSIONS
from include.zoom.catalog.recording_audience import RECORDING_REGISTRANTS, RECORDING_VIEWS
from include.zoom.catalog.recordings import RECORDINGS_BY, recordings
from include.zoom.catalog.reports import RECORDING_STORAGE, TELEPHONE, UPCOMING_EVENTS
from include.zoom.catalog.roles import ROLE_MEMBERS, ROLES
from include.zoom.catalog.rooms import ROOMS
from include.zoom.catalog.scheduled_meetings import MEETING_REGISTRANTS, SCHEDULED_MEETINGS
from include.zoom.catalog.tracking import TRACKING_FIELDS
from include.zoom.catalog.usage import DAILY_USAGE
from include.zoom.catalog.user_details import USER_DETAILS, USER_SETTINGS
from include.zoom.catalog.users import USER_SUMMARY, USERS
from include.zoom.catalog.webinar_answers import (
    WEBINAR_POLL_ANSWERS,
    WEBINAR_QUESTIONS,
    WEBINAR_SURVEY_ANSWERS,
)
from include.zoom.catalog.webinar_attendance import WEBINAR_ABSENTEES, WEBINAR_PARTICIPANTS
from include.zoom.catalog.webinars import (
    WEBINAR_INSTANCES,
    WEBINAR_PANELISTS,
    WEBINAR_REGISTRANTS,
    WEBINAR_TRACKING_SOURCES,
    WEBINARS,
)
from include.zoom.errors import Misconfigured
from include.zoom.stream import Stream

__all__ = ["AUTO", "SOURCES", "STREAMS", "settled_sources", "streams"]

# Parents before their children.
_EVERY = (
    USERS,
    USER_SUMMARY,
    GROUPS,
    GROUP_MEMBERS,
    ROLES,
    ROLE_MEMBERS,
    DIVISIONS,
    DIVISION_USERS,
    USER_DETAILS,
    USER_SETTINGS,
    MEETINGS,
    meeting_participants("past_meetings"),
    MEETING_DETAILS,
    MEETING_POLL_ANSWERS,
    MEETING_QUESTIONS,
    MEETING_SURVEY_ANSWERS,
    MEETING_SUMMARIES,
    ONE_PERSON_MEETINGS,
    SCHEDULED_MEETINGS,
    MEETING_REGISTRANTS,
    recordings("users"),
    RECORDING_REGISTRANTS,
    RECORDING_VIEWS,
    ARCHIVE_FILES,
    DAILY_USAGE,
    WEBINAR_PARTICIPANTS,
    WEBINAR_ABSENTEES,
    WEBINAR_POLL_ANSWERS,
    WEBINAR_QUESTIONS,
    WEBINAR_SURVEY_ANSWERS,
    WEBINARS,
    WEBINAR_INSTANCES,
    WEBINAR_REGISTRANTS,
    WEBINAR_PANELISTS,
    WEBINAR_TRACKING_SOURCES,
    ACTIVE_HOSTS,
    INACTIVE_HOSTS,
    OPERATION_LOGS,
    SIGN_INS,
    MEETING_ACTIVITIES,
    REMOTE_SUPPORT,
    DISCLAIMERS,
    TELEPHONE,
    RECORDING_STORAGE,
    UPCOMING_EVENTS,
    BILLING_REPORTS,
    BILLING_INVOICES,
    DASHBOARD_MEETINGS,
    DASHBOARD_MEETING_PARTICIPANTS,
    DASHBOARD_MEETING_QOS,
    DASHBOARD_WEBINARS,
    DASHBOARD_WEBINAR_PARTICIPANTS,
    TRACKING_FIELDS,
    ROOMS,
    CHAT_SESSIONS,
    PHONE_USERS,
    PHONE_CALL_QUEUES,
    PHONE_CALL_QUEUE_MEMBERS,
    PHONE_NUMBERS,
    PHONE_SITES,
    PHONE_CALLS,
    PHONE_CALL_DETAILS,
    PHONE_RECORDINGS,
    PHONE_VOICEMAILS,
    PHONE_SMS_SESSIONS,
    PHONE_SMS_MESSAGES,
)

SOURCES: Mapping[str, Mapping[str, Stream]] = {
    "participants_source": {by: meeting_participants(by) for by in PARTICIPANTS_BY},
    "recordings_source": {by: recordings(by) for by in RECORDINGS_BY},
}
"""Streams that one of several lists of Zoom can fill, the same tables from each: by setting, then by its value."""


AUTO = "auto"
"""A value of `recordings_source` besides: whichever list the grant opens."""


def settled_sources(sources: Mapping[str, str], granted: str) -> dict[str, str]:
    """The settings of `SOURCES` without `auto`: the account's one list where its scope was granted, else the users'.

    Args:
        sources: the settings with their values.
        granted: scopes as Zoom gave them with a token; only granular ones count, which nobody grants by chance.
    """
    have = set(granted.split())
    by = SOURCES["recordings_source"]
    opened = [value for value, stream in by.items() if set(stream.scopes) <= have]
    automatic = opened[-1] if opened else next(iter(by))
    return {
        setting: automatic if (setting, value) == ("recordings_source", AUTO) else value
        for setting, value in sources.items()
    }


def streams(sources: Mapping[str, str] | None = None) -> dict[str, Stream]:
    """All streams by name, parents before their children.

    Args:
        sources: settings of `SOURCES` with their values; those that are not given have their first one.

    Raises:
        Misconfigured: a setting has none of its values.
    """
    chosen = [_by_source(setting, value) for setting, value in (sources or {}).items()]
    return {stream.name: stream for stream in _EVERY} | {stream.name: stream for stream in chosen}


STREAMS: Mapping[str, Stream] = streams()


def _by_source(setting: str, value: str) -> Stream:
    if value not in SOURCES[setting]:
        raise Misconfigured(
            f"The setting [zoom] {setting} is {value!r}; it must be one of {', '.join(SOURCES[setting])}."
        )
    return SOURCES[setting][value]
