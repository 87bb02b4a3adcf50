-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:purge from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.purge_end();
DROP FUNCTION latchkey.purge_audit_events(bigint, bigint, integer);
DROP FUNCTION latchkey.purge_sessions(bigint, bigint, integer);
DROP FUNCTION latchkey.purge_begin(bigint, bigint, text);
DROP FUNCTION latchkey.purge_lock_key();

COMMIT;
