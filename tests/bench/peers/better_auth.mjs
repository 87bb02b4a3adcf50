// SPDX-License-Identifier: Apache-2.0
//
// better-auth with its adapter for pg. What is asked for as /users/me is its session of a cookie, called in
// the process, past its router. It rotates no refresh token.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import pg from 'pg';

const auth = betterAuth({
  baseURL: 'http://localhost',
  secret: process.env.JWT_SECRET_KEY,
  database: new pg.Pool({ max: Number(process.env.POOL_SIZE), idleTimeoutMillis: 0 }),
  telemetry: { enabled: false },
  logger: { disabled: true },
  rateLimit: { enabled: false },
  experimental: { instrumentation: { enabled: false } },
  advanced: { database: { joins: true } },
});
const { authCookies } = await auth.$context;
const cookie = authCookies.sessionToken.name;

async function me(request) {
  const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
  const headers = new Headers({ cookie: `${cookie}=${token}` });
  const found = await auth.api.getSession({ headers });
  return found ? [200, found.user] : [401, { error_code: 'TOKEN_REVOKED' }];
}

async function health() {
  return [200, { status: 'healthy', timestamp: new Date().toISOString() }];
}

const routes = { 'GET /health': health, 'GET /users/me': me };

export async function listen(socket) {
  const server = createServer({ keepAliveTimeout: 75_000 }, async (request, response) => {
    const route = routes[`${request.method} ${request.url}`];
    const [status, body] = route ? await route(request) : [404, { error_code: 'NOT_FOUND' }];
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
  server.listen(socket);
}
