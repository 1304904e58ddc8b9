-- What operators define: rewards, events, offers. Small; every process holds it in memory.

-- The fence: every batch reads this row under a shared advisory lock, every change of the catalog raises the version under the
-- exclusive one. The generation is that of the activity log (0002).
CREATE TABLE catalog (
    single           boolean     NOT NULL DEFAULT true CONSTRAINT catalog_pkey PRIMARY KEY CONSTRAINT catalog_is_one_row CHECK (single),
    version          bigint      NOT NULL,
    generation       int         NOT NULL,
    generation_since timestamptz NOT NULL
);

INSERT INTO catalog (version, generation, generation_since) VALUES (1, 1, now());

CREATE TABLE rewards (
    id         uuid        NOT NULL CONSTRAINT rewards_pkey PRIMARY KEY,
    name       text        NOT NULL,
    contents   jsonb       NOT NULL,
    stock      bigint      CONSTRAINT rewards_stock_in_range CHECK (stock >= 0),
    version    int         NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE events (
    id                   uuid        NOT NULL CONSTRAINT events_pkey PRIMARY KEY,
    status               text        NOT NULL CONSTRAINT events_status_known CHECK (status IN ('draft', 'active', 'inactive')),
    title                text        NOT NULL,
    description          text        NOT NULL,
    starts_at            timestamptz NOT NULL,
    ends_at              timestamptz NOT NULL,
    time_zone            text        NOT NULL,
    day_starts_at        time        NOT NULL,
    repeats              text        NOT NULL CONSTRAINT events_repeats_known CHECK (repeats IN ('once', 'daily', 'weekly', 'monthly')),
    claim_within_seconds bigint      NOT NULL,
    condition            jsonb       NOT NULL,
    version              int         NOT NULL,
    epoch                int         NOT NULL DEFAULT 0, -- raised when stored progress has to be folded anew
    settled_epoch        int         NOT NULL DEFAULT 0, -- the last epoch whose catch-up is done
    next_ordinal         int         NOT NULL,           -- of the next offer; never given twice, since progress remembers met offers by it
    first_activated_at   timestamptz,
    created_at           timestamptz NOT NULL,
    created_by           text        NOT NULL,
    updated_at           timestamptz NOT NULL,
    CONSTRAINT events_end_after_start CHECK (ends_at > starts_at)
);

CREATE INDEX events_by_status ON events (status, id DESC);

CREATE TABLE offers (
    id                uuid        NOT NULL CONSTRAINT offers_pkey PRIMARY KEY,
    event_id          uuid        NOT NULL CONSTRAINT offers_event REFERENCES events (id) ON DELETE CASCADE,
    ordinal           int         NOT NULL CONSTRAINT offers_ordinal_in_range CHECK (ordinal BETWEEN 1 AND 62),
    reward_id         uuid        NOT NULL CONSTRAINT offers_reward REFERENCES rewards (id),
    condition         jsonb,      -- null: the event's
    requires_approval boolean     NOT NULL,
    auto_claim        boolean     NOT NULL,
    stock             bigint      CONSTRAINT offers_stock_in_range CHECK (stock >= 0),
    closed            boolean     NOT NULL DEFAULT false,
    created_at        timestamptz NOT NULL,
    CONSTRAINT offers_one_per_reward UNIQUE (event_id, reward_id),
    CONSTRAINT offers_ordinal_unique UNIQUE (event_id, ordinal)
);

CREATE INDEX offers_by_reward ON offers (reward_id);

-- Every state that an event has had, who made it and when.
CREATE TABLE event_versions (
    event_id   uuid        NOT NULL CONSTRAINT event_versions_event REFERENCES events (id) ON DELETE CASCADE,
    version    int         NOT NULL,
    change     text        NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text        NOT NULL,
    content    jsonb       NOT NULL,
    CONSTRAINT event_versions_pkey PRIMARY KEY (event_id, version)
);

-- An event whose fold failed: its activities are kept but not folded, until an operator lets it be folded anew.
CREATE TABLE quarantines (
    event_id uuid        NOT NULL CONSTRAINT quarantines_pkey PRIMARY KEY CONSTRAINT quarantines_event REFERENCES events (id) ON DELETE CASCADE,
    since    timestamptz NOT NULL,
    reason   text        NOT NULL
);
