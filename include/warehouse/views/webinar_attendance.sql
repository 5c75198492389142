-- Who was at which webinar, and who had registered and did not come: one row per webinar and person, from
-- webinar_participants (hosts and panelists among them) and webinar_absentees. Persons and seconds are told as in
-- meeting_attendance. Whoever Zoom calls absent, but who was there under the same address or registration, attended.
WITH seats AS (
    SELECT
        _slice_date, webinar_uuid AS meeting_uuid, user_id, name, LOWER(user_email) AS email, registrant_id, customer_key,
        join_time,
        CASE WHEN leave_time > join_time THEN leave_time ELSE join_time END AS leave_time,
        CASE WHEN status = 'in_waiting_room' THEN 'waiting' ELSE 'in' END AS place,
        COALESCE(participant_user_id, id) AS own_id
    FROM {webinar_participants}
    UNION ALL
    SELECT
        _slice_date, webinar_uuid, NULL, COALESCE(first_name || ' ' || last_name, first_name, last_name), LOWER(email), id,
        NULL, NULL, NULL, 'absent', NULL
    FROM {webinar_absentees}
),
{parts/attendance}
SELECT
    _slice_date AS day, -- UTC day on which the webinar began
    meeting_uuid AS webinar_uuid, -- The webinar: meetings.meeting_uuid
    person, -- By what the person is known in this webinar; see known_by. Personal data
    known_by, -- What `person` is: user id, address, registration, sdk key, name or seat
    zoom_id AS user_id, -- Zoom's user id of who is logged in: users.id
    email, -- Address, in lower case; empty for most who had not registered. Personal data
    registrant_id, -- The registration: webinar_registrants.id
    name, -- Display name or registered name; of several the last in the alphabet. Personal data
    registrant_id IS NOT NULL AS registered, -- Whether the person had registered
    seats > 0 AS attended, -- Whether the person was there
    registrant_id IS NOT NULL AND seats = 0 AS absent, -- Whether the person had registered and was not there
    CASE WHEN seats > 0 THEN
        RANK() OVER (PARTITION BY _slice_date, meeting_uuid, CASE WHEN seats > 0 THEN 1 ELSE 0 END ORDER BY first_join)
    END AS join_order, -- 1 joined first; who joined in the same second has the same number
    first_join, -- First time there
    last_leave, -- Last time out
    CAST(total_seconds AS bigint) AS total_seconds, -- Time there, no second counted twice. unit: seconds
    CAST(waiting_seconds AS bigint) AS waiting_seconds, -- Time in the waiting room. unit: seconds
    seats -- Seats: rejoins, practice sessions and further devices have one each
FROM attendance
