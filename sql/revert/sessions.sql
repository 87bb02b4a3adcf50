-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:sessions from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP TABLE latchkey.sessions;

COMMIT;
