-- From `seats` (a row per seat; `place` is in, waiting or absent) to `attendance` (a row per meeting and person).
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
            PARTITION BY _slice_date, meeting_uuid, known_by, person, place
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
        MIN(CASE WHEN place = 'in' THEN join_time END) AS first_join,
        MAX(CASE WHEN place = 'in' THEN leave_time END) AS last_leave,
        SUM(CASE WHEN place = 'in' THEN added_seconds ELSE 0 END) AS total_seconds,
        SUM(CASE WHEN place = 'waiting' THEN added_seconds ELSE 0 END) AS waiting_seconds,
        SUM(CASE WHEN place = 'in' THEN 1 ELSE 0 END) AS seats
    FROM counted
    GROUP BY _slice_date, meeting_uuid, known_by, person
)
