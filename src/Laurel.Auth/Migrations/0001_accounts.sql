-- Accounts, their sessions, and what surrounds a sign-in.

CREATE TABLE accounts (
    id             uuid        NOT NULL CONSTRAINT accounts_pkey PRIMARY KEY,
    email          text,       -- ASCII; as the user wrote it
    password_hash  text,
    nickname       text,
    role           text        NOT NULL CONSTRAINT accounts_role_known CHECK (role IN ('USER', 'OPERATOR', 'AUDITOR', 'ADMIN')),
    active         boolean     NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL,
    last_logout_at timestamptz,
    erased_at      timestamptz,
    CONSTRAINT accounts_whole_or_erased CHECK (
        (erased_at IS NULL AND email IS NOT NULL AND password_hash IS NOT NULL AND nickname IS NOT NULL)
        OR (erased_at IS NOT NULL AND email IS NULL AND password_hash IS NULL AND nickname IS NULL AND NOT active))
);

CREATE UNIQUE INDEX accounts_email_unique ON accounts (lower(email));
CREATE INDEX accounts_by_role ON accounts (role, id DESC);

-- A session is one family of refresh tokens: the current one's hash, and the one before it for replay and grace.
CREATE TABLE sessions (
    id            uuid        NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    account_id    uuid        NOT NULL CONSTRAINT sessions_account REFERENCES accounts (id),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    address       text,
    user_agent    text,
    token_hash    bytea       NOT NULL,
    previous_hash bytea,
    rotated_at    timestamptz,
    ended_at      timestamptz,
    end_reason    text        CONSTRAINT sessions_end_reason_known
        CHECK (end_reason IN ('logout', 'ended_by_user', 'password_changed', 'account_changed', 'account_erased', 'token_replayed')),
    CONSTRAINT sessions_ended_with_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

CREATE INDEX sessions_alive ON sessions (account_id, id DESC) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Sessions (and grants of service accounts) that ended while access tokens of theirs may be alive. Every process polls it.
CREATE TABLE revocations (
    id         uuid        NOT NULL CONSTRAINT revocations_pkey PRIMARY KEY,
    revoked_at timestamptz NOT NULL
);

CREATE INDEX revocations_by_time ON revocations (revoked_at);

-- What happened here and is to be told elsewhere, written in the transaction in which it happened.
CREATE TABLE outbox (
    id         uuid        NOT NULL CONSTRAINT outbox_pkey PRIMARY KEY,
    kind       text        NOT NULL CONSTRAINT outbox_kind_known CHECK (kind IN ('login')),
    account_id uuid        NOT NULL,
    body       jsonb       NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX outbox_by_account ON outbox (account_id);

CREATE TABLE logins (
    id         uuid        NOT NULL CONSTRAINT logins_pkey PRIMARY KEY,
    account_id uuid        NOT NULL CONSTRAINT logins_account REFERENCES accounts (id),
    session_id uuid        NOT NULL,
    at         timestamptz NOT NULL,
    address    text,
    network    text,       -- as throttles count it: failed logins from where one last succeeded do not lock the account
    user_agent text
);

CREATE INDEX logins_by_time ON logins (at);
CREATE INDEX logins_by_account ON logins (account_id, id DESC);

-- How often something was tried in its current window. The row is the guard: an attempt is counted before it is made.
CREATE TABLE throttles (
    bucket      bytea       NOT NULL CONSTRAINT throttles_pkey PRIMARY KEY,
    attempts    integer     NOT NULL,
    window_ends timestamptz NOT NULL
);

CREATE INDEX throttles_by_end ON throttles (window_ends);

CREATE TABLE service_accounts (
    id                uuid        NOT NULL CONSTRAINT service_accounts_pkey PRIMARY KEY,
    name              text        NOT NULL CONSTRAINT service_accounts_name_unique UNIQUE,
    scopes            text[]      NOT NULL,
    secret_hash       bytea       NOT NULL,
    grant_id          uuid        NOT NULL, -- the `sid` of its tokens; a new one ends the old tokens
    active            boolean     NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL,
    secret_rotated_at timestamptz NOT NULL
);

-- RSA keys of access tokens; the private half sealed under the master key.
CREATE TABLE signing_keys (
    kid          text        NOT NULL CONSTRAINT signing_keys_pkey PRIMARY KEY,
    sealed       bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    activates_at timestamptz NOT NULL, -- published before it signs, so that verifiers know it in time
    retires_at   timestamptz           -- tokens that it signed are refused from then on
);
