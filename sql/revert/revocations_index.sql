-- SPDX-License-Identifier: Apache-2.0
-- Revert latchkey:revocations_index from pg

SET lock_timeout = '2s';
SET ROLE latchkey_owner;

DROP INDEX CONCURRENTLY IF EXISTS latchkey.sessions_revoked_at_idx;

RESET ROLE;
RESET lock_timeout;
