-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:password_attempts on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('latchkey_admin', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.password_attempt(uuid, bigint, integer, integer, integer, inet, text, text)'
           ::regprocedure);

SELECT 1 / (strpos(p.prosrc, 'login_throttle') > 0)::integer
  FROM pg_proc p
 WHERE p.oid = 'latchkey.password_change(uuid, bigint, text, text, inet, text, text)'::regprocedure;

SELECT 1 / (schema_version >= 4)::integer FROM latchkey.readiness();

ROLLBACK;
