/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-dialler.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Resolves and connects, with several addresses in parallel (RFC 8305). */

#define RESOLVE_TIMEOUT_US (5 * G_USEC_PER_SEC)
#define NEXT_AFTER_US      (250 * 1000) /* RFC 8305, section 5 */
#define ATTEMPT_TIMEOUT_US (10 * G_USEC_PER_SEC)

typedef struct
{
  HeinWatch watch;
  HeinDialler *dialler;    /* borrowed */
  GSocketAddress *address; /* owned */
  gint64 since_us;
} Attempt;

struct _HeinDialler
{
  HeinTimer timer;
  HeinJob job; /* calls back, so that this never happens inside of new */
  HeinLoop *loop;
  GSocketAddressEnumerator *enumerator; /* owned; NULL when exhausted */
  GCancellable *cancellable;            /* owned */
  gboolean is_enumerating;
  gint64 started_us;
  gint64 next_us;      /* when to try the next address, 0: at once */
  GQueue waiting;      /* owned GSocketAddress, in the order to try */
  GPtrArray *attempts; /* owned Attempt */
  HeinDialFilter filter;
  HeinDialFunc done;
  gpointer data;
  GError *refusal;         /* owned: the first error of the filter */
  GError *failure;         /* owned: the last error of a connection */
  int fd;                  /* the connection that won */
  GSocketAddress *address; /* owned: the address that won */
  gboolean is_done;
};

static void go_on (HeinDialler *self);

static void
attempt_free (gpointer data)
{
  Attempt *self = data;

  if (self->watch.is_added)
    {
      int fd = self->watch.fd;

      hein_loop_remove_watch (self->dialler->loop, &self->watch);
      close (fd);
    }
  g_object_unref (self->address);
  g_free (self);
}

/* A hint to append to the system's error text; "" where that is clear
 * enough. */
static const char *
get_hint (GSocketAddress *address, int code)
{
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return "";
  if (code == EINVAL)
    return " (a route drops it: of the kind blackhole?)";
  if (code == EACCES || code == EPERM)
    return " (a firewall or a route of this machine forbids it)";
  if (code == EADDRNOTAVAIL &&
      g_socket_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    return " (this machine has no IPv6, it may be switched off)";
  return "";
}

static void
note_failure (HeinDialler *self, GSocketAddress *address, int code)
{
  g_autofree char *text =
    g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));

  g_clear_error (&self->failure);
  self->failure =
    g_error_new (G_IO_ERROR, g_io_error_from_errno (code), "%s: %s%s", text,
                 g_strerror (code), get_hint (address, code));
}

static void
finish (HeinDialler *self)
{
  self->is_done = TRUE;
  g_ptr_array_set_size (self->attempts, 0);
  g_cancellable_cancel (self->cancellable);
  hein_loop_disarm (self->loop, &self->timer);
  hein_loop_defer (self->loop, &self->job);
}

static void
win (HeinDialler *self, int fd, GSocketAddress *address)
{
  self->fd = fd;
  self->address = g_object_ref (address);
  finish (self);
}

static void
on_connected (HeinWatch *watch, guint32 events)
{
  Attempt *attempt = HEIN_CONTAINER (watch, Attempt, watch);
  HeinDialler *self = attempt->dialler;
  int fd = watch->fd;
  int code = 0;
  socklen_t size = sizeof code;

  getsockopt (fd, SOL_SOCKET, SO_ERROR, &code, &size);
  hein_loop_remove_watch (self->loop, watch);
  if (code == 0)
    {
      win (self, fd, attempt->address);
      return;
    }
  close (fd);
  note_failure (self, attempt->address, code);
  g_ptr_array_remove (self->attempts, attempt);
  self->next_us = 0;
  go_on (self);
}

static void
begin_attempt (HeinDialler *self, GSocketAddress *address)
{
  struct sockaddr_storage native;
  gssize size = g_socket_address_get_native_size (address);
  int family = g_socket_address_get_family (address);
  int one = 1;
  g_autoptr (GError) error = NULL;
  Attempt *attempt;
  int fd;

  if (size < 0 || (gsize) size > sizeof native ||
      !g_socket_address_to_native (address, &native, sizeof native, NULL))
    {
      note_failure (self, address, EAFNOSUPPORT);
      return;
    }
  fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    {
      note_failure (self, address, errno);
      return;
    }
  if (family != AF_UNIX)
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect (fd, (struct sockaddr *) &native, size) == 0)
    {
      win (self, fd, address);
      return;
    }
  if (errno != EINPROGRESS)
    {
      note_failure (self, address, errno);
      close (fd);
      return;
    }
  attempt = g_new0 (Attempt, 1);
  attempt->dialler = self;
  attempt->address = g_object_ref (address);
  attempt->since_us = hein_loop_get_now_us (self->loop);
  attempt->watch.ready = on_connected;
  if (hein_loop_add_watch (self->loop, &attempt->watch, fd, EPOLLOUT, &error))
    {
      g_ptr_array_add (self->attempts, attempt);
      return;
    }
  close (fd);
  attempt_free (attempt);
  g_clear_error (&self->failure);
  self->failure = g_steal_pointer (&error);
}

static void
try_next (HeinDialler *self)
{
  g_autoptr (GSocketAddress) address = g_queue_pop_head (&self->waiting);
  GError *refusal = NULL;

  if (!self->filter (address, self->data, &refusal))
    {
      if (self->refusal == NULL)
        self->refusal = refusal;
      else
        g_clear_error (&refusal);
      return;
    }
  begin_attempt (self, address);
  if (self->attempts->len > 0)
    self->next_us = hein_loop_get_now_us (self->loop) + NEXT_AFTER_US;
}

static void
give_up_late (HeinDialler *self, gint64 now_us)
{
  for (guint i = self->attempts->len; i > 0; i--)
    {
      Attempt *attempt = g_ptr_array_index (self->attempts, i - 1);

      if (now_us < attempt->since_us + ATTEMPT_TIMEOUT_US)
        continue;
      note_failure (self, attempt->address, ETIMEDOUT);
      g_ptr_array_remove_index (self->attempts, i - 1);
    }
}

static void
arm (HeinDialler *self)
{
  gint64 due_us = G_MAXINT64;

  if (self->waiting.length > 0)
    due_us = self->next_us;
  for (guint i = 0; i < self->attempts->len; i++)
    {
      Attempt *attempt = g_ptr_array_index (self->attempts, i);

      due_us = MIN (due_us, attempt->since_us + ATTEMPT_TIMEOUT_US);
    }
  if (self->is_enumerating)
    due_us = MIN (due_us, self->started_us + RESOLVE_TIMEOUT_US);
  hein_loop_arm (self->loop, &self->timer, due_us);
}

/* Starts the attempts that are due; ends when there is nothing left to wait
 * for. */
static void
go_on (HeinDialler *self)
{
  gint64 now_us = hein_loop_get_now_us (self->loop);

  while (!self->is_done && self->waiting.length > 0 &&
         (self->next_us <= now_us || self->attempts->len == 0))
    try_next (self);
  if (self->is_done)
    return;
  if (self->waiting.length == 0 && self->attempts->len == 0 &&
      !self->is_enumerating)
    finish (self);
  else
    arm (self);
}

static void
end_enumeration (HeinDialler *self)
{
  self->is_enumerating = FALSE;
  g_clear_object (&self->enumerator);
}

static void
on_expired (HeinTimer *timer, gint64 now_us)
{
  HeinDialler *self = HEIN_CONTAINER (timer, HeinDialler, timer);

  if (self->is_enumerating && now_us >= self->started_us + RESOLVE_TIMEOUT_US)
    {
      g_cancellable_cancel (self->cancellable);
      end_enumeration (self);
      if (self->failure == NULL)
        self->failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                             "the name was not resolved "
                                             "within 5 s");
    }
  give_up_late (self, now_us);
  go_on (self);
}

static void next_address (HeinDialler *self);

/* Queues an address so that the families alternate: it goes before an address
 * of the other family that would otherwise be second of its family in a row. */
static void
queue_address (HeinDialler *self, GSocketAddress *address)
{
  GSocketFamily family = g_socket_address_get_family (address);
  GList *l = self->waiting.head;

  while (l != NULL && l->next != NULL &&
         g_socket_address_get_family (l->data) !=
           g_socket_address_get_family (l->next->data))
    l = l->next;
  if (l == NULL || g_socket_address_get_family (l->data) == family)
    g_queue_push_tail (&self->waiting, address);
  else
    g_queue_insert_after (&self->waiting, l, address);
}

/* What the callback of a query must know before it may touch the dialler. */
typedef struct
{
  HeinDialler *dialler;      /* borrowed; freed if @cancellable is cancelled */
  GCancellable *cancellable; /* owned */
} Question;

static void
question_free (Question *self)
{
  g_object_unref (self->cancellable);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

static void
on_address (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Question) question = data;
  HeinDialler *self = question->dialler;
  g_autoptr (GError) error = NULL;
  GSocketAddress *address =
    g_socket_address_enumerator_next_finish (G_SOCKET_ADDRESS_ENUMERATOR (
                                               source),
                                             result, &error);

  /* the error does not tell: some enumerators ignore their cancellable */
  if (g_cancellable_is_cancelled (question->cancellable))
    {
      g_clear_object (&address);
      return;
    }
  if (address != NULL)
    {
      queue_address (self, address);
      next_address (self);
    }
  else
    {
      end_enumeration (self);
      if (error != NULL && self->failure == NULL)
        self->failure = g_steal_pointer (&error);
    }
  go_on (self);
}

static void
next_address (HeinDialler *self)
{
  Question *question = g_new (Question, 1);

  question->dialler = self;
  question->cancellable = g_object_ref (self->cancellable);
  g_socket_address_enumerator_next_async (self->enumerator, self->cancellable,
                                          on_address, question);
}

static const GError *
get_error (HeinDialler *self)
{
  if (self->refusal != NULL)
    return self->refusal;
  if (self->failure == NULL)
    self->failure = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND,
                                         "the name has no address");
  return self->failure;
}

static void
on_job (HeinJob *job)
{
  HeinDialler *self = HEIN_CONTAINER (job, HeinDialler, job);
  int fd = self->fd;
  g_autoptr (GSocketAddress) address = g_steal_pointer (&self->address);
  g_autoptr (GError) error = NULL;

  if (fd < 0)
    error = g_error_copy (get_error (self));
  self->fd = -1;
  self->done (fd, address, error, self->data);
}

HeinDialler *
hein_dialler_new (HeinLoop *loop,
                  GSocketConnectable *target,
                  HeinDialFilter filter,
                  HeinDialFunc done,
                  gpointer data)
{
  HeinDialler *self = g_new0 (HeinDialler, 1);

  self->loop = loop;
  self->filter = filter;
  self->done = done;
  self->data = data;
  self->fd = -1;
  self->timer.expired = on_expired;
  self->job.run = on_job;
  self->attempts = g_ptr_array_new_with_free_func (attempt_free);
  self->cancellable = g_cancellable_new ();
  self->enumerator = g_socket_connectable_enumerate (target);
  self->is_enumerating = TRUE;
  self->started_us = hein_loop_get_now_us (loop);
  next_address (self);
  arm (self);
  return self;
}

void
hein_dialler_free (HeinDialler *self)
{
  hein_loop_disarm (self->loop, &self->timer);
  hein_loop_cancel (self->loop, &self->job);
  g_cancellable_cancel (self->cancellable);
  g_ptr_array_unref (self->attempts);
  g_queue_clear_full (&self->waiting, g_object_unref);
  g_clear_object (&self->enumerator);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->address);
  g_clear_error (&self->refusal);
  g_clear_error (&self->failure);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}
