-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:revocations_index on pg

BEGIN;

SELECT 1 / (i.indisvalid AND i.indpred IS NOT NULL)::integer
  FROM pg_index i
 WHERE i.indexrelid = 'latchkey.sessions_revoked_at_idx'::regclass;

ROLLBACK;
