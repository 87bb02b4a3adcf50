-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:login_throttle on pg

BEGIN;

SELECT key, last_at, attempts, is_refusal_recorded FROM latchkey.login_throttle WHERE false;

-- No index but that of the key: else an attempt would no longer be a HOT update.
SELECT 1 / (count(*) = 1)::integer
  FROM pg_index i WHERE i.indrelid = 'latchkey.login_throttle'::regclass;

SELECT 1 / (pg_get_userbyid(c.relowner) = 'latchkey_owner'
            AND NOT has_table_privilege('latchkey_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            AND NOT has_any_column_privilege('latchkey_app', c.oid, 'SELECT, UPDATE'))::integer
  FROM pg_class c WHERE c.oid = 'latchkey.login_throttle'::regclass;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND NOT p.prosecdef
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.throttle_key(text, text)'::regprocedure,
         'latchkey.throttle_wait_ms(integer, timestamptz, integer, integer)'::regprocedure,
         'latchkey.throttle_count(bytea, integer, integer, integer)'::regprocedure,
         'latchkey.throttle_claim(bytea, boolean, integer, integer, integer)'::regprocedure);

ROLLBACK;
