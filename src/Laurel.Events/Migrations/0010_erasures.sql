-- Whom Laurel was asked to forget. Each request is done once, by its id; what is done stands in its job.
CREATE TABLE erasures (
    created_at timestamptz NOT NULL,
    id         uuid        NOT NULL,
    job_id     uuid        NOT NULL CONSTRAINT erasures_job REFERENCES jobs (id),
    user_id    text        NOT NULL COLLATE "C",
    CONSTRAINT erasures_pkey PRIMARY KEY (user_id, id)
);

-- How often the database had no time for the batch that comes next: that is no attempt of the job's, and never fails it.
ALTER TABLE jobs ADD COLUMN delays int NOT NULL DEFAULT 0;

-- What an erasure takes when it takes the balance.
ALTER TABLE transfers
    DROP CONSTRAINT transfers_kind_known,
    ADD CONSTRAINT transfers_kind_known CHECK (kind IN ('reward', 'credit', 'debit', 'reversal', 'forfeit'));

-- An erasure, like a void, changes what stored activities come to: whoever reads the catalog asks whether one is under way.
DROP INDEX jobs_open_voids;
CREATE INDEX jobs_open_mendings ON jobs (kind) WHERE kind IN ('void', 'erasure') AND status IN ('queued', 'running', 'failed');

-- Answers to grants are kept for good and tell of a claim, where an erasure looks for them; whoever granted it may have granted a million.
CREATE INDEX idempotency_keys_of_grants ON idempotency_keys ((answer::jsonb ->> 'id')) WHERE lasting;
