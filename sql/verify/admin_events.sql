-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:admin_events on pg

BEGIN;

SELECT actor FROM latchkey.audit_events WHERE false;

SELECT 1 / (pg_get_constraintdef(c.oid) LIKE '%purge_started%')::integer
  FROM pg_constraint c
 WHERE c.conrelid = 'latchkey.audit_events'::regclass AND c.conname = 'audit_events_event_check';

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND NOT p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid = 'latchkey.record_admin_event(text, bigint, uuid, text, text)'::regprocedure;

ROLLBACK;
