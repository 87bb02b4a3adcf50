-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:sessions on pg

BEGIN;

SELECT id, user_id, created_at, rotated_at, last_used_at, expires_at, revoked_at, counter, ip,
       revoke_reason, user_agent
  FROM latchkey.sessions WHERE false;

SELECT 'latchkey.sessions_pkey'::regclass, 'latchkey.sessions_user_id_created_at_idx'::regclass;

-- No index depends on a column that a refresh changes: as a key or by INCLUDE (indkey), or in an
-- expression or a predicate (pg_depend).
SELECT 1 / (count(*) = 0)::integer
  FROM pg_index i
  JOIN pg_attribute a ON a.attrelid = i.indrelid
 WHERE i.indrelid = 'latchkey.sessions'::regclass
   AND a.attname IN ('counter', 'rotated_at', 'last_used_at', 'expires_at', 'ip', 'user_agent')
   AND (a.attnum = ANY (i.indkey)
        OR EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
                      AND d.refobjsubid = a.attnum));

SELECT 1 / (pg_get_userbyid(c.relowner) = 'latchkey_owner'
            AND NOT has_table_privilege('latchkey_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            AND NOT has_any_column_privilege('latchkey_app', c.oid, 'SELECT, UPDATE'))::integer
  FROM pg_class c WHERE c.oid = 'latchkey.sessions'::regclass;

ROLLBACK;
