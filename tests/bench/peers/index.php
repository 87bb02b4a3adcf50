<?php
// SPDX-License-Identifier: Apache-2.0
//
// PHP without a framework, which would only add to each request: opcache, a connection to the database that
// is kept, statements that stay prepared on it.
declare(strict_types=1);

const ISSUER = 'peer';
const ACCESS_SECONDS = 1800;
const REFRESH_SECONDS = 604800;
const USER_COLUMNS = <<<'SQL'
u.id, u.email, u.username, u.is_active, to_char(u.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
to_char(u.updated_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS updated_at,
to_char(u.last_login, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_login
SQL;
const STATEMENTS = [
    'me' => 'SELECT ' . USER_COLUMNS . ' FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > now()',
    'lock' => 'SELECT t.used_at IS NOT NULL AS is_used, t.session_id, ' . USER_COLUMNS . '
        FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
        WHERE t.id = $1 AND s.id = $2 AND t.expires_at > now()
          AND s.revoked_at IS NULL AND s.expires_at > now() FOR UPDATE OF t',
    'use' => 'UPDATE refresh_tokens SET used_at = now() WHERE id = $1',
    'add' => "INSERT INTO refresh_tokens (id, session_id, expires_at)
        VALUES (\$1, \$2, now() + interval '7 days')",
    'revoke' => 'UPDATE sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL',
];

function answer(int $status, array $body): never
{
    http_response_code($status);
    $text = json_encode($body, JSON_UNESCAPED_SLASHES);
    header('Content-Type: application/json');
    header('Content-Length: ' . strlen($text));
    echo $text;
    exit;
}

function refuse(int $status, string $code): never
{
    answer($status, ['status' => $status, 'error_code' => $code]);
}

// --- tokens --------------------------------------------------------------------------------------

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function mac(string $text): string
{
    return base64url(hash_hmac('sha256', $text, getenv('JWT_SECRET_KEY'), true));
}

function sign(array $claims): string
{
    $text = base64url('{"alg":"HS256","typ":"JWT"}') . '.' . base64url(json_encode($claims));
    return $text . '.' . mac($text);
}

function verify(string $token, string $type): ?array
{
    $parts = explode('.', $token);
    if (count($parts) !== 3 || $parts[0] !== base64url('{"alg":"HS256","typ":"JWT"}')) {
        return null;
    }
    if (!hash_equals(mac("$parts[0].$parts[1]"), $parts[2])) {
        return null;
    }
    $claims = json_decode(base64_decode(strtr($parts[1], '-_', '+/')), true);
    $good = $claims['iss'] === ISSUER && $claims['type'] === $type && $claims['exp'] > time();
    return $good ? $claims : null;
}

// --- the database --------------------------------------------------------------------------------

function database(): PgSql\Connection
{
    static $connection = null;
    return $connection ??= pg_pconnect('');
}

// Prepared once on a connection that outlives the request: only the first statement on a new one can fail.
function run(string $name, array $values): PgSql\Result
{
    $result = @pg_execute(database(), $name, $values);
    if ($result === false) {
        $in_transaction = pg_transaction_status(database()) === PGSQL_TRANSACTION_INERROR;
        $in_transaction && pg_query(database(), 'ROLLBACK');
        foreach (STATEMENTS as $each => $text) {
            pg_prepare(database(), $each, $text);
        }
        $in_transaction && pg_query(database(), 'BEGIN');
        $result = pg_execute(database(), $name, $values);
    }
    return $result;
}

function user_of(array $row): array
{
    return [
        'id' => (int) $row['id'],
        'email' => $row['email'],
        'username' => $row['username'],
        'is_active' => $row['is_active'] === 't',
        'created_at' => $row['created_at'],
        'updated_at' => $row['updated_at'],
        'last_login' => $row['last_login'],
    ];
}

// --- the requests --------------------------------------------------------------------------------

function health(): never
{
    $now = (new DateTimeImmutable('now', new DateTimeZone('UTC')))->format('Y-m-d\TH:i:s.v\Z');
    answer(200, ['status' => 'healthy', 'timestamp' => $now]);
}

function me(): never
{
    $header = $_SERVER['HTTP_AUTHORIZATION'] ?? '';
    if (!str_starts_with($header, 'Bearer ')) {
        refuse(401, 'NOT_AUTHENTICATED');
    }
    $claims = verify(substr($header, 7), 'access') ?? refuse(401, 'TOKEN_INVALID');
    $row = pg_fetch_assoc(run('me', [$claims['sid'], $claims['sub']]));
    $row ?: refuse(401, 'TOKEN_REVOKED');
    $row['is_active'] === 't' ?: refuse(403, 'USER_INACTIVE');
    answer(200, user_of($row));
}

function uuid(): string
{
    $hex = bin2hex(random_bytes(16));
    $hex[12] = '4';
    $hex[16] = '89ab'[hexdec($hex[16]) & 3];
    return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split($hex, 4));
}

function refresh(): never
{
    $body = json_decode(file_get_contents('php://input'), true);
    $token = is_string($body['refresh_token'] ?? null) ? $body['refresh_token'] : refuse(400, 'VALIDATION_ERROR');
    $claims = verify($token, 'refresh') ?? refuse(401, 'TOKEN_INVALID');
    $next = uuid();
    pg_query(database(), 'BEGIN');
    $row = pg_fetch_assoc(run('lock', [$claims['jti'], $claims['sid']]));
    if ($row && $row['is_used'] === 't') {
        run('revoke', [$row['session_id']]);
    } elseif ($row && $row['is_active'] === 't') {
        run('use', [$claims['jti']]);
        run('add', [$next, $row['session_id']]);
    }
    pg_query(database(), 'COMMIT');
    if (!$row || $row['is_used'] === 't') {
        refuse(401, 'TOKEN_REVOKED');
    }
    $row['is_active'] === 't' ?: refuse(403, 'USER_INACTIVE');
    header('Cache-Control: no-store');
    answer(200, tokens($row, $claims['sid'], $next));
}

function tokens(array $row, string $session, string $next): array
{
    $now = time();
    $claims = ['iss' => ISSUER, 'sub' => $row['id'], 'sid' => $session, 'iat' => $now];
    return [
        'access_token' => sign([...$claims, 'jti' => base64url(random_bytes(16)),
            'exp' => $now + ACCESS_SECONDS, 'type' => 'access']),
        'refresh_token' => sign([...$claims, 'jti' => $next,
            'exp' => $now + REFRESH_SECONDS, 'type' => 'refresh']),
        'token_type' => 'bearer',
        'expires_in' => ACCESS_SECONDS,
        'refresh_expires_in' => REFRESH_SECONDS,
        'user' => user_of($row),
    ];
}

match ($_SERVER['REQUEST_METHOD'] . ' ' . $_SERVER['DOCUMENT_URI']) {
    'GET /health' => health(),
    'GET /users/me' => me(),
    'POST /auth/refresh' => refresh(),
    default => refuse(404, 'NOT_FOUND'),
};
