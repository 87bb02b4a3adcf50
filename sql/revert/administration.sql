-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:administration from pg

BEGIN;

SET LOCAL ROLE latchkey_owner;
SET LOCAL lock_timeout = '2s';

DROP FUNCTION latchkey.admin_revoke_sessions(bigint, text);
DROP FUNCTION latchkey.admin_revoke_session(uuid, bigint, text);
DROP FUNCTION latchkey.admin_list_sessions(bigint, integer);
DROP FUNCTION latchkey.admin_reset_password(bigint, text, text);
DROP FUNCTION latchkey.admin_set_active(bigint, boolean, text);
DROP FUNCTION latchkey.admin_create_user(text, text, text, text);
DROP FUNCTION latchkey.admin_find_user(bigint, text, text);
DROP FUNCTION latchkey.admin_list_users(text, text, boolean, text, integer);

COMMIT;
