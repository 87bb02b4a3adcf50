-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:audit_events on pg

BEGIN;

SELECT id, at, user_id, session_id, ip, event, detail, request_id, user_agent
  FROM latchkey.audit_events WHERE false;

SELECT 'latchkey.audit_events_user_id_id_idx'::regclass;

SELECT 1 / (pg_get_userbyid(c.relowner) = 'latchkey_owner'
            AND NOT has_table_privilege('latchkey_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            AND NOT has_any_column_privilege('latchkey_app', c.oid, 'SELECT, UPDATE'))::integer
  FROM pg_class c WHERE c.oid = 'latchkey.audit_events'::regclass;

ROLLBACK;
