-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:refresh from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.refresh_session(uuid, bigint, integer, integer, integer, inet, text, text);

COMMIT;
