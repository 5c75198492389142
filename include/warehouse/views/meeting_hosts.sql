-- Which user hosted each meeting and webinar. Zoom's history of meetings tells the host's address at meeting time alone,
-- so the user is looked for, and the first of these that knows one is taken: the host's own seat in the meeting
-- (participant), its recording (recording), who had the address on that day as far as users_history goes back (address
-- then), who had it at any other time (address). Where it knows several, matched_by is ambiguous and user_id empty. Where
-- the stream meeting_details runs, its table has Zoom's own word.
WITH candidates AS (
    SELECT m._slice_date, m.meeting_uuid, 1 AS trust, COALESCE(p.participant_user_id, p.id) AS user_id
    FROM {meetings} m
    JOIN {meeting_participants} p
        ON p._slice_date = m._slice_date AND p.meeting_uuid = m.meeting_uuid AND LOWER(p.user_email) = LOWER(m.host_email)
    UNION ALL
    SELECT m._slice_date, m.meeting_uuid, 2, r.host_id
    FROM {meetings} m
    JOIN {recordings} r ON r._slice_date = m._slice_date AND r.recording_uuid = m.meeting_uuid
    UNION ALL
    SELECT
        m._slice_date, m.meeting_uuid,
        CASE WHEN u.valid_from <= m._slice_date AND (u.valid_to IS NULL OR u.valid_to > m._slice_date) THEN 3 ELSE 4 END,
        u.id
    FROM {meetings} m
    JOIN {users_history} u ON LOWER(u.email) = LOWER(m.host_email)
),
trusted AS (
    SELECT
        _slice_date, meeting_uuid, trust, MIN(user_id) AS user_id, COUNT(DISTINCT user_id) AS users,
        RANK() OVER (PARTITION BY _slice_date, meeting_uuid ORDER BY trust) AS place
    FROM candidates
    WHERE user_id IS NOT NULL
    GROUP BY _slice_date, meeting_uuid, trust
)
SELECT
    m._slice_date AS day, -- UTC day on which the meeting began
    m.meeting_uuid, -- The meeting: meetings.meeting_uuid
    m.host_email, -- Host's address at meeting time. Personal data
    CASE WHEN t.users = 1 THEN t.user_id END AS user_id, -- Host: users.id; empty where nobody is found, or several are
    CASE
        WHEN t.users > 1 THEN 'ambiguous'
        WHEN t.trust = 1 THEN 'participant'
        WHEN t.trust = 2 THEN 'recording'
        WHEN t.trust = 3 THEN 'address then'
        WHEN t.trust = 4 THEN 'address'
        ELSE 'nobody'
    END AS matched_by -- participant, recording, address then, address, ambiguous or nobody
FROM {meetings} m
LEFT JOIN trusted t ON t._slice_date = m._slice_date AND t.meeting_uuid = m.meeting_uuid AND t.place = 1
