"""What the simulated Zoom answers otherwise than Zoom's own files say, as real accounts do."""

from collections.abc import Mapping

ODD_ANSWERS: Mapping[str, str] = {
    "/archive_files: meetings.complete_time fits none of the forms that it may have": "a time may only be an object",
    "/users/{userId}/recordings: 'TIMELINE' is not one of ['MP4', 'M4A', 'CHAT', 'TRANSCRIPT', 'CSV', 'TB', 'CC', "
    "'CHAT_MESSAGE', 'SUMMARY']": "Zoom's text lists this file type, its list of values leaves it out",
    "/users/{userId}/settings:  fits several of the forms that it may have": "none of the forms requires a field",
}
