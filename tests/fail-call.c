/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Preloaded, it makes a call of hein fail, or come short. Calls of other
 * libraries are left alone, and so are allocations that may not fail: one that
 * does ends the program, as GLib means it to.
 *
 * FAIL_CALL: the name of the function; behind it " file" where only those are
 *   meant that are about a file or a folder
 * FAIL_AT: which call of it fails, from 1
 * FAIL_EVERY: or each one of so many
 * FAIL_HOW: the number of the error; 0: it comes short, by doing one byte
 * FAIL_FILE: where a byte is written for each time that it was done
 * FAIL_LIST: or where the names are written of the calls that are made
 */

/* How the call of the C library is done where none fails. */
#define GO_ON (-1)

static atomic_int n_calls;

/* The tool, the library and the plugins all have hein in their names. */
static int
is_of_hein (void *from)
{
  Dl_info info;
  const char *slash;

  if (dladdr (from, &info) == 0 || info.dli_fname == NULL)
    return 0;
  slash = strrchr (info.dli_fname, '/');
  return strstr (slash != NULL ? slash : info.dli_fname, "hein") != NULL;
}

static int
is_file (int fd)
{
  struct stat status;

  return fd == AT_FDCWD ||
         (fd >= 0 && fstat (fd, &status) == 0 &&
          (S_ISREG (status.st_mode) || S_ISDIR (status.st_mode)));
}

static int
is_due (int n)
{
  const char *at = getenv ("FAIL_AT");
  const char *every = getenv ("FAIL_EVERY");

  return (at != NULL && n == atoi (at)) ||
         (every != NULL && n % atoi (every) == 0);
}

static void
append (const char *path, const char *text)
{
  const long fd =
    syscall (SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC);

  syscall (SYS_write, fd, text, strlen (text));
  syscall (SYS_close, fd);
}

static void
list (const char *path, const char *call, int fd)
{
  char line[80];

  snprintf (line, sizeof line, "%s\n%s%s", call, is_file (fd) ? call : "",
            is_file (fd) ? " file\n" : "");
  append (path, line);
}

/* Whether FAIL_CALL means it. */
static int
is_meant (const char *call, int fd)
{
  const char *name = getenv ("FAIL_CALL");
  const size_t size = strlen (call);

  return name != NULL && strncmp (name, call, size) == 0 &&
         (name[size] == '\0' ||
          (strcmp (name + size, " file") == 0 && is_file (fd)));
}

/* What is done to the call, as FAIL_HOW says, or GO_ON. */
static int
get_deed (const char *call, int fd, void *from)
{
  const int before = errno;
  const char *path = getenv ("FAIL_LIST");
  int deed = GO_ON;

  if ((path != NULL || is_meant (call, fd)) && is_of_hein (from))
    {
      if (path != NULL)
        list (path, call, fd);
      else if (is_due (atomic_fetch_add (&n_calls, 1) + 1))
        {
          append (getenv ("FAIL_FILE"), "x");
          deed = atoi (getenv ("FAIL_HOW"));
        }
    }
  errno = deed > 0 ? deed : before;
  return deed;
}

#define REAL_AS(name, symbol) ((__typeof__ (&name)) dlsym (RTLD_NEXT, symbol))
#define REAL(name)            REAL_AS (name, #name)
/* What has offsets is called otherwise where these have 64 bits in any case. */
#define REAL_64(name) REAL_AS (name, #name "64")
#define FROM          __builtin_return_address (0)

/* Calls that fail or do not: with @failed, and errno. */
#define FAILS_WITH(failed, type, name, parameters, fd, go_on)                  \
  type name parameters                                                         \
  {                                                                            \
    return get_deed (#name, fd, FROM) > 0 ? (type) failed : go_on;             \
  }
#define FAILS(type, name, parameters, fd, arguments)                           \
  FAILS_WITH (-1, type, name, parameters, fd, REAL (name) arguments)

/* Calls that may come short, too: then the size is one. */
#define COMES_SHORT(type, name, parameters, fd, arguments, size)               \
  type name parameters                                                         \
  {                                                                            \
    const int deed = get_deed (#name, fd, FROM);                               \
                                                                               \
    if (deed > 0)                                                              \
      return -1;                                                               \
    if (deed == 0 && size > 1)                                                 \
      size = 1;                                                                \
    return REAL (name) arguments;                                              \
  }

/* ---- sockets ---- */

FAILS (int,
       socket,
       (int domain, int type, int protocol),
       -1,
       (domain, type, protocol))
FAILS (int,
       bind,
       (int fd, const struct sockaddr *address, socklen_t size),
       fd,
       (fd, address, size))
FAILS (int, listen, (int fd, int backlog), fd, (fd, backlog))
FAILS (int,
       connect,
       (int fd, const struct sockaddr *address, socklen_t size),
       fd,
       (fd, address, size))
FAILS (int,
       accept4,
       (int fd,
        struct sockaddr *restrict address,
        socklen_t *restrict size,
        int flags),
       fd,
       (fd, address, size, flags))
FAILS (int,
       setsockopt,
       (int fd, int level, int option, const void *value, socklen_t size),
       fd,
       (fd, level, option, value, size))
FAILS (int,
       getsockopt,
       (int fd,
        int level,
        int option,
        void *restrict value,
        socklen_t *restrict size),
       fd,
       (fd, level, option, value, size))
FAILS (int,
       getsockname,
       (int fd, struct sockaddr *restrict address, socklen_t *restrict size),
       fd,
       (fd, address, size))
FAILS (int,
       getpeername,
       (int fd, struct sockaddr *restrict address, socklen_t *restrict size),
       fd,
       (fd, address, size))
FAILS (int,
       recvmmsg,
       (int fd,
        struct mmsghdr *messages,
        unsigned int n,
        int flags,
        struct timespec *timeout),
       fd,
       (fd, messages, n, flags, timeout))
FAILS (ssize_t,
       recvmsg,
       (int fd, struct msghdr *message, int flags),
       fd,
       (fd, message, flags))
FAILS (ssize_t,
       sendto,
       (int fd,
        const void *data,
        size_t size,
        int flags,
        const struct sockaddr *address,
        socklen_t address_size),
       fd,
       (fd, data, size, flags, address, address_size))
COMES_SHORT (int,
             sendmmsg,
             (int fd, struct mmsghdr *messages, unsigned int size, int flags),
             fd,
             (fd, messages, size, flags),
             size)
COMES_SHORT (ssize_t,
             recv,
             (int fd, void *data, size_t size, int flags),
             fd,
             (fd, data, size, flags),
             size)
COMES_SHORT (ssize_t,
             send,
             (int fd, const void *data, size_t size, int flags),
             fd,
             (fd, data, size, flags),
             size)

ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
  const int deed = get_deed ("sendmsg", fd, FROM);

  if (deed > 0)
    return -1;
  if (deed == 0 && message->msg_name == NULL)
    return REAL (send) (fd, message->msg_iov->iov_base, 1, flags);
  return REAL (sendmsg) (fd, message, flags);
}

/* ---- waiting ---- */

FAILS (int, epoll_create1, (int flags), -1, (flags))
FAILS (int,
       epoll_ctl,
       (int fd, int operation, int target, struct epoll_event *event),
       fd,
       (fd, operation, target, event))
FAILS (int,
       epoll_wait,
       (int fd, struct epoll_event *events, int size, int timeout),
       fd,
       (fd, events, size, timeout))
FAILS (int, eventfd, (unsigned int value, int flags), -1, (value, flags))
FAILS (int, timerfd_create, (int clock, int flags), -1, (clock, flags))
FAILS (
  int,
  timerfd_settime,
  (int fd, int flags, const struct itimerspec *value, struct itimerspec *old),
  fd,
  (fd, flags, value, old))

/* ---- memory, and chance ---- */

FAILS_WITH (
  -1,
  void *,
  mmap,
  (void *address, size_t size, int protection, int flags, int fd, off_t offset),
  -1,
  REAL_64 (mmap) (address, size, protection, flags, fd, offset))
COMES_SHORT (ssize_t,
             getrandom,
             (void *data, size_t size, unsigned int flags),
             -1,
             (data, size, flags),
             size)

/* As GLib has them, of which this knows nothing. */
void *g_try_malloc (size_t size);
void *g_try_malloc_n (size_t n, size_t size);
void *g_try_realloc (void *memory, size_t size);

FAILS_WITH (
  NULL, void *, g_try_malloc, (size_t size), -1, REAL (g_try_malloc) (size))
FAILS_WITH (NULL,
            void *,
            g_try_malloc_n,
            (size_t n, size_t size),
            -1,
            REAL (g_try_malloc_n) (n, size))
FAILS_WITH (NULL,
            void *,
            g_try_realloc,
            (void *memory, size_t size),
            -1,
            REAL (g_try_realloc) (memory, size))

/* ---- files ---- */

COMES_SHORT (
  ssize_t, read, (int fd, void *data, size_t size), fd, (fd, data, size), size)
COMES_SHORT (ssize_t,
             write,
             (int fd, const void *data, size_t size),
             fd,
             (fd, data, size),
             size)
COMES_SHORT (ssize_t,
             writev,
             (int fd, const struct iovec *parts, int size),
             fd,
             (fd, parts, size),
             size)
FAILS (int, fsync, (int fd), fd, (fd))
FAILS (int, fdatasync, (int fd), fd, (fd))
FAILS (int, flock, (int fd, int operation), fd, (fd, operation))
FAILS_WITH (
  -1, int, ftruncate, (int fd, off_t size), fd, REAL_64 (ftruncate) (fd, size))
FAILS (int, rename, (const char *from, const char *to), AT_FDCWD, (from, to))
FAILS (int,
       renameat2,
       (int from_fd,
        const char *from,
        int to_fd,
        const char *to,
        unsigned int flags),
       AT_FDCWD,
       (from_fd, from, to_fd, to, flags))
FAILS (int, unlink, (const char *path), AT_FDCWD, (path))
FAILS (int,
       unlinkat,
       (int fd, const char *path, int flags),
       AT_FDCWD,
       (fd, path, flags))
FAILS_WITH (NULL,
            FILE *,
            fopen,
            (const char *restrict path, const char *restrict mode),
            AT_FDCWD,
            REAL_64 (fopen) (path, mode))

ssize_t
pread (int fd, void *data, size_t size, off_t offset)
{
  const int deed = get_deed ("pread", fd, FROM);

  if (deed > 0)
    return -1;
  return REAL_64 (pread) (fd, data, deed == 0 && size > 1 ? 1 : size, offset);
}

ssize_t
pwrite (int fd, const void *data, size_t size, off_t offset)
{
  const int deed = get_deed ("pwrite", fd, FROM);

  if (deed > 0)
    return -1;
  return REAL_64 (pwrite) (fd, data, deed == 0 && size > 1 ? 1 : size, offset);
}

/* What is lost then is not written later. */
int
fflush (FILE *file)
{
  if (get_deed ("fflush", file != NULL ? fileno (file) : -1, FROM) <= 0)
    return REAL (fflush) (file);
  if (file != NULL)
    __fpurge (file);
  return EOF;
}

/* They are closed in any case. */
int
close (int fd)
{
  const int deed = get_deed ("close", fd, FROM);
  const int result = REAL (close) (fd);

  if (deed > 0)
    errno = deed;
  return deed > 0 ? -1 : result;
}

int
fclose (FILE *file)
{
  const int deed = get_deed ("fclose", fileno (file), FROM);
  const int result = REAL (fclose) (file);

  if (deed > 0)
    errno = deed;
  return deed > 0 ? EOF : result;
}

/* The mode is there when a file may be made. */
int
open (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = va_arg (arguments, int);
  va_end (arguments);
  if (get_deed ("open", AT_FDCWD, FROM) > 0)
    return -1;
  return REAL_64 (open) (path, flags, mode);
}

int
openat (int fd, const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = va_arg (arguments, int);
  va_end (arguments);
  if (get_deed ("openat", AT_FDCWD, FROM) > 0)
    return -1;
  return REAL_64 (openat) (fd, path, flags, mode);
}
