-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:audit_events to pg
--
-- Who did what, when, from where: one row per event, written in the transaction of the deed, never
-- changed. No foreign keys: a row outlives the session and the user it speaks of, and neither a
-- purge nor an insert should have to lock or look up those tables.
--
-- No index on "at": ids ascend with time, so a purge takes the lowest ids first and stops at the
-- first batch that holds a row young enough to keep.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE TABLE latchkey.audit_events (
  id         bigint GENERATED ALWAYS AS IDENTITY,
  at         timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  user_id    bigint,
  session_id uuid,
  ip         inet,
  event      text NOT NULL,
  detail     text,
  request_id text,
  user_agent text,

  CONSTRAINT audit_events_pkey PRIMARY KEY (id),
  CONSTRAINT audit_events_event_check CHECK (event IN (
    'registered', 'logged_in', 'login_failed', 'refresh_reused', 'logged_out', 'logged_out_all',
    'session_revoked', 'user_updated', 'user_deactivated', 'password_changed',
    'password_change_failed')),
  CONSTRAINT audit_events_detail_check CHECK (char_length(detail) <= 200),
  CONSTRAINT audit_events_request_id_check CHECK (char_length(request_id) <= 64),
  CONSTRAINT audit_events_user_agent_check CHECK (char_length(user_agent) <= 512)
);

-- One user's history, in order.
CREATE INDEX audit_events_user_id_id_idx ON latchkey.audit_events (user_id, id)
  WHERE user_id IS NOT NULL;

COMMENT ON TABLE latchkey.audit_events IS 'What happened to accounts and sessions; append only';
COMMENT ON COLUMN latchkey.audit_events.id IS 'Ascends with time; gaps mean nothing';
COMMENT ON COLUMN latchkey.audit_events.at IS 'When it was written, by the clock of the server';
COMMENT ON COLUMN latchkey.audit_events.user_id IS
  'The user it concerns; null when a login named nobody (what was typed is not kept)';
COMMENT ON COLUMN latchkey.audit_events.session_id IS 'The session it concerns, if any';
COMMENT ON COLUMN latchkey.audit_events.ip IS 'Client address of the request';
COMMENT ON COLUMN latchkey.audit_events.event IS 'What happened';
COMMENT ON COLUMN latchkey.audit_events.detail IS
  'A reason or the names of the fields changed; never a value, never a secret';
COMMENT ON COLUMN latchkey.audit_events.request_id IS 'X-Request-ID, as in the logs';
COMMENT ON COLUMN latchkey.audit_events.user_agent IS 'User-Agent, cut at 512 characters';

COMMIT;
