-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:sessions to pg
--
-- One row per login on one device. A refresh is one UPDATE of its row, so the table grows with
-- logins, not with refreshes, and that UPDATE must stay HOT (a new version on the same page, no
-- index touched): no index may name a column that a refresh changes, which are counter, rotated_at,
-- last_used_at, expires_at, ip and user_agent, in its keys, its INCLUDE list or its predicate.
--
-- So there is no index on expires_at, and a purge does not look for expired rows: it sweeps the
-- table in physical order, a range of pages a batch (ctid >= '(n,0)' AND ctid < '(n+500,0)'), and
-- deletes what it finds expired or revoked for long enough. One sweep reads each page once. Before
-- PostgreSQL 14, which cannot scan a range of ctids, it collects ids in one pass and deletes by
-- primary key.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

CREATE TABLE latchkey.sessions (
  id            uuid NOT NULL,
  user_id       bigint NOT NULL,
  created_at    timestamptz(3) NOT NULL,
  rotated_at    timestamptz(3) NOT NULL,
  last_used_at  timestamptz(3) NOT NULL,
  expires_at    timestamptz(3) NOT NULL,
  revoked_at    timestamptz(3),
  counter       integer NOT NULL DEFAULT 0,
  ip            inet,
  revoke_reason text,
  user_agent    text,

  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id)
    REFERENCES latchkey.users (id) ON DELETE CASCADE,
  CONSTRAINT sessions_counter_check CHECK (counter >= 0),
  CONSTRAINT sessions_revoke_reason_check CHECK (revoke_reason IN (
    'logout', 'logout_all', 'revoked', 'reused', 'password_changed', 'deactivated')),
  CONSTRAINT sessions_revoked_check CHECK (revoke_reason IS NULL OR revoked_at IS NOT NULL),
  CONSTRAINT sessions_user_agent_check CHECK (char_length(user_agent) <= 512)
)
-- A fifth of each page is left for new versions; pruning gives it back. Vacuum sooner than the
-- default fifth of the table, since this is the table where the dead rows are.
WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- For everything that concerns all sessions of one user; created_at, so that the newest hundred are
-- found without sorting the rest.
CREATE INDEX sessions_user_id_created_at_idx ON latchkey.sessions (user_id, created_at);

COMMENT ON TABLE latchkey.sessions IS
  'Logins; live while revoked_at is null and expires_at lies ahead';
COMMENT ON COLUMN latchkey.sessions.id IS 'Random, made by the program; the "sid" of tokens';
COMMENT ON COLUMN latchkey.sessions.user_id IS 'Whose session';
COMMENT ON COLUMN latchkey.sessions.created_at IS 'When the user logged in';
COMMENT ON COLUMN latchkey.sessions.rotated_at IS
  'When the current refresh token was issued; the leeway for the one before counts from here';
COMMENT ON COLUMN latchkey.sessions.last_used_at IS 'Last refresh, or the login';
COMMENT ON COLUMN latchkey.sessions.expires_at IS
  'End of the current refresh token and the session';
COMMENT ON COLUMN latchkey.sessions.revoked_at IS
  'When it was ended before its time; null = was not';
COMMENT ON COLUMN latchkey.sessions.counter IS
  'Which refresh token is the current one; those with a lower counter are used up';
COMMENT ON COLUMN latchkey.sessions.ip IS 'Client address of the login or the last refresh';
COMMENT ON COLUMN latchkey.sessions.revoke_reason IS 'What ended it; null also if ended by hand';
COMMENT ON COLUMN latchkey.sessions.user_agent IS
  'User-Agent of the login or the last refresh, cut at 512 characters';

COMMIT;
