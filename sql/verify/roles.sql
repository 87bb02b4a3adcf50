-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:roles on pg

BEGIN;

-- The roles are no more than they should be.
SELECT 1 / (count(*) = 2)::integer
  FROM pg_roles r
 WHERE r.rolname IN ('latchkey_owner', 'latchkey_app')
   AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls);
SELECT 1 / (count(*) = 0)::integer
  FROM pg_auth_members m WHERE m.member = 'latchkey_app'::regrole;

SELECT 1 / (has_database_privilege('latchkey_app', current_database(), 'CONNECT')
            AND NOT has_database_privilege('latchkey_app', current_database(), 'TEMPORARY, CREATE')
            AND has_database_privilege('latchkey_owner', current_database(), 'CREATE')
            AND NOT has_database_privilege('public', current_database(),
                                           'CONNECT, TEMPORARY, CREATE'))::integer;
SELECT 1 / (NOT has_schema_privilege('public', n.oid, 'CREATE'))::integer
  FROM pg_namespace n WHERE n.nspname = 'public';

-- The settings are there; their values may be tuned.
SELECT 1 / (count(DISTINCT split_part(c.entry, '=', 1)) = 6)::integer
  FROM pg_db_role_setting s
 CROSS JOIN unnest(s.setconfig) AS c (entry)
 WHERE s.setrole = 'latchkey_app'::regrole
   AND s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
   AND split_part(c.entry, '=', 1) IN (
         'search_path', 'TimeZone', 'default_transaction_isolation', 'lock_timeout',
         'statement_timeout', 'idle_in_transaction_session_timeout');

SELECT 1 / (count(*) = 1)::integer
  FROM pg_default_acl a
 WHERE a.defaclrole = 'latchkey_owner'::regrole
   AND a.defaclobjtype = 'f'
   AND a.defaclnamespace = 0
   AND NOT EXISTS (SELECT FROM aclexplode(a.defaclacl) AS e WHERE e.grantee = 0);

ROLLBACK;
