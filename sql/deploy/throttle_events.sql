-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:throttle_events to pg
--
-- A guess that came too soon is an event too. The constraint comes NOT VALID, so that the table is
-- locked for a moment only, however large it is: throttle_events_checked looks at the old rows.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

ALTER TABLE latchkey.audit_events
  DROP CONSTRAINT audit_events_event_check,
  ADD CONSTRAINT audit_events_event_check CHECK (event IN (
    'registered', 'logged_in', 'login_failed', 'refresh_reused', 'logged_out', 'logged_out_all',
    'session_revoked', 'user_updated', 'user_deactivated', 'password_changed',
    'password_change_failed',
    'user_created', 'user_imported', 'user_activated', 'password_reset', 'sessions_revoked',
    'purge_started',
    'login_throttled', 'password_change_throttled')) NOT VALID;

COMMIT;
