-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:admin_events to pg
--
-- What administrators do is audited like what users do, with who did it in a column of its own. Both
-- constraints come NOT VALID, so that the table is locked for a moment only, however large it is:
-- admin_events_checked looks at the old rows.

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

ALTER TABLE latchkey.audit_events
  ADD COLUMN actor text,
  ADD CONSTRAINT audit_events_actor_check CHECK (char_length(actor) <= 100) NOT VALID,
  DROP CONSTRAINT audit_events_event_check,
  ADD CONSTRAINT audit_events_event_check CHECK (event IN (
    'registered', 'logged_in', 'login_failed', 'refresh_reused', 'logged_out', 'logged_out_all',
    'session_revoked', 'user_updated', 'user_deactivated', 'password_changed',
    'password_change_failed',
    'user_created', 'user_imported', 'user_activated', 'password_reset', 'sessions_revoked',
    'purge_started')) NOT VALID;
COMMENT ON COLUMN latchkey.audit_events.actor IS
  'Which administrator did it, such as cli:root; null = the user, or a stranger';

CREATE FUNCTION latchkey.record_admin_event(
  p_event text, p_user_id bigint, p_session_id uuid, p_detail text, p_actor text) RETURNS void
LANGUAGE plpgsql SET search_path = ''
AS $$
BEGIN
  IF coalesce(p_actor, '') = '' THEN
    RAISE not_null_violation USING MESSAGE = 'who does this?';
  END IF;
  INSERT INTO latchkey.audit_events (event, user_id, session_id, detail, actor)
  VALUES (p_event, p_user_id, p_session_id, left(p_detail, 200), left(p_actor, 100));
END
$$;
COMMENT ON FUNCTION latchkey.record_admin_event(text, bigint, uuid, text, text) IS
  'Internal: writes one audit event of an administrator, who must be named';

COMMIT;
