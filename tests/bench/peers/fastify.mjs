// SPDX-License-Identifier: Apache-2.0
//
// Fastify with pg: schemas for what it answers, named prepared statements, no log.
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { accessToken, refreshToken, verify, verifyAccess } from './jwt.mjs';

const accessSeconds = 1800;
const refreshSeconds = 604_800;

// Two processes on two cores: more connections than these only queue elsewhere.
const pool = new pg.Pool({ max: Number(process.env.POOL_SIZE), idleTimeoutMillis: 0 });
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const userColumns = 'u.id, u.email, u.username, u.is_active, u.created_at, u.updated_at, u.last_login';

const statements = {
  me: `SELECT ${userColumns} FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()`,
  lock: `SELECT t.used_at IS NOT NULL AS is_used, t.session_id, ${userColumns}
           FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
          WHERE t.id = $1 AND s.id = $2 AND t.expires_at > now()
            AND s.revoked_at IS NULL AND s.expires_at > now()
            FOR UPDATE OF t`,
  use: 'UPDATE refresh_tokens SET used_at = now() WHERE id = $1',
  add: `INSERT INTO refresh_tokens (id, session_id, expires_at)
        VALUES ($1, $2, now() + interval '7 days')`,
  revoke: 'UPDATE sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL',
};

const run = (client, name, values) => client.query({ name, text: statements[name], values });

const nullable = (type) => ({ ...type, nullable: true });
const string = { type: 'string' };
const time = { type: 'string', format: 'date-time' };
const user = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    email: string,
    username: string,
    is_active: { type: 'boolean' },
    created_at: time,
    updated_at: time,
    last_login: nullable(time),
  },
};
const tokens = {
  type: 'object',
  properties: {
    access_token: string,
    refresh_token: string,
    token_type: string,
    expires_in: { type: 'integer' },
    refresh_expires_in: { type: 'integer' },
    user,
  },
};
const healthy = { type: 'object', properties: { status: string, timestamp: string } };
const refreshBody = {
  type: 'object',
  required: ['refresh_token'],
  properties: { refresh_token: string },
};

class Refused extends Error {
  constructor(statusCode, code) {
    super(code);
    this.statusCode = statusCode;
  }
}

function principal(request) {
  const { authorization } = request.headers;
  if (!authorization?.startsWith('Bearer ')) throw new Refused(401, 'NOT_AUTHENTICATED');
  const claims = verifyAccess(authorization.slice(7));
  if (!claims) throw new Refused(401, 'TOKEN_INVALID');
  return claims;
}

async function me(request) {
  const claims = principal(request);
  const { rows } = await run(pool, 'me', [claims.sid, claims.sub]);
  if (!rows.length) throw new Refused(401, 'TOKEN_REVOKED');
  if (!rows[0].is_active) throw new Refused(403, 'USER_INACTIVE');
  return rows[0];
}

async function refresh(request, reply) {
  const claims = verify(request.body.refresh_token, 'refresh');
  if (!claims) throw new Refused(401, 'TOKEN_INVALID');
  const next = randomUUID();
  const row = await rotate(claims, next);
  if (!row || row.is_used) throw new Refused(401, 'TOKEN_REVOKED');
  if (!row.is_active) throw new Refused(403, 'USER_INACTIVE');
  const now = Math.floor(Date.now() / 1000);
  reply.header('cache-control', 'no-store');
  return {
    access_token: accessToken(row.id, claims.sid, now, accessSeconds),
    refresh_token: refreshToken(row.id, claims.sid, next, now, refreshSeconds),
    token_type: 'bearer',
    expires_in: accessSeconds,
    refresh_expires_in: refreshSeconds,
    user: row,
  };
}

async function rotate(claims, next) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows: [row] } = await run(client, 'lock', [claims.jti, claims.sid]);
    if (row?.is_used) {
      await run(client, 'revoke', [row.session_id]);
    } else if (row?.is_active) {
      await run(client, 'use', [claims.jti]);
      await run(client, 'add', [next, row.session_id]);
    }
    await client.query('COMMIT');
    client.release();
    return row;
  } catch (error) {
    client.release(error);
    throw error;
  }
}

export async function listen(socket) {
  // The time is longer than nginx's, so that it is nginx who ends a connection.
  const app = Fastify({ logger: false, keepAliveTimeout: 75_000, exposeHeadRoutes: false });
  app.get('/health', { schema: { response: { 200: healthy } } }, async () => ({
    status: 'healthy',
    timestamp: new Date().toISOString(),
  }));
  app.get('/users/me', { schema: { response: { 200: user } } }, me);
  app.post('/auth/refresh', { schema: { body: refreshBody, response: { 200: tokens } } }, refresh);
  await app.listen({ path: socket });
}
