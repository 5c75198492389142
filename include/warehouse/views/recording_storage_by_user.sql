-- What each host's recordings in Zoom's cloud take, from recordings and recording_files. A recording counts as gone when
-- its date of automatic deletion has passed or all of its files are in the trash. Recordings that somebody deleted
-- otherwise after they were loaded still count: Zoom does not tell.
WITH files AS (
    SELECT
        _slice_date, recording_uuid,
        COUNT(*) AS files,
        COUNT(deleted_time) AS trashed
    FROM {recording_files}
    GROUP BY _slice_date, recording_uuid
),
stored AS (
    SELECT
        r.host_id, r.start_time,
        COALESCE(r.total_size_bytes, 0) AS size_bytes,
        COALESCE(f.files, 0) AS files,
        CASE WHEN f.trashed = f.files OR (r.auto_delete AND r.auto_delete_date < CURRENT_DATE) THEN 1 ELSE 0 END AS gone
    FROM {recordings} r
    LEFT JOIN files f ON f._slice_date = r._slice_date AND f.recording_uuid = r.recording_uuid
),
hosts AS (
    SELECT
        host_id,
        SUM(1 - gone) AS recordings,
        SUM(CASE WHEN gone = 0 THEN files ELSE 0 END) AS files,
        SUM(CASE WHEN gone = 0 THEN size_bytes ELSE 0 END) AS size_bytes,
        SUM(gone) AS gone_recordings,
        SUM(CASE WHEN gone = 1 THEN size_bytes ELSE 0 END) AS gone_size_bytes,
        MAX(start_time) AS newest
    FROM stored
    GROUP BY host_id
)
SELECT
    h.host_id, -- Host: users.id
    u.email, -- The host's address today; empty where the host is no longer among the users. Personal data
    u.display_name, -- Display name today. Personal data
    u.dept AS department, -- Department today
    u.status AS user_status, -- active or inactive; empty where the host is no longer among the users
    h.recordings, -- Recordings that are still there
    CAST(h.files AS bigint) AS files, -- Their files
    CAST(h.size_bytes AS bigint) AS size_bytes, -- Their size as Zoom adds it up. unit: bytes
    h.gone_recordings, -- Recordings that were deleted since
    CAST(h.gone_size_bytes AS bigint) AS gone_size_bytes, -- Their size. unit: bytes
    h.newest AS newest_recording -- Start of the newest recording, whether still there or not
FROM hosts h
LEFT JOIN {users_current} u ON u.id = h.host_id
