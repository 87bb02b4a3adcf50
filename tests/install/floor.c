// SPDX-License-Identifier: Apache-2.0
//
// The least that can stand in a worker's place: libfcgi and the C library, one fixed answer. What
// it takes to be started is what systemd, its sandbox and nginx take; the rest of a cold start is
// Latchkey's own. Says that it is ready as a worker does, and leaves after each request.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fcgiapp.h>

static void notify(const char* message) {
  const char* path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  int fd;
  socklen_t size;
  if (path == NULL || strlen(path) >= sizeof to.sun_path) return;
  strcpy(to.sun_path, path);
  size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
  if (path[0] == '@') to.sun_path[0] = 0;
  fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sendto(fd, message, strlen(message), 0, (struct sockaddr*)&to, size);
  close(fd);
}

int main(void) {
  FCGX_Request request;
  FCGX_Init();
  FCGX_InitRequest(&request, 3, 0);
  notify("READY=1");
  if (FCGX_Accept_r(&request) == 0) {
    FCGX_FPrintF(request.out, "Content-Type: application/json\r\n\r\n{\"status\":\"ok\"}");
    FCGX_Finish_r(&request);
  }
  return 75;
}
