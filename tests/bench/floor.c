// SPDX-License-Identifier: Apache-2.0
/* The floor of the benchmarks: the least program that could answer. libfcgi and libpq by hand,
 * prepared statements, HS256 by OpenSSL, fixed JSON; no router, no log, no breaker, no deadline, no
 * metrics, no handling of errors worth the name. It is compared with, never deployed: a request that
 * it does not expect ends it.
 *
 *   floor SOCKET PROCESSES    DATABASE_URL and JWT_SECRET_KEY from the environment
 *
 * Prints "ready" when its processes accept, and leaves them with SIGTERM.
 */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kText = 4096 };

static const char *secret;
static PGconn *connection;
static char kept_header[128]; /* of every token that this floor signs */

static void die(const char *what) {
  fprintf(stderr, "floor: %s\n", what);
  _exit(1);
}

/* --- base64url and HS256 ------------------------------------------------------------------- */

static size_t encode(char *out, const unsigned char *bytes, size_t length) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t n = 0;
  for (size_t i = 0; i < length; i += 3) {
    unsigned long group = (unsigned long)bytes[i] << 16;
    if (i + 1 < length) group |= (unsigned long)bytes[i + 1] << 8;
    if (i + 2 < length) group |= bytes[i + 2];
    out[n++] = alphabet[group >> 18 & 63];
    out[n++] = alphabet[group >> 12 & 63];
    if (i + 1 < length) out[n++] = alphabet[group >> 6 & 63];
    if (i + 2 < length) out[n++] = alphabet[group & 63];
  }
  out[n] = '\0';
  return n;
}

static int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static size_t decode(char *out, const char *text, size_t length) {
  unsigned long bits = 0;
  int count = 0;
  size_t n = 0;
  for (size_t i = 0; i < length; ++i) {
    const int value = value_of(text[i]);
    if (value < 0) die("not base64url");
    bits = bits << 6 | (unsigned long)value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[n++] = (char)(bits >> count & 255);
    }
  }
  out[n] = '\0';
  return n;
}

static size_t mac(char *out, const char *text, size_t length) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)text, length, bytes, &size);
  return encode(out, bytes, size);
}

/* A token of ours: its payload, decoded. */
static void verify(const char *token, char *payload) {
  const char *first = strchr(token, '.');
  const char *second = first ? strchr(first + 1, '.') : NULL;
  if (!second) die("not a token");
  char expected[64];
  const size_t length = mac(expected, token, (size_t)(second - token));
  if (strncmp(second + 1, expected, length) != 0) die("a wrong signature");
  decode(payload, first + 1, (size_t)(second - first - 1));
}

static void sign(char *token, const char *payload) {
  size_t n = (size_t)sprintf(token, "%s.", kept_header);
  n += encode(token + n, (const unsigned char *)payload, strlen(payload));
  char signature[64];
  mac(signature, token, n);
  sprintf(token + n, ".%s", signature);
}

/* What stands behind "name": in a flat JSON object of our own making. */
static void member(const char *json, const char *name, char *out) {
  char needle[64];
  sprintf(needle, "\"%s\":", name);
  const char *at = strstr(json, needle);
  if (!at) die(name);
  at += strlen(needle);
  while (*at == '"' || *at == ' ') ++at;
  while (*at && *at != '"' && *at != ',' && *at != '}') *out++ = *at++;
  *out = '\0';
}

/* --- the database -------------------------------------------------------------------------- */

static void prepare(const char *name, const char *sql) {
  PGresult *result = PQprepare(connection, name, sql, 0, NULL);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) die(PQerrorMessage(connection));
  PQclear(result);
}

static void open_database(void) {
  connection = PQconnectdb(getenv("DATABASE_URL"));
  if (PQstatus(connection) != CONNECTION_OK) die(PQerrorMessage(connection));
  prepare("me",
          "SELECT outcome, user_id, email, username, is_active, created_at_ms, updated_at_ms,"
          " last_login_ms FROM latchkey.session_user($1, $2)");
  prepare("refresh",
          "SELECT outcome, user_id, email, username, is_active, created_at_ms, updated_at_ms,"
          " last_login_ms, session_id, counter, rotated_at_ms, expires_at_ms"
          " FROM latchkey.refresh_session($1, $2, $3, $4, $5, $6, $7, $8)");
}

static PGresult *call(const char *name, int count, const char *const *values) {
  if (!connection) open_database();
  PGresult *result = PQexecPrepared(connection, name, count, values, NULL, NULL, 0);
  if (PQresultStatus(result) != PGRES_TUPLES_OK) die(PQerrorMessage(connection));
  return result;
}

static const char *at(const PGresult *result, int column) { return PQgetvalue(result, 0, column); }

static void time_text(char *out, const char *ms_text) {
  const long long ms = atoll(ms_text);
  const time_t seconds = (time_t)(ms / 1000);
  struct tm parts;
  gmtime_r(&seconds, &parts);
  const size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &parts);
  sprintf(out + n, ".%03dZ", (int)(ms % 1000));
}

static void user_json(char *out, const PGresult *result) {
  char created[40], updated[40], login[40];
  time_text(created, at(result, 5));
  time_text(updated, at(result, 6));
  time_text(login, at(result, 7));
  sprintf(out,
          "{\"id\":%s,\"email\":\"%s\",\"username\":\"%s\",\"is_active\":true,\"created_at\":\"%s\","
          "\"updated_at\":\"%s\",\"last_login\":\"%s\"}",
          at(result, 1), at(result, 2), at(result, 3), created, updated, login);
}

/* --- the requests -------------------------------------------------------------------------- */

static void bearer(const FCGX_Request *request, char *user, char *session) {
  const char *header = FCGX_GetParam("HTTP_AUTHORIZATION", request->envp);
  char payload[kText], text[kText];
  if (!header) die("no token");
  verify(header + strlen("Bearer "), payload);
  member(payload, "exp", text);
  if (atoll(text) <= (long long)time(NULL)) die("an expired token");
  member(payload, "sub", user);
  member(payload, "sid", session);
}

static void answer(FCGX_Request *request, const char *headers, const char *body) {
  FCGX_FPrintF(request->out, "%s\r\nContent-Type: application/json\r\n\r\n", headers);
  FCGX_PutStr(body, (int)strlen(body), request->out);
}

static void health(FCGX_Request *request) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char ms[32], text[40], body[128];
  sprintf(ms, "%lld", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  time_text(text, ms);
  sprintf(body, "{\"status\":\"healthy\",\"timestamp\":\"%s\"}", text);
  answer(request, "Status: 200", body);
}

static void verify_token(FCGX_Request *request) {
  char user[kText], session[kText], headers[256];
  bearer(request, user, session);
  sprintf(headers, "Status: 204\r\nX-User-Id: %.20s\r\nX-Session-Id: %.36s", user, session);
  answer(request, headers, "");
}

static void me(FCGX_Request *request) {
  char user[kText], session[kText], body[kText];
  bearer(request, user, session);
  const char *values[] = {session, user};
  PGresult *result = call("me", 2, values);
  user_json(body, result);
  PQclear(result);
  answer(request, "Status: 200", body);
}

static void refresh(FCGX_Request *request) {
  char body[kText], token[kText], payload[kText], user[kText], session[kText], id[kText];
  const int length = FCGX_GetStr(body, kText - 1, request->in);
  body[length] = '\0';
  member(body, "refresh_token", token);
  verify(token, payload);
  member(payload, "sub", user);
  member(payload, "sid", session);
  member(payload, "jti", id);
  const char *values[] = {session,
                          user,
                          strrchr(id, '.') + 1,
                          "10000",
                          "604800",
                          FCGX_GetParam("REMOTE_ADDR", request->envp),
                          FCGX_GetParam("HTTP_USER_AGENT", request->envp),
                          FCGX_GetParam("REQUEST_ID", request->envp)};
  PGresult *result = call("refresh", 8, values);
  if (strcmp(at(result, 0), "rotated") != 0) die(at(result, 0));
  char shown[kText], access[kText], next[kText], answer_body[4 * kText], jti[32];
  unsigned char random[16];
  const long long now = (long long)time(NULL);
  user_json(shown, result);
  RAND_bytes(random, sizeof random);
  encode(jti, random, sizeof random);
  sprintf(payload,
          "{\"iss\":\"latchkey\",\"sub\":\"%.20s\",\"sid\":\"%.36s\",\"jti\":\"%s\",\"iat\":%lld,\"exp\":%lld,"
          "\"type\":\"access\"}",
          user, session, jti, now, now + 1800);
  sign(access, payload);
  sprintf(payload,
          "{\"iss\":\"latchkey\",\"sub\":\"%.20s\",\"sid\":\"%.36s\",\"jti\":\"%.36s.%s\",\"iat\":%lld,"
          "\"exp\":%lld,\"type\":\"refresh\"}",
          user, session, session, at(result, 9), atoll(at(result, 10)) / 1000,
          atoll(at(result, 11)) / 1000);
  sign(next, payload);
  PQclear(result);
  sprintf(answer_body,
          "{\"access_token\":\"%s\",\"refresh_token\":\"%s\",\"token_type\":\"bearer\","
          "\"expires_in\":1800,\"refresh_expires_in\":604800,\"user\":%s}",
          access, next, shown);
  answer(request, "Status: 200\r\nCache-Control: no-store", answer_body);
}

static void serve(int listening) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, listening, 0);
  signal(SIGTERM, SIG_DFL);
  while (FCGX_Accept_r(&request) == 0) {
    const char *path = FCGX_GetParam("DOCUMENT_URI", request.envp);
    if (!path) die("no path");
    if (strcmp(path, "/health") == 0) health(&request);
    else if (strcmp(path, "/auth/verify") == 0) verify_token(&request);
    else if (strcmp(path, "/users/me") == 0) me(&request);
    else if (strcmp(path, "/auth/refresh") == 0) refresh(&request);
    else answer(&request, "Status: 404", "{}");
    FCGX_Finish_r(&request);
  }
}

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) die("the path of the socket is too long");
  strcpy(address.sun_path, path);
  unlink(path);
  const int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  chmod(path, 0666);
  if (listen(listening, 511) != 0) die("listen");
  return listening;
}

int main(int argc, char **argv) {
  secret = getenv("JWT_SECRET_KEY");
  if (argc != 3 || !secret || !getenv("DATABASE_URL")) die("usage: floor SOCKET PROCESSES");
  static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
  encode(kept_header, (const unsigned char *)header, strlen(header));
  const int listening = listen_on(argv[1]);
  const int processes = atoi(argv[2]);
  for (int i = 0; i < processes; ++i) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGTERM);
      serve(listening);
      _exit(0);
    }
  }
  puts("ready");
  fflush(stdout);
  /* A process that ends ends them all: a floor with fewer would flatter. */
  wait(NULL);
  kill(0, SIGTERM);
  return 1;
}
