-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:throttle_purge on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND has_function_privilege('latchkey_admin', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.purge_throttle(bigint, bytea, integer)'::regprocedure,
         'latchkey.purge_addresses(bigint, bigint, integer)'::regprocedure);

ROLLBACK;
