-- SPDX-License-Identifier: Apache-2.0
\ir fixture.psql

SELECT plan(4);

SELECT results_eq('SELECT count(*)::integer FROM latchkey.readiness()', ARRAY[1], 'one row');
SELECT is(schema_version, 4, 'the version of the schema') FROM latchkey.readiness();
SELECT is(read_only, false, 'a primary') FROM latchkey.readiness();
SET LOCAL default_transaction_read_only = on;
SELECT is(read_only, true, 'a server that refuses writes') FROM latchkey.readiness();

SELECT * FROM finish();
ROLLBACK;
