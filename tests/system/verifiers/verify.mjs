// SPDX-License-Identifier: Apache-2.0
//
// Holds a token against the verifiers of others: reads {"verifier", "token", "algorithm", "jwks_url"
// or "secret"} from standard input and prints {"claims"} or {"refused"}. NODE_EXTRA_CA_CERTS names the
// authority of the URL.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const ISSUER = 'latchkey';

const verifiers = {
  async jose({ token, algorithm, jwks_url, secret }) {
    const key = secret ? new TextEncoder().encode(secret) : createRemoteJWKSet(new URL(jwks_url));
    const { payload } = await jwtVerify(token, key, { issuer: ISSUER, algorithms: [algorithm] });
    return payload;
  },

  async jsonwebtoken({ token, algorithm, jwks_url, secret }) {
    const options = { issuer: ISSUER, algorithms: [algorithm] };
    if (secret) return jsonwebtoken.verify(token, secret, options);
    const { keys } = await (await fetch(jwks_url)).json();
    const { kid } = jsonwebtoken.decode(token, { complete: true }).header;
    const jwk = keys.find((key) => key.kid === kid);
    if (!jwk) throw new Error(`no key ${kid}`);
    return jsonwebtoken.verify(token, createPublicKey({ key: jwk, format: 'jwk' }), options);
  },
};

const question = JSON.parse(readFileSync(0, 'utf8'));
let answer;
try {
  answer = { claims: await verifiers[question.verifier](question) };
} catch (error) {
  answer = { refused: `${error.code ?? error.name}: ${error.message}` };
}
console.log(JSON.stringify(answer));
