-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:session_control from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.revoke_session(uuid, bigint, uuid, inet, text, text);
DROP FUNCTION latchkey.list_sessions(uuid, bigint);
DROP FUNCTION latchkey.session_user(uuid, bigint);

COMMIT;
