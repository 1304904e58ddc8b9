-- Work in the background, in bounded batches; each batch moves the cursor in its own transaction.
CREATE TABLE jobs (
    id          uuid        NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    kind        text        NOT NULL,
    event_id    uuid        CONSTRAINT jobs_event REFERENCES events (id) ON DELETE CASCADE,
    epoch       int,        -- of the event, when it was asked for; a newer one supersedes the job
    status      text        NOT NULL CONSTRAINT jobs_status_known CHECK (status IN ('queued', 'running', 'done', 'failed', 'superseded')),
    input       jsonb       NOT NULL,
    cursor      jsonb,      -- where it stands
    done        bigint      NOT NULL DEFAULT 0,
    to_go       bigint,
    result      jsonb,
    attempts    int         NOT NULL DEFAULT 0, -- at the batch that comes next
    reason      text,       -- why it failed, or failed last
    created_at  timestamptz NOT NULL,
    created_by  text        NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz,
    lease       uuid,       -- whoever works on it; only under this lease may it be moved on
    free_at     timestamptz NOT NULL DEFAULT now() -- from when on anybody may take it: the end of a lease, or of a pause after a failure
);

CREATE INDEX jobs_open ON jobs (free_at, id) WHERE status IN ('queued', 'running');
CREATE INDEX jobs_by_event ON jobs (event_id, id DESC);

-- Whoever reads the catalog asks whether activities are being taken back.
CREATE INDEX jobs_open_voids ON jobs (kind) WHERE kind = 'void' AND status IN ('queued', 'running', 'failed');

-- Whom a job has still to do with, where finding that out again would cost too much.
CREATE TABLE job_users (
    job_id  uuid NOT NULL CONSTRAINT job_users_job REFERENCES jobs (id) ON DELETE CASCADE,
    user_id text NOT NULL COLLATE "C",
    CONSTRAINT job_users_pkey PRIMARY KEY (job_id, user_id)
);

-- What a job changed for users: offers (by their ordinals; bit 0 is the event's condition) whose conditions they meet now and did not
-- before, or no longer.
CREATE TABLE job_changes (
    job_id     uuid   NOT NULL CONSTRAINT job_changes_job REFERENCES jobs (id) ON DELETE CASCADE,
    event_id   uuid   NOT NULL,
    window_key date   NOT NULL,
    user_id    text   NOT NULL COLLATE "C",
    gained     bigint NOT NULL,
    lost       bigint NOT NULL,
    CONSTRAINT job_changes_pkey PRIMARY KEY (job_id, user_id, event_id, window_key)
);
