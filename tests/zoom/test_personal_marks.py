"""Which columns are marked as personal: each whose name says so, or it stands here with a reason why not."""

import re

from include.zoom.catalog import STREAMS
from include.zoom.layout import REJECTED, taken_columns
from include.zoom.stream import Type

# What a column is called that holds what docs/privacy.md counts.
PERSONAL = re.compile(
    r"(?x) (^|_)( e?mail s? | mails | names? | nickname | phone | number s? | extension | ip | mac | device s?"
    r" | hostname | serial | location | city | country | address | employee | job_title | manager | pic | pmi"
    r" | vanity | topic s? | title | agenda | description | question s? | answer s? | comment s? | message s?"
    r" | summary | text | transcript | custom | customer_key | attributes | operator | caller | callee"
    r" | participant_name | host_name | login_time | last_login )(_|$)"
)
NOT_PERSONAL = {
    "archive_files.file_extension": "mp4 and the like",
    "archive_files.number_of_messages": "a count",
    "archive_files.storage_location": "a region of Zoom's",
    "archived_meetings.account_name": "the account's name",
    "divisions.division_name": "a division's name",
    "groups.name": "a group's name",
    "meeting_questions.question_id": "Zoom's own",
    "meeting_questions.question_status": "one of a few",
    "meeting_summaries.summary_created_time": "a time",
    "meeting_summaries.summary_end_time": "a time",
    "meeting_summaries.summary_last_modified_time": "a time",
    "meeting_summaries.summary_start_time": "a time",
    "meeting_survey_answers.question_id": "Zoom's own",
    "recording_files.file_extension": "mp4 and the like",
    "chat_sessions.last_message_sent_time": "of a chat, whoever sent it",
    "rooms.location_id": "a floor or campus that Zoom numbers",
    "rooms.name": "a room's name",
    "webinar_panelists.name_tag_id": "a name tag that Zoom numbers",
    "webinar_questions.question_id": "an id",
    "webinar_questions.question_status": "open, answered and the like",
    "webinar_survey_answers.question_id": "an id",
    "webinar_tracking_sources.source_name": "a platform's name or address",
    "roles.name": "a role's name",
    "user_details.account_number": "the account's",
    "user_details.role_name": "a role's name",
    "user_settings.email_notification": "switches",
    "meeting_activities.meeting_number": "Zoom's",
    "remote_support.meeting_number": "Zoom's",
    "disclaimers.meeting_number": "Zoom's",
    "billing_invoices.invoice_number": "a bill's",
    "billing_invoices.invoice_charge_name": "what is charged",
    "phone_call_elements.operator_ext_id": "an id",
    "phone_call_elements.operator_ext_type": "one of a few",
    "phone_call_queue_members.extension_id": "an id",
    "phone_call_queues.extension_id": "an id",
    "phone_call_queues.extension_number": "a queue's",
    "phone_call_queues.name": "a queue's",
    "phone_call_queues.phone_numbers": "a queue's",
    "phone_numbers.carrier_name": "a company's",
    "phone_numbers.emergency_address_status": "one of two",
    "phone_numbers.emergency_address_update_time": "a time",
    "phone_numbers.number_type": "one of two",
    "phone_sites.country_code": "a site's",
    "phone_sites.country_name": "a site's",
    "phone_sites.name": "a site's",
    "phone_sites.receptionist_extension_id": "a machine's",
    "phone_sites.receptionist_extension_number": "a machine's",
    "phone_sites.receptionist_name": "a machine's",
    "phone_sms_messages.message_id": "an id",
    "phone_sms_messages.message_type": "one of a few",
    "phone_users.extension_id": "an id",
    "phone_users.phone_user_id": "an id",
}
_CALLS = ("phone_calls", "phone_call_details", "phone_call_elements")
_KEPT = ("phone_recordings", "phone_voicemails")
_LISTS = ("phone_users", "phone_call_queues", "phone_numbers", "phone_recordings")
_NOT_PERSONAL_IN = {
    ("answer_time",): (_CALLS, "a time"),
    ("site_name",): ((*_CALLS, *_LISTS), "a site's"),
    ("caller_ext_id", "callee_ext_id"): (_CALLS, "an id"),
    ("caller_ext_type", "callee_ext_type"): (_CALLS, "one of a few"),
    ("caller_number_type", "callee_number_type"): (
        ("phone_calls", "phone_call_elements", *_KEPT),
        "one of a few",
    ),
    ("caller_account_code", "callee_account_code"): (
        ("phone_calls", "phone_call_details", *_KEPT),
        "an account's",
    ),
    ("owner_extension_status", "owner_extension_deleted_time"): (_KEPT, "an extension's"),
    ("sbc_name",): (("phone_calls",), "a machine's"),
    ("sip_group_name",): (("phone_calls", "phone_numbers"), "a group's"),
}
NOT_PERSONAL |= {
    f"{table}.{column}": reason
    for columns, (tables, reason) in _NOT_PERSONAL_IN.items()
    for column in columns
    for table in tables
}


def unmarked() -> set[str]:
    """The columns whose name sounds personal and that are not marked."""
    return {
        f"{table.name}.{column.name}"
        for stream in STREAMS.values()
        for table in stream.tables
        for column in taken_columns(table)
        if PERSONAL.search(column.name) and not column.personal and column.type is not Type.BOOLEAN
    }


def test_what_sounds_personal_is_marked() -> None:
    """Or listed with a reason."""
    assert unmarked() - NOT_PERSONAL.keys() == set()


def test_no_exception_is_left_over() -> None:
    """Each names a column that is there and not marked."""
    assert set(NOT_PERSONAL) - unmarked() == set()


def test_a_rejected_record_is_personal() -> None:
    """It is a whole record, of whatever stream."""
    assert {column.name for column in REJECTED.columns if column.personal} == {"parent", "record"}


def test_who_a_row_is_of_stands_in_text_columns_of_the_table() -> None:
    """`Table.person` names columns that hold an id or an address; of the addresses, each is marked."""
    for stream in STREAMS.values():
        for table in stream.tables:
            columns = {column.name: column for column in taken_columns(table)}
            assert {name for name in table.person if columns[name].type is not Type.TEXT} == set()
            assert {name for name in table.person if "email" in name and not columns[name].personal} == set()


def test_no_table_with_a_person_s_address_in_its_key_is_anybody_else_s() -> None:
    """A key with a marked column tells whose row it is."""
    assert {
        table.name
        for stream in STREAMS.values()
        for table in stream.tables
        for column in taken_columns(table)
        if column.personal and column.name in table.key and "email" in column.name and not table.person
    } == set()
