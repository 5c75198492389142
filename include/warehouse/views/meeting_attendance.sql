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
        CASE WHEN status = 'in_waiting_room' THEN 1 ELSE 0 END AS waiting,
        COALESCE(participant_user_id, id) AS own_id
    FROM {meeting_participants}
),
-- The slice's date stands in each window, so that a condition on the day reaches the table's index.
known AS (
    SELECT
        seats.*,
        COALESCE(
            own_id,
            CASE WHEN email IS NOT NULL THEN MAX(own_id) OVER (PARTITION BY _slice_date, meeting_uuid, email) END,
            CASE WHEN registrant_id IS NOT NULL
                THEN MAX(own_id) OVER (PARTITION BY _slice_date, meeting_uuid, registrant_id) END
        ) AS zoom_id,
        COALESCE(
            email,
            CASE WHEN registrant_id IS NOT NULL
                THEN MAX(email) OVER (PARTITION BY _slice_date, meeting_uuid, registrant_id) END
        ) AS address
    FROM seats
),
people AS (
    SELECT
        known.*,
        CASE
            WHEN zoom_id IS NOT NULL THEN 'user id'
            WHEN address IS NOT NULL THEN 'address'
            WHEN registrant_id IS NOT NULL THEN 'registration'
            WHEN customer_key IS NOT NULL THEN 'sdk key'
            WHEN name IS NOT NULL THEN 'name'
            ELSE 'seat'
        END AS known_by,
        COALESCE(zoom_id, address, registrant_id, customer_key, name, user_id) AS person
    FROM known
),
-- What a seat adds to the seats of the same person that began before it.
covered AS (
    SELECT
        people.*,
        MAX(leave_time) OVER (
            PARTITION BY _slice_date, meeting_uuid, known_by, person, waiting
            ORDER BY join_time, leave_time
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_until
    FROM people
),
counted AS (
    SELECT
        covered.*,
        CASE
            WHEN covered_until IS NULL OR covered_until <= join_time THEN EXTRACT(EPOCH FROM leave_time - join_time)
            WHEN leave_time > covered_until THEN EXTRACT(EPOCH FROM leave_time - covered_until)
            ELSE 0
        END AS added_seconds
    FROM covered
),
attendance AS (
    SELECT
        _slice_date, meeting_uuid, known_by, person,
        MAX(zoom_id) AS zoom_id, MAX(address) AS email, MAX(registrant_id) AS registrant_id, MAX(name) AS name,
        MIN(CASE WHEN waiting = 0 THEN join_time END) AS first_join,
        MAX(CASE WHEN waiting = 0 THEN leave_time END) AS last_leave,
        SUM(CASE WHEN waiting = 0 THEN added_seconds ELSE 0 END) AS total_seconds,
        SUM(CASE WHEN waiting = 1 THEN added_seconds ELSE 0 END) AS waiting_seconds,
        SUM(1 - waiting) AS seats
    FROM counted
    GROUP BY _slice_date, meeting_uuid, known_by, person
)
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
