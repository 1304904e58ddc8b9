-- Who changed what. A row is written by the transaction that makes the change; it is never changed and never goes. The same tables
-- stand in the database of each service.
CREATE SEQUENCE audit_ids;

CREATE TABLE audit (
    at                 timestamptz NOT NULL DEFAULT now(),
    id                 bigint      NOT NULL CONSTRAINT audit_pkey PRIMARY KEY,
    actor_kind         text        NOT NULL CONSTRAINT audit_actor_kind_known CHECK (actor_kind IN ('person', 'service', 'laurel')),
    actor              text        NOT NULL COLLATE "C",
    actor_role         text,
    action             text        NOT NULL COLLATE "C",
    subject_kind       text        NOT NULL COLLATE "C",
    subject_id         text        NOT NULL COLLATE "C",
    person             text        COLLATE "C", -- whose data the change tells, where it is somebody's
    trace_id           text,
    change             json,       -- before and after, where they are nobody's data; kept to the letter, since it is hashed
    address_commitment bytea,      -- of what audit_personal holds: SHA-256 of the salt and the text
    change_commitment  bytea
);

CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_actor ON audit (actor, at, id);
CREATE INDEX audit_by_action ON audit (action, at, id);
CREATE INDEX audit_by_subject ON audit (subject_id, at, id);
CREATE INDEX audit_by_person ON audit (person) WHERE person IS NOT NULL;

-- What can tell who somebody is: whence an actor came, and changes that tell of a person. It goes when they are erased.
CREATE TABLE audit_personal (
    audit_id bigint NOT NULL,
    part     text   NOT NULL CONSTRAINT audit_personal_part_known CHECK (part IN ('address', 'change')),
    salt     bytea  NOT NULL,
    body     text   NOT NULL,
    CONSTRAINT audit_personal_pkey PRIMARY KEY (audit_id, part)
);

-- Rows that wait to be chained: until all older transactions have ended.
CREATE TABLE audit_unchained (
    xid      xid8   NOT NULL DEFAULT pg_current_xact_id(),
    audit_id bigint NOT NULL CONSTRAINT audit_unchained_pkey PRIMARY KEY
);

CREATE INDEX audit_unchained_in_order ON audit_unchained (xid, audit_id);

-- The order of all rows, without a gap; each hash covers its row and the hash before it.
CREATE TABLE audit_chain (
    seq      bigint NOT NULL CONSTRAINT audit_chain_pkey PRIMARY KEY CONSTRAINT audit_chain_from_one CHECK (seq > 0),
    audit_id bigint NOT NULL CONSTRAINT audit_chain_once UNIQUE,
    hash     bytea  NOT NULL CONSTRAINT audit_chain_hash_whole CHECK (octet_length(hash) = 32)
);

-- How long the chain was, and its hash there, signed with a key that the database does not know.
CREATE TABLE audit_checkpoints (
    at        timestamptz NOT NULL,
    seq       bigint      NOT NULL CONSTRAINT audit_checkpoints_pkey PRIMARY KEY,
    hash      bytea       NOT NULL,
    signature bytea       NOT NULL
);

-- The second line of defence: the first is that the role of the running service may not do it at all.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed and never go.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_chain_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_personal_unchanged BEFORE UPDATE OR TRUNCATE ON audit_personal EXECUTE FUNCTION refuse_change();
