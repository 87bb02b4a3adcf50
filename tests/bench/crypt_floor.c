// SPDX-License-Identifier: Apache-2.0
/* crypt(3) alone: how many hashes PROCESSES make in SECONDS. Prints the number of whole ones.
 *
 *   crypt_floor PROCESSES SECONDS COST
 */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void hash_until(double end, const char *setting, int out) {
  long count = 0;
  static struct crypt_data data;
  while (now() < end) {
    if (crypt_r("correct horse battery staple", setting, &data) == NULL) _exit(1);
    ++count;
  }
  if (write(out, &count, sizeof count) != sizeof count) _exit(1);
  _exit(0);
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  const int processes = atoi(argv[1]);
  char prefix[64];
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  int ends[2];
  snprintf(prefix, sizeof prefix, "$2b$");
  if (!crypt_gensalt_rn(prefix, (unsigned long)atol(argv[3]), NULL, 0, setting, sizeof setting) ||
      pipe(ends) != 0)
    return 71;
  const double start = now();
  for (int i = 0; i < processes; ++i) {
    if (fork() == 0) hash_until(start + atof(argv[2]), setting, ends[1]);
  }
  long sum = 0;
  for (int i = 0; i < processes; ++i) {
    long count;
    if (read(ends[0], &count, sizeof count) != sizeof count) return 71;
    sum += count;
  }
  /* The last hash of each ends behind the end. */
  printf("%ld %f\n", sum, now() - start);
  while (wait(NULL) > 0) continue;
  return 0;
}
