-- Who was in which meeting and how long: one row per meeting and person, from meeting_participants. Seconds in which a
-- person had several seats (a breakout room beside the main room, two devices) count once, seconds in between (left and
-- rejoined) don't. Somebody who never got beyond the waiting room has a row with attended = false. A person is known
-- by Zoom's user id, else by address, registration or the SDK's key; who has none of them by the display name (two
-- guests of one name in a meeting count as one, a guest who changes the name as two), without a name each seat stands
-- for itself. A seat without an id, but with the address or registration of somebody else's seat in the meeting that
-- tells more, is that person's.
WITH seats AS (
    SELECT
        _slice_date, meeting_uuid, user_id, name, LOWER(user_email) AS email, registrant_id, customer_key,
        join_time,
        CASE WHEN leave_time > join_time THEN leave_time ELSE join_time END AS leave_time,
        CASE WHEN status = 'in_waiting_room' THEN 'waiting' ELSE 'in' END AS place,
        COALESCE(participant_user_id, id) AS own_id
    FROM {meeting_participants}
),
{parts/attendance}
SELECT
    _slice_date AS day, -- UTC day on which the meeting began
    meeting_uuid, -- The meeting: meetings.meeting_uuid
    person, -- By what the person is known in this meeting; see known_by. Personal data
    known_by, -- What `person` is: user id, address, registration, sdk key, name or seat
    zoom_id AS user_id, -- Zoom's user id of who is logged in: users.id
    email, -- Address, in lower case; empty for most guests. Personal data
    registrant_id, -- Id of the registration
    name, -- Display name; of several the last in the alphabet. Personal data
    seats > 0 AS attended, -- Whether the person got beyond the waiting room
    CASE WHEN seats > 0 THEN
        RANK() OVER (PARTITION BY _slice_date, meeting_uuid, CASE WHEN seats > 0 THEN 1 ELSE 0 END ORDER BY first_join)
    END AS join_order, -- 1 joined first; who joined in the same second has the same number
    first_join, -- First time in the meeting, the waiting room not counted
    last_leave, -- Last time out of it
    CAST(total_seconds AS bigint) AS total_seconds, -- Time in the meeting, no second counted twice. unit: seconds
    CAST(waiting_seconds AS bigint) AS waiting_seconds, -- Time in the waiting room. unit: seconds
    seats -- Seats in the meeting: rejoins, breakout rooms and further devices have one each
FROM attendance
