"""Where our declarations differ from Zoom's OpenAPI files, and why: by stream, then the difference as it is told.

A test finds exactly these differences; one that is gone has to be taken out.
"""

from collections.abc import Mapping

_NOT_THERE = "Zoom describes it in a file of its own (accounts, dashboards, rooms), which was not to be had"
_ONE_SOURCE = "only one of the lists that fill this table gives it"
_WHOLE = "Zoom's file says number; sizes and counts are whole, and a fraction would be kept in _extra"
_NO_GRANULAR = "Zoom's file names no granular scope for it"
_DATES_FOR_TIMES = "dates for the times that were asked; which date a midnight is told as, is not said"
_OTHER_QUESTION = "only answers to another value of the parameter `option` have it"


def _times(*columns: str) -> dict[str, str]:
    """Moments that Zoom's files call strings: in one of the forms that include/zoom/times.py reads."""
    told = "a moment, which Zoom's file calls a string, in one of the forms that include/zoom/times.py reads"
    return {f"{column} is timestamp with time zone where Zoom has string": told for column in columns}


DEVIATIONS: Mapping[str, Mapping[str, str]] = {
    "roles": {"GET /roles is not described": _NOT_THERE},
    "role_members": {"GET /roles/{role_id}/members is not described": _NOT_THERE},
    "user_settings": {
        "user_settings: no column for allow_authentication_exception": _OTHER_QUESTION,
        "user_settings: no column for authentication_options": _OTHER_QUESTION,
        "user_settings: no column for meeting_authentication": _OTHER_QUESTION,
        "user_settings: no column for meeting_security": _OTHER_QUESTION,
        "user_settings: no column for recording_authentication": _OTHER_QUESTION,
    },
    "meetings": _times("meetings.create_time", "meetings.end_time", "meetings.start_time"),
    "meeting_participants": {
        "meeting_participants.bo_mtg_id is not described": _ONE_SOURCE,
        "meeting_participants.customer_key is not described": _ONE_SOURCE,
        "meeting_participants.participant_user_id is not described": _ONE_SOURCE,
        "meeting_participants.internal_user is not described": _ONE_SOURCE,
    },
    "meeting_questions": _times("meeting_questions.create_time"),
    "meeting_survey_answers": _times("meeting_survey_answers.date_time"),
    "one_person_meetings": _times(
        "one_person_meetings.join_time",
        "one_person_meetings.join_waiting_room_time",
        "one_person_meetings.leave_time",
        "one_person_meetings.schedule_time",
    ),
    "recordings": {
        **_times(
            "recording_files.deleted_time", "recording_files.recording_end", "recording_files.recording_start"
        ),
        "recording_files.file_size_bytes is bigint where Zoom has number": _WHOLE,
        "GET /accounts/me/recordings is not described": _NOT_THERE,
        "recordings.host_email is not described": _ONE_SOURCE,
        "recordings.auto_delete_date is date where Zoom has string": "a date in every example",
    },
    "recording_views": {
        "GET /meetings/{recording_uuid}/recordings/analytics_summary is not opened by recording:read:admin": (
            "Zoom's file names no classic scope for it; all other lists of recordings have this one"
        ),
        "recording_views.date is date where Zoom has string": "a date in its example",
    },
    "archive_files": {"GET /archive_files has total_records": "it counts what one answer holds"},
    "daily_usage": {"GET /report/daily is not opened by report:read:daily_usage:admin": _NO_GRANULAR},
    "webinar_poll_answers": _times("webinar_poll_answers.date_time"),
    "webinar_questions": _times("webinar_questions.create_time"),
    "webinar_survey_answers": _times("webinar_survey_answers.date_time"),
    "webinars": {
        "GET /users/{user_id}/webinars has no parameter next_page_token": "its answer has one and its text says so"
    },
    "webinar_tracking_sources": {
        "GET /webinars/{webinar_id}/tracking_sources has total_records": "it counts registrations, not sources"
    },
    "meeting_activities": _times("meeting_activities.activity_time"),
    "remote_support": _times(
        "remote_support.end_time",
        "remote_support.meeting_start_time",
        "remote_support.request_time",
        "remote_support.start_time",
    ),
    "disclaimers": _times("disclaimers.time"),
    "recording_storage": {
        "GET /report/cloud_recording is not opened by report:read:cloud_recording:admin": _NO_GRANULAR
    },
    "upcoming_events": _times("upcoming_events.start_time"),
    "dashboard_meetings": {"GET /metrics/meetings is not described": _NOT_THERE},
    "dashboard_meeting_participants": {
        "GET /metrics/meetings/{meeting_uuid}/participants is not described": _NOT_THERE
    },
    "dashboard_meeting_qos": {
        "GET /metrics/meetings/{meeting_uuid}/participants/qos is not described": _NOT_THERE
    },
    "dashboard_webinars": {"GET /metrics/webinars is not described": _NOT_THERE},
    "dashboard_webinar_participants": {
        "GET /metrics/webinars/{webinar_uuid}/participants is not described": _NOT_THERE
    },
    "rooms": {"GET /rooms is not described": _NOT_THERE},
    "chat_sessions": {"GET /report/chat/sessions is not described": _NOT_THERE},
    "phone_numbers": _times("phone_numbers.emergency_address_update_time"),
    "phone_calls": {
        **_times("phone_calls.answer_time", "phone_calls.end_time", "phone_calls.start_time"),
        "GET /phone/call_history has from and to": _DATES_FOR_TIMES,
    },
    "phone_call_details": _times(
        "phone_call_details.answer_time",
        "phone_call_details.end_time",
        "phone_call_details.start_time",
        "phone_call_elements.answer_time",
        "phone_call_elements.end_time",
        "phone_call_elements.start_time",
    ),
    "phone_recordings": _times("phone_recordings.owner_extension_deleted_time"),
    "phone_voicemails": {
        **_times("phone_voicemails.owner_extension_deleted_time"),
        "GET /phone/voice_mails has from and to": _DATES_FOR_TIMES,
    },
    "phone_sms_sessions": _times("phone_sms_sessions.last_access_time"),
    "phone_sms_messages": _times("phone_sms_messages.date_time"),
}
