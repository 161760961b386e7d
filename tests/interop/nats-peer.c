/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A client of NATS by the library libnats, for interop-nats.py:
 *
 *   nats-peer URL sub SUBJECT COUNT     prints "ready", then each message: its
 *                                       subject, a tab, and its data
 *   nats-peer URL pub SUBJECT TEXT…     returns when the server has them
 */

#define PATIENCE_MS 60000

static void
check (natsStatus status, const char *what)
{
  if (status == NATS_OK)
    return;
  fprintf (stderr, "%s: %s\n", what, natsStatus_GetText (status));
  exit (1);
}

static void
subscribe (natsConnection *connection, const char *subject, int count)
{
  natsSubscription *subscription = NULL;

  check (natsConnection_SubscribeSync (&subscription, connection, subject),
         "subscribe");
  check (natsConnection_Flush (connection), "flush");
  printf ("ready\n");
  fflush (stdout);
  for (int i = 0; i < count; i++)
    {
      natsMsg *message = NULL;

      check (natsSubscription_NextMsg (&message, subscription, PATIENCE_MS),
             "next");
      printf ("%s\t%.*s\n", natsMsg_GetSubject (message),
              natsMsg_GetDataLength (message), natsMsg_GetData (message));
      fflush (stdout);
      natsMsg_Destroy (message);
    }
  natsSubscription_Destroy (subscription);
}

static void
publish (natsConnection *connection, const char *subject, char **texts)
{
  for (; *texts != NULL; texts++)
    check (natsConnection_PublishString (connection, subject, *texts),
           "publish");
  check (natsConnection_FlushTimeout (connection, PATIENCE_MS), "flush");
}

int
main (int argc, char **argv)
{
  natsConnection *connection = NULL;

  if (argc < 5)
    return 2;
  check (natsConnection_ConnectTo (&connection, argv[1]), "connect");
  if (strcmp (argv[2], "sub") == 0)
    subscribe (connection, argv[3], atoi (argv[4]));
  else if (strcmp (argv[2], "pub") == 0)
    publish (connection, argv[3], argv + 4);
  else
    return 2;
  natsConnection_Destroy (connection);
  nats_Close ();
  return 0;
}
