-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:internals from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.end_sessions(bigint, text, uuid);
DROP FUNCTION latchkey.lock_bearer(uuid, bigint);
DROP FUNCTION latchkey.bearer_outcome(uuid, bigint);
DROP FUNCTION latchkey.record_event(text, bigint, uuid, text, inet, text, text);
DROP FUNCTION latchkey.checked_hash(text);
DROP FUNCTION latchkey.epoch_ms(timestamptz);

COMMIT;
