-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:schema on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(n.nspowner) = 'latchkey_owner'
            AND has_schema_privilege('latchkey_app', n.oid, 'USAGE')
            AND NOT has_schema_privilege('latchkey_app', n.oid, 'CREATE')
            AND NOT has_schema_privilege('public', n.oid, 'USAGE, CREATE'))::integer
  FROM pg_namespace n WHERE n.oid = 'latchkey'::regnamespace;

ROLLBACK;
