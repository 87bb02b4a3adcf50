-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:login_attempts on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('latchkey_admin', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.login_attempt(text, text, integer, integer, integer, inet, text, text)'
           ::regprocedure,
         'latchkey.login_accepted(bigint, text, text, bytea, uuid, integer, inet, text, text)'
           ::regprocedure,
         'latchkey.login_refused(bigint, text, bytea, integer, inet, text, text)'::regprocedure);

ROLLBACK;
