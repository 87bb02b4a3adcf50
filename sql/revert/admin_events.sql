-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:admin_events from pg
--
-- What administrators did stays in the table, without who did it: nothing is deleted that a purge
-- would keep. So the old constraint comes back for new rows only.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.record_admin_event(text, bigint, uuid, text, text);

ALTER TABLE latchkey.audit_events
  DROP COLUMN actor,
  DROP CONSTRAINT audit_events_event_check,
  ADD CONSTRAINT audit_events_event_check CHECK (event IN (
    'registered', 'logged_in', 'login_failed', 'refresh_reused', 'logged_out', 'logged_out_all',
    'session_revoked', 'user_updated', 'user_deactivated', 'password_changed',
    'password_change_failed')) NOT VALID;

COMMIT;
