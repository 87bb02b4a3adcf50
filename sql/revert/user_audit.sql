-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:user_audit from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.admin_list_events(bigint, integer);

COMMIT;
