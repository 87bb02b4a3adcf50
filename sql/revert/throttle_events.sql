-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:throttle_events from pg
--
-- The events stay in the table: nothing is deleted that a purge would keep. So the old constraint
-- comes back for new rows only.

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
    'purge_started')) NOT VALID;

COMMIT;
