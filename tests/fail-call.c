/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Preloaded, it makes a system call of hein fail, or come short. Calls of other
 * libraries are left alone, and so are allocations: one that fails ends the
 * program, as GLib means it to.
 *
 * FAIL_CALL: the name of the function
 * FAIL_AT: which call of it fails, from 1
 * FAIL_EVERY: or each one of so many
 * FAIL_HOW: the number of the error; 0: it comes short, by doing one byte
 * FAIL_FILE: where a byte is written for each time that it was done
 */

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
is_due (int n)
{
  const char *at = getenv ("FAIL_AT");
  const char *every = getenv ("FAIL_EVERY");

  return (at != NULL && n == atoi (at)) ||
         (every != NULL && n % atoi (every) == 0);
}

static void
note (void)
{
  const char *path = getenv ("FAIL_FILE");
  const long fd =
    syscall (SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC);

  syscall (SYS_write, fd, "x", 1);
  syscall (SYS_close, fd);
}

/* Returns -1 where the call is to go on, else what FAIL_HOW says. */
static int
get_deed (const char *call, void *from)
{
  const char *name = getenv ("FAIL_CALL");

  if (name == NULL || strcmp (name, call) != 0 || !is_of_hein (from) ||
      !is_due (atomic_fetch_add (&n_calls, 1) + 1))
    return -1;
  note ();
  return atoi (getenv ("FAIL_HOW"));
}

#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))
#define FROM       __builtin_return_address (0)

/* Calls that fail or do not. */
#define FAILS(type, name, parameters, arguments)                               \
  type name parameters                                                         \
  {                                                                            \
    const int deed = get_deed (#name, FROM);                                   \
                                                                               \
    if (deed > 0)                                                              \
      {                                                                        \
        errno = deed;                                                          \
        return (type) -1;                                                      \
      }                                                                        \
    return REAL (name) arguments;                                              \
  }

/* Calls that may come short, too: then the size is one. */
#define COMES_SHORT(type, name, parameters, arguments, size)                   \
  type name parameters                                                         \
  {                                                                            \
    const int deed = get_deed (#name, FROM);                                   \
                                                                               \
    if (deed > 0)                                                              \
      {                                                                        \
        errno = deed;                                                          \
        return (type) -1;                                                      \
      }                                                                        \
    if (deed == 0 && size > 1)                                                 \
      size = 1;                                                                \
    return REAL (name) arguments;                                              \
  }

FAILS (int,
       socket,
       (int domain, int type, int protocol),
       (domain, type, protocol))
FAILS (int,
       bind,
       (int fd, const struct sockaddr *address, socklen_t size),
       (fd, address, size))
FAILS (int, listen, (int fd, int backlog), (fd, backlog))
FAILS (int,
       connect,
       (int fd, const struct sockaddr *address, socklen_t size),
       (fd, address, size))
FAILS (int,
       accept4,
       (int fd,
        struct sockaddr *restrict address,
        socklen_t *restrict size,
        int flags),
       (fd, address, size, flags))
FAILS (int, epoll_create1, (int flags), (flags))
FAILS (int,
       epoll_ctl,
       (int fd, int operation, int target, struct epoll_event *event),
       (fd, operation, target, event))
FAILS (int,
       epoll_wait,
       (int fd, struct epoll_event *events, int size, int timeout),
       (fd, events, size, timeout))
FAILS (int, eventfd, (unsigned int value, int flags), (value, flags))
FAILS (int, timerfd_create, (int clock, int flags), (clock, flags))
FAILS (int,
       recvmmsg,
       (int fd,
        struct mmsghdr *messages,
        unsigned int n,
        int flags,
        struct timespec *timeout),
       (fd, messages, n, flags, timeout))
FAILS (
  void *,
  mmap,
  (void *address, size_t size, int protection, int flags, int fd, off_t offset),
  (address, size, protection, flags, fd, offset))
COMES_SHORT (int,
             sendmmsg,
             (int fd, struct mmsghdr *messages, unsigned int size, int flags),
             (fd, messages, size, flags),
             size)
COMES_SHORT (ssize_t,
             getrandom,
             (void *data, size_t size, unsigned int flags),
             (data, size, flags),
             size)
COMES_SHORT (ssize_t,
             recv,
             (int fd, void *data, size_t size, int flags),
             (fd, data, size, flags),
             size)
COMES_SHORT (ssize_t,
             send,
             (int fd, const void *data, size_t size, int flags),
             (fd, data, size, flags),
             size)
COMES_SHORT (
  ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), size)
COMES_SHORT (ssize_t,
             write,
             (int fd, const void *data, size_t size),
             (fd, data, size),
             size)
COMES_SHORT (ssize_t,
             writev,
             (int fd, const struct iovec *parts, int size),
             (fd, parts, size),
             size)

ssize_t
sendmsg (int fd, const struct msghdr *message, int flags)
{
  const int deed = get_deed ("sendmsg", FROM);

  if (deed > 0)
    {
      errno = deed;
      return -1;
    }
  if (deed == 0)
    return REAL (send) (fd, message->msg_iov->iov_base, 1, flags);
  return REAL (sendmsg) (fd, message, flags);
}
