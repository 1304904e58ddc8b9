-- That somebody was erased is told to the events service; the row goes when it has heard of it.
ALTER TABLE outbox
    DROP CONSTRAINT outbox_kind_known,
    ADD CONSTRAINT outbox_kind_known CHECK (kind IN ('login', 'login_activity', 'erasure'));
