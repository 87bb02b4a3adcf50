-- SPDX-License-Identifier: Apache-2.0
-- Deploy latchkey:revocations_index to pg
--
-- For latchkey.revoked_since: the sessions that were ended lately, among millions. No refresh touches
-- revoked_at, so refreshes stay HOT; live sessions are not in the index at all.
--
-- CONCURRENTLY, outside of a transaction: it reads the table twice and holds nobody up. Cut off
-- half-way it leaves an index that is not valid: the DROP makes a second try possible.

SET lock_timeout = '2s';
SET ROLE latchkey_owner;

DROP INDEX CONCURRENTLY IF EXISTS latchkey.sessions_revoked_at_idx;
CREATE INDEX CONCURRENTLY sessions_revoked_at_idx ON latchkey.sessions (revoked_at)
  WHERE revoked_at IS NOT NULL;

RESET ROLE;
RESET lock_timeout;
