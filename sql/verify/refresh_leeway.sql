-- SPDX-License-Identifier: Apache-2.0
-- Verify latchkey:refresh_leeway on pg

BEGIN;

SELECT 1 / (strpos(p.prosrc, 'v_now > s.rotated_at - p_leeway_ms') > 0)::integer
  FROM pg_proc p
 WHERE p.oid = 'latchkey.refresh_session(uuid, bigint, integer, integer, integer, inet, text, text)'
                 ::regprocedure;

ROLLBACK;
