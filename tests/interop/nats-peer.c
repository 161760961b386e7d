/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A client of NATS by the library libnats, for interop-nats.py:
 *
 *   nats-peer URL sub SUBJECT COUNT     prints "ready", then each message: its
 *                                       subject, its data, and its headers, with tabs
 *                                       in between
 *   nats-peer URL pub SUBJECT TEXT…     returns when the server has them
 *   nats-peer URL pubh SUBJECT TEXT NAME VALUE   one with a header
 *   nats-peer URL request SUBJECT TEXT           prints the answer
 *   nats-peer URL reply SUBJECT COUNT            prints "ready", and answers so many
 *                                                requests by their data and "!"
 *   nats-peer URL kv BUCKET create               makes one with a history of three
 *   nats-peer URL kv BUCKET put KEY VALUE, delete KEY, purge KEY
 *   nats-peer URL kv BUCKET get KEY              prints its value, or "none"
 *   nats-peer URL js STREAM create SUBJECT       makes one that has the subject
 *   nats-peer URL js STREAM publish SUBJECT TEXT…  returns when it has them
 *   nats-peer URL js STREAM add NAME FILTER KIND WAIT   makes a durable consumer; KIND:
 *                                                pull, push, or one that needs no
 *                                                acknowledgements: none; WAIT: how many
 *                                                seconds it waits for one
 *   nats-peer URL js STREAM delete NAME
 *   nats-peer URL js STREAM info NAME            prints of its messages: what was brought
 *                                                and is not acknowledged, what is still
 *                                                to come, and what came again
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

typedef void (*Handle) (natsConnection *connection, natsMsg *message);

static void
print (natsConnection *connection, natsMsg *message)
{
  const char **names = NULL;
  int n = 0;

  printf ("%s\t%.*s", natsMsg_GetSubject (message),
          natsMsg_GetDataLength (message), natsMsg_GetData (message));
  if (natsMsgHeader_Keys (message, &names, &n) == NATS_OK)
    for (int i = 0; i < n; i++)
      {
        const char *value = NULL;

        check (natsMsgHeader_Get (message, names[i], &value), "header");
        printf ("\t%s=%s", names[i], value);
      }
  free (names);
  printf ("\n");
  fflush (stdout);
}

/* Prints "ready", and has so many messages handled. */
static void
listen_to (natsConnection *connection,
           const char *subject,
           int count,
           Handle handle)
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
      handle (connection, message);
      natsMsg_Destroy (message);
    }
  natsSubscription_Destroy (subscription);
}

static void
request (natsConnection *connection, const char *subject, const char *text)
{
  natsMsg *answer = NULL;

  check (natsConnection_RequestString (&answer, connection, subject, text,
                                       PATIENCE_MS),
         "request");
  print (connection, answer);
  natsMsg_Destroy (answer);
}

static void
answer_one (natsConnection *connection, natsMsg *message)
{
  char text[256];

  snprintf (text, sizeof text, "%.*s!", natsMsg_GetDataLength (message),
            natsMsg_GetData (message));
  check (natsConnection_PublishString (connection, natsMsg_GetReply (message),
                                       text),
         "answer");
}

static void
reply (natsConnection *connection, const char *subject, int count)
{
  listen_to (connection, subject, count, answer_one);
  check (natsConnection_FlushTimeout (connection, PATIENCE_MS), "flush");
}

static void
publish (natsConnection *connection, const char *subject, char **texts)
{
  for (; *texts != NULL; texts++)
    check (natsConnection_PublishString (connection, subject, *texts),
           "publish");
  check (natsConnection_FlushTimeout (connection, PATIENCE_MS), "flush");
}

static void
publish_with_header (natsConnection *connection,
                     const char *subject,
                     char **words)
{
  natsMsg *message = NULL;

  check (natsMsg_Create (&message, subject, NULL, words[0],
                         (int) strlen (words[0])),
         "message");
  check (natsMsgHeader_Set (message, words[1], words[2]), "header");
  check (natsConnection_PublishMsg (connection, message), "publish");
  check (natsConnection_FlushTimeout (connection, PATIENCE_MS), "flush");
  natsMsg_Destroy (message);
}

static void
print_value (kvStore *bucket, const char *key)
{
  kvEntry *entry = NULL;
  const natsStatus status = kvStore_Get (&entry, bucket, key);

  if (status == NATS_NOT_FOUND)
    printf ("none\n");
  else
    {
      check (status, "get");
      printf ("%.*s\n", kvEntry_ValueLen (entry),
              (const char *) kvEntry_Value (entry));
    }
  kvEntry_Destroy (entry);
}

/* @words: a name, what to do, and with which key and value. */
static void
use_bucket (natsConnection *connection, int n_words, char **words)
{
  jsCtx *jetstream = NULL;
  kvStore *bucket = NULL;
  kvConfig config;

  check (natsConnection_JetStream (&jetstream, connection, NULL), "JetStream");
  kvConfig_Init (&config);
  config.Bucket = words[0];
  config.History = 3;
  if (strcmp (words[1], "create") == 0)
    check (js_CreateKeyValue (&bucket, jetstream, &config), "create");
  else
    check (js_KeyValue (&bucket, jetstream, words[0]), "bucket");
  if (n_words == 4 && strcmp (words[1], "put") == 0)
    check (kvStore_PutString (NULL, bucket, words[2], words[3]), "put");
  else if (n_words == 3 && strcmp (words[1], "get") == 0)
    print_value (bucket, words[2]);
  else if (n_words == 3 && strcmp (words[1], "delete") == 0)
    check (kvStore_Delete (bucket, words[2]), "delete");
  else if (n_words == 3 && strcmp (words[1], "purge") == 0)
    check (kvStore_Purge (bucket, words[2], NULL), "purge");
  kvStore_Destroy (bucket);
  jsCtx_Destroy (jetstream);
}

static void
add_consumer (jsCtx *jetstream, char **words)
{
  jsConsumerInfo *info = NULL;
  jsConsumerConfig config;

  jsConsumerConfig_Init (&config);
  config.Durable = words[2];
  config.FilterSubject = words[3];
  config.AckPolicy =
    strcmp (words[4], "none") == 0 ? js_AckNone : js_AckExplicit;
  config.AckWait = atoi (words[5]) * (int64_t) 1000000000;
  if (strcmp (words[4], "push") == 0)
    config.DeliverSubject = "pushed";
  check (js_AddConsumer (&info, jetstream, words[0], &config, NULL, NULL),
         "consumer");
  jsConsumerInfo_Destroy (info);
}

static void
print_consumer (jsCtx *jetstream, char **words)
{
  jsConsumerInfo *info = NULL;

  check (js_GetConsumerInfo (&info, jetstream, words[0], words[2], NULL, NULL),
         "consumer");
  printf ("%lld %llu %lld\n", (long long) info->NumAckPending,
          (unsigned long long) info->NumPending,
          (long long) info->NumRedelivered);
  jsConsumerInfo_Destroy (info);
}

static void
create_stream (jsCtx *jetstream, char **words)
{
  const char *subjects[] = { words[2] };
  jsStreamInfo *info = NULL;
  jsStreamConfig config;

  jsStreamConfig_Init (&config);
  config.Name = words[0];
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  check (js_AddStream (&info, jetstream, &config, NULL, NULL), "stream");
  jsStreamInfo_Destroy (info);
}

/* @words: a name, what to do, and with what. */
static void
use_stream (natsConnection *connection, int n_words, char **words)
{
  jsCtx *jetstream = NULL;

  check (natsConnection_JetStream (&jetstream, connection, NULL), "JetStream");
  if (n_words == 3 && strcmp (words[1], "create") == 0)
    create_stream (jetstream, words);
  else if (n_words == 6 && strcmp (words[1], "add") == 0)
    add_consumer (jetstream, words);
  else if (n_words == 3 && strcmp (words[1], "delete") == 0)
    check (js_DeleteConsumer (jetstream, words[0], words[2], NULL, NULL),
           "delete");
  else if (n_words == 3 && strcmp (words[1], "info") == 0)
    print_consumer (jetstream, words);
  else
    for (int i = 3; i < n_words; i++)
      check (js_Publish (NULL, jetstream, words[2], words[i],
                         (int) strlen (words[i]), NULL, NULL),
             "publish");
  jsCtx_Destroy (jetstream);
}

int
main (int argc, char **argv)
{
  natsConnection *connection = NULL;

  if (argc < 5)
    return 2;
  check (natsConnection_ConnectTo (&connection, argv[1]), "connect");
  if (strcmp (argv[2], "sub") == 0)
    listen_to (connection, argv[3], atoi (argv[4]), print);
  else if (strcmp (argv[2], "pub") == 0)
    publish (connection, argv[3], argv + 4);
  else if (strcmp (argv[2], "request") == 0)
    request (connection, argv[3], argv[4]);
  else if (strcmp (argv[2], "reply") == 0)
    reply (connection, argv[3], atoi (argv[4]));
  else if (strcmp (argv[2], "kv") == 0)
    use_bucket (connection, argc - 3, argv + 3);
  else if (strcmp (argv[2], "js") == 0)
    use_stream (connection, argc - 3, argv + 3);
  else if (strcmp (argv[2], "pubh") == 0 && argc == 7)
    publish_with_header (connection, argv[3], argv + 4);
  else
    return 2;
  natsConnection_Destroy (connection);
  nats_Close ();
  return 0;
}
