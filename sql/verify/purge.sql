-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:purge on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND has_function_privilege('latchkey_admin', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.purge_begin(bigint, bigint, text)'::regprocedure,
         'latchkey.purge_sessions(bigint, bigint, integer)'::regprocedure,
         'latchkey.purge_audit_events(bigint, bigint, integer)'::regprocedure,
         'latchkey.purge_end()'::regprocedure);

ROLLBACK;
