-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:administration on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND p.prosecdef
            AND p.proconfig = ARRAY['search_path=""']
            AND has_function_privilege('latchkey_admin', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.admin_list_users(text, text, boolean, text, integer)'::regprocedure,
         'latchkey.admin_find_user(bigint, text, text)'::regprocedure,
         'latchkey.admin_create_user(text, text, text, text)'::regprocedure,
         'latchkey.admin_set_active(bigint, boolean, text)'::regprocedure,
         'latchkey.admin_reset_password(bigint, text, text)'::regprocedure,
         'latchkey.admin_list_sessions(bigint, integer)'::regprocedure,
         'latchkey.admin_revoke_session(uuid, bigint, text)'::regprocedure,
         'latchkey.admin_revoke_sessions(bigint, text)'::regprocedure);

ROLLBACK;
