-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:admin_role on pg

BEGIN;

-- The role is no more than it should be.
SELECT 1 / (count(*) = 1)::integer
  FROM pg_roles r
 WHERE r.rolname = 'latchkey_admin'
   AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls);
SELECT 1 / (count(*) = 0)::integer
  FROM pg_auth_members m WHERE m.member = 'latchkey_admin'::regrole;

SELECT 1 / (has_database_privilege('latchkey_admin', current_database(), 'CONNECT')
            AND NOT has_database_privilege('latchkey_admin', current_database(),
                                           'TEMPORARY, CREATE')
            AND has_schema_privilege('latchkey_admin', 'latchkey', 'USAGE')
            AND NOT has_schema_privilege('latchkey_admin', 'latchkey', 'CREATE'))::integer;

-- The settings are there; their values may be tuned.
SELECT 1 / (count(DISTINCT split_part(c.entry, '=', 1)) = 6)::integer
  FROM pg_db_role_setting s
 CROSS JOIN unnest(s.setconfig) AS c (entry)
 WHERE s.setrole = 'latchkey_admin'::regrole
   AND s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
   AND split_part(c.entry, '=', 1) IN (
         'search_path', 'TimeZone', 'default_transaction_isolation', 'lock_timeout',
         'statement_timeout', 'idle_in_transaction_session_timeout');

ROLLBACK;
