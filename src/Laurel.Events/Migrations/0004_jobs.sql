-- Work in the background, in bounded batches; each batch moves the cursor in its own transaction.
CREATE TABLE jobs (
    id          uuid        NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    kind        text        NOT NULL,
    event_id    uuid        CONSTRAINT jobs_event REFERENCES events (id) ON DELETE CASCADE,
    epoch       int,        -- of the event, when it was asked for; a newer one supersedes the job
    status      text        NOT NULL CONSTRAINT jobs_status_known CHECK (status IN ('queued', 'running', 'done', 'failed', 'superseded')),
    input       jsonb       NOT NULL,
    cursor      text        COLLATE "C",
    done        bigint      NOT NULL DEFAULT 0,
    to_go       bigint,
    result      jsonb,
    created_at  timestamptz NOT NULL,
    created_by  text        NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz,
    lease       uuid,       -- whoever works on it; only under this lease may it be moved on
    lease_until timestamptz
);

CREATE INDEX jobs_open ON jobs (id) WHERE status IN ('queued', 'running');
CREATE INDEX jobs_by_event ON jobs (event_id, id DESC);

-- What a refold changed for users: offers (and the event's condition, bit 0) that they gained or lost.
CREATE TABLE job_changes (
    job_id     uuid   NOT NULL CONSTRAINT job_changes_job REFERENCES jobs (id) ON DELETE CASCADE,
    user_id    text   NOT NULL COLLATE "C",
    window_key date   NOT NULL,
    gained     bigint NOT NULL,
    lost       bigint NOT NULL,
    CONSTRAINT job_changes_pkey PRIMARY KEY (job_id, user_id, window_key)
);
