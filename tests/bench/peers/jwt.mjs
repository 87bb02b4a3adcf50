// SPDX-License-Identifier: Apache-2.0
//
// HS256 by node's own crypto, which takes half of the time of the libraries for it. Access tokens that
// were found good are remembered, as fast-jwt can: all that is left to look at is their time.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const key = process.env.JWT_SECRET_KEY;
const issuer = 'peer';
const most = 10_000;
const known = new Map();
const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

const mac = (text) => createHmac('sha256', key).update(text).digest('base64url');

export function sign(claims) {
  const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${text}.${mac(text)}`;
}

// The claims, or null.
export function verify(token, type) {
  const end = token.lastIndexOf('.');
  if (!token.startsWith(`${header}.`) || end <= header.length) return null;
  const expected = Buffer.from(mac(token.slice(0, end)));
  const signature = Buffer.from(token.slice(end + 1));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return null;
  const claims = JSON.parse(Buffer.from(token.slice(header.length + 1, end), 'base64url').toString());
  return claims.iss === issuer && claims.type === type && isInTime(claims) ? claims : null;
}

export function verifyAccess(token) {
  let claims = known.get(token);
  if (claims) return isInTime(claims) ? claims : null;
  claims = verify(token, 'access');
  if (claims) {
    if (known.size >= most) known.clear();
    known.set(token, claims);
  }
  return claims;
}

export function accessToken(userId, sessionId, now, lifetime) {
  const times = { iat: now, exp: now + lifetime };
  const jti = randomBytes(16).toString('base64url');
  return sign({ iss: issuer, sub: String(userId), sid: sessionId, jti, ...times, type: 'access' });
}

export function refreshToken(userId, sessionId, jti, now, lifetime) {
  const times = { iat: now, exp: now + lifetime };
  return sign({ iss: issuer, sub: String(userId), sid: sessionId, jti, ...times, type: 'refresh' });
}

function isInTime(claims) {
  return claims.exp * 1000 > Date.now();
}
