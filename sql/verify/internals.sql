-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:internals on pg

BEGIN;

SELECT 1 / (pg_get_userbyid(p.proowner) = 'latchkey_owner'
            AND NOT p.prosecdef
            AND NOT has_function_privilege('latchkey_app', p.oid, 'EXECUTE')
            AND NOT has_function_privilege('public', p.oid, 'EXECUTE'))::integer
  FROM pg_proc p
 WHERE p.oid IN (
         'latchkey.epoch_ms(timestamptz)'::regprocedure,
         'latchkey.checked_hash(text)'::regprocedure,
         'latchkey.record_event(text, bigint, uuid, text, inet, text, text)'::regprocedure,
         'latchkey.bearer_outcome(uuid, bigint)'::regprocedure,
         'latchkey.lock_bearer(uuid, bigint)'::regprocedure,
         'latchkey.end_sessions(bigint, text, uuid)'::regprocedure);

ROLLBACK;
