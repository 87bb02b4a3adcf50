-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:users on pg

BEGIN;

SELECT id, created_at, updated_at, last_login, is_active, email, username, password_hash
  FROM latchkey.users WHERE false;

SELECT 1 / (count(*) = 3)::integer
  FROM pg_index i
 WHERE i.indexrelid IN ('latchkey.users_pkey'::regclass, 'latchkey.users_email_key'::regclass,
                        'latchkey.users_username_key'::regclass)
   AND i.indisunique AND i.indisvalid;

SELECT 1 / (pg_get_userbyid(c.relowner) = 'latchkey_owner'
            AND NOT has_table_privilege('latchkey_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            AND NOT has_any_column_privilege('latchkey_app', c.oid, 'SELECT, UPDATE'))::integer
  FROM pg_class c WHERE c.oid = 'latchkey.users'::regclass;

ROLLBACK;
