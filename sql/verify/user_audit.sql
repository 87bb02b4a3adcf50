-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:user_audit on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND has_function_privilege('latchkey_admin', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.admin_list_events(bigint, integer)'::regprocedure);

ROLLBACK;
