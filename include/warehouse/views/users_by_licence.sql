-- Users per licence and status, in the newest snapshot of users, and how many of them have not signed in for long.
WITH labelled AS (
    SELECT
        _slice_date,
        CASE type
            WHEN 1 THEN 'Basic'
            WHEN 2 THEN 'Licensed'
            WHEN 4 THEN 'Unassigned'
            WHEN 99 THEN 'None'
            ELSE COALESCE(CAST(type AS varchar), '(none)')
        END AS licence,
        COALESCE(status, '(none)') AS status,
        CASE WHEN last_login_time >= _extracted_at - INTERVAL '30' DAY THEN 0 ELSE 1 END AS idle
    FROM {users_current}
)
SELECT
    _slice_date AS day, -- Day of the snapshot
    licence, -- Basic, Licensed, Unassigned or None; another type of Zoom's as its number
    status, -- active, inactive or pending
    COUNT(*) AS users, -- Users
    SUM(idle) AS idle_users -- Those of them with no sign-in in the 30 days before, or none that is known
FROM labelled
GROUP BY _slice_date, licence, status
