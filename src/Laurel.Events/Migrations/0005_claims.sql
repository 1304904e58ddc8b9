-- What users have asked for and been given. A claim that was told to anybody is never deleted.

-- How many there are of a reward or an offer, where there is an end of them. A claim takes its units with it, and gives them back
-- when it comes to nothing.
CREATE TABLE stocks (
    owner  uuid   NOT NULL CONSTRAINT stocks_pkey PRIMARY KEY, -- the reward or the offer
    total  bigint,              -- null: there is no end of them any more
    taken  bigint NOT NULL DEFAULT 0,
    latest bigint NOT NULL DEFAULT 0, -- how many the last batch took
    CONSTRAINT stocks_taken_in_range CHECK (taken >= 0 AND taken <= total)
) WITH (fillfactor = 10);

CREATE TABLE claims (
    created_at   timestamptz NOT NULL,
    decided_at   timestamptz, -- when somebody approved, rejected, cancelled or revoked it
    completed_at timestamptz,
    points       bigint      NOT NULL, -- what it pays into the wallet
    holds        smallint    NOT NULL, -- what it has taken: 1 a unit of the reward's stock, 2 of the offer's, 4 codes out of pools
    version      int         NOT NULL DEFAULT 1, -- raised by every change of its state
    decide_by    timestamptz, -- of one that waits for approval: when Laurel decides, if nobody has
    window_key   date,        -- with event and offer; null: granted by hand
    id           uuid        NOT NULL,
    event_id     uuid,
    offer_id     uuid,
    reward_id    uuid        NOT NULL,
    user_id      text        NOT NULL COLLATE "C",
    status       text        NOT NULL CONSTRAINT claims_status_known
        CHECK (status IN ('pending', 'processing', 'completed', 'rejected', 'reopened', 'failed', 'revoked')),
    origin       text        NOT NULL CONSTRAINT claims_origin_known CHECK (origin IN ('user', 'auto', 'operator')),
    reward_name  text        NOT NULL,
    contents     jsonb       NOT NULL, -- what was promised, whatever becomes of the reward
    on_deadline  text        CONSTRAINT claims_on_deadline_known CHECK (on_deadline IN ('approve', 'reject')),
    decided_by   text,
    reason       text,
    granted_by   text,        -- by hand, and why
    grant_reason text,
    CONSTRAINT claims_pkey PRIMARY KEY (user_id, id),
    CONSTRAINT claims_deadline_whole CHECK ((decide_by IS NULL) = (on_deadline IS NULL)),
    CONSTRAINT claims_of_an_offer_or_by_hand CHECK (
        num_nonnulls(event_id, offer_id, window_key) = CASE origin WHEN 'operator' THEN 0 ELSE 3 END
        AND num_nonnulls(granted_by, grant_reason) = CASE origin WHEN 'operator' THEN 2 ELSE 0 END)
) WITH (fillfactor = 90);

-- What decides that a reward is paid once. A reopened one was rejected in a way that allows another try.
CREATE UNIQUE INDEX claims_one_per_key ON claims (user_id, event_id, offer_id, window_key) WHERE status <> 'reopened';
CREATE INDEX claims_by_id ON claims (id);

-- The history (ClaimReader). Those that are completed are most, and are found by their ids; so is what pays points.
CREATE INDEX claims_by_offer ON claims (offer_id, status, id);
CREATE INDEX claims_by_status ON claims (status, id) WHERE status <> 'completed';
CREATE INDEX claims_with_items ON claims (id) WHERE contents @> '[{"type": "item"}]';
CREATE INDEX claims_with_coupons ON claims (id) WHERE contents @> '[{"type": "coupon"}]';
CREATE INDEX claims_with_badges ON claims (id) WHERE contents @> '[{"type": "badge"}]';
CREATE INDEX claims_with_custom ON claims (id) WHERE contents @> '[{"type": "custom"}]';
CREATE INDEX claims_by_deadline ON claims (decide_by) WHERE status = 'pending' AND decide_by IS NOT NULL;

-- What an offer says of claims that nobody decides about.
ALTER TABLE offers
    ADD COLUMN approval_deadline_seconds bigint CONSTRAINT offers_approval_deadline_positive CHECK (approval_deadline_seconds > 0),
    ADD COLUMN on_deadline               text   CONSTRAINT offers_on_deadline_known CHECK (on_deadline IN ('approve', 'reject')),
    ADD CONSTRAINT offers_deadline_whole CHECK ((approval_deadline_seconds IS NULL) = (on_deadline IS NULL));

-- What is to be claimed for users, since they have met the condition of an offer that claims itself. A hint: the claim's key decides, and
-- whoever works on one judges anew. A row goes with the claim that settles it, unless it was noted again meanwhile.
CREATE TABLE claim_due (
    due_at     timestamptz NOT NULL DEFAULT now(), -- whoever works on it puts this off: a lease
    version    int         NOT NULL DEFAULT 1,     -- raised each time that it is noted again
    attempts   int         NOT NULL DEFAULT 0,
    window_key date        NOT NULL,
    event_id   uuid        NOT NULL,
    offer_id   uuid        NOT NULL,
    user_id    text        NOT NULL COLLATE "C",
    CONSTRAINT claim_due_pkey PRIMARY KEY (user_id, event_id, offer_id, window_key)
) WITH (fillfactor = 75);

CREATE INDEX claim_due_by_time ON claim_due (due_at);

-- Attempts to claim that were refused, counted by user, offer, reason and day. Kept for a while; nothing depends on it.
CREATE TABLE refused_claims (
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    count    bigint      NOT NULL,
    day      date        NOT NULL, -- in UTC
    id       uuid        NOT NULL CONSTRAINT refused_claims_pkey PRIMARY KEY,
    event_id uuid        NOT NULL,
    offer_id uuid,                 -- null: all offers at once
    user_id  text        NOT NULL COLLATE "C",
    code     text        NOT NULL COLLATE "C",
    CONSTRAINT refused_claims_once UNIQUE NULLS NOT DISTINCT (user_id, day, event_id, offer_id, code)
) WITH (fillfactor = 90);

CREATE INDEX refused_claims_by_event ON refused_claims (event_id, id);

-- Answers to requests that came with an Idempotency-Key, stored with their effect.
CREATE TABLE idempotency_keys (
    created_at  timestamptz NOT NULL DEFAULT now(),
    lasting     boolean     NOT NULL DEFAULT false, -- kept for good: nothing else keeps its effect from happening again
    subject     text        NOT NULL COLLATE "C",
    key         text        NOT NULL COLLATE "C",
    fingerprint bytea       NOT NULL, -- of the request
    answer      text        NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (subject, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING brin (created_at);
