-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:login_addresses on pg

BEGIN;

SELECT user_id, network, last_success FROM latchkey.login_addresses WHERE false;

SELECT 1 / (pg_get_userbyid(c.relowner) = 'latchkey_owner'
            AND NOT has_table_privilege('latchkey_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            AND NOT has_any_column_privilege('latchkey_app', c.oid, 'SELECT, UPDATE'))::integer
  FROM pg_class c WHERE c.oid = 'latchkey.login_addresses'::regclass;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND NOT p.prosecdef
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.network_of(inet)'::regprocedure,
         'latchkey.remember_address(bigint, inet)'::regprocedure);

SELECT 1 / (strpos(p.prosrc, 'remember_address') > 0)::integer
  FROM pg_proc p
 WHERE p.oid = 'latchkey.register_user(text, text, text, uuid, integer, inet, text, text)'
                 ::regprocedure;

ROLLBACK;
