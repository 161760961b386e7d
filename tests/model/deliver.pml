/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The protocol of deliveries: hein/ask/hein-deliver*.c and hein-acknowledger.c, as
 * a model for spin. One bus delivers N messages to W workers, each of which takes
 * CREDIT at a time, and any of which would do (round-robin). A worker handles what
 * it has in any order, or refuses it, and says so in runs of numbers. Connections
 * break, workers die with what they have, and deliveries time out, each a few
 * times, whenever it hurts most.
 *
 * Checked in every state that can be reached:
 *
 *   - a delivery ends once, and in the end all have ended;
 *   - what is acknowledged has been handled;
 *   - what has failed was not handled, and will not be;
 *   - nothing is handled twice;
 *   - no worker is given more than it takes, and all in the order of its numbers.
 *
 * Each MUTANT is a mistake that one of these must find: check-model.py has the
 * list, and what becomes of each.
 */

#ifndef N
#define N 3
#endif
#ifndef W
#define W 2
#endif
#ifndef CREDIT
#define CREDIT 2
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 1
#endif

#define NONE 0 /* numbers begin at 1 */

/* the mistakes */
#define ACK_ON_ARRIVAL  1 /* acknowledges before it is handled */
#define RESEND          2 /* sends again what was sent when a connection broke */
#define BROKEN_FAILS    3 /* says failed of that, not unknown */
#define LATE_FAILS      4 /* says failed of what was sent and timed out */
#define NO_CREDIT       5 /* sends as much as it has */
#define MOVE_SENT       6 /* gives what one worker has to another one */
#define ANY_RECEIPT     7 /* takes a receipt for that of the oldest message */
#define DROP_RECEIPT    8 /* a queue that is full drops a receipt */
#define SILENT_END      9 /* lets go of a message without a word */
#define RUN_OVER_GAP   10 /* says a run of numbers that has a gap */
#define OLD_CONNECTION 11 /* acknowledges on the next connection */
#define LATE_RECEIPT   12 /* takes a receipt of the connection before */
#define LEAK_CREDIT    13 /* does not give back the credit of what timed out */
#define END_TWICE      14 /* ends again what has ended */

#ifndef MUTANT
#define MUTANT 0
#endif

mtype = { WAITING, SENT, ACKNOWLEDGED, FAILED, UNKNOWN };
mtype = { RECEIPT, FAILURE };

/* the bus that delivers */
mtype state[N];
byte to[N];
byte number[N];   /* on the connection to its worker */
byte n_ended[N];
byte last[W];     /* number of the newest one on the connection */
byte n_open[W];   /* sent, and not ended */

/* what is on its way */
chan data[W] = [N] of { byte, byte };         /* number, message */
chan words[W] = [N] of { mtype, byte, byte }; /* kind, first number, how many */

/* the workers */
byte connection[W];
byte has_number[W * N]; /* by message; NONE: does not have it */
byte has_from[W * N];   /* the connection that it came on */
byte newest[W];
byte run_first[W];      /* what is to be said: a run of numbers */
byte run_n[W];
byte n_handled[N];

byte n_cuts = CUTS;
byte n_timeouts = TIMEOUTS;
byte n_drops = 1;

inline end_message (i, how)
{
  n_ended[i]++;
  assert (n_ended[i] == 1);
  assert (how != ACKNOWLEDGED || n_handled[i] == 1);
  assert (how != FAILED || n_handled[i] == 0);
  if
  :: state[i] == SENT &&
     !(MUTANT == LEAK_CREDIT && how == UNKNOWN) -> n_open[to[i]]--
  :: else
  fi;
  state[i] = how
}

inline send (i, w)
{
  last[w]++;
  number[i] = last[w];
  to[i] = w;
  state[i] = SENT;
  n_open[w]++;
  assert (n_open[w] <= CREDIT);
  data[w]!number[i],i
}

/* The first one that waits, as nothing overtakes it. */
inline find_waiting (i)
{
  i = 0;
  do
  :: i < N && state[i] != WAITING -> i++
  :: else -> break
  od
}

inline take_word (w)
{
  words[w]?kind,first,n;
  i = 0;
  do
  :: i < N ->
     if
     :: (state[i] == SENT || (MUTANT == END_TWICE && n_ended[i] > 0)) &&
        to[i] == w &&
        (MUTANT == ANY_RECEIPT ||
         (number[i] >= first && number[i] < first + n)) ->
        if
        :: kind == RECEIPT -> end_message (i, ACKNOWLEDGED)
        :: else -> end_message (i, FAILED)
        fi;
        if
        :: MUTANT == ANY_RECEIPT -> break
        :: else
        fi
     :: else
     fi;
     i++
  :: else -> break
  od
}

#define HAS_CREDIT(w) (n_open[w] < CREDIT || MUTANT == NO_CREDIT)
#define CAN_SEND(w)                                                           \
  (HAS_CREDIT (w) &&                                                          \
   (state[0] == WAITING || state[1] == WAITING || state[N - 1] == WAITING))
#define ARE_OVER                                                              \
  (n_ended[0] > 0 && n_ended[1] > 0 && n_ended[N - 1] > 0)

proctype sender ()
{
  byte i, w, first, n;
  mtype kind;

  do
  :: atomic { CAN_SEND (0) -> find_waiting (i); send (i, 0) }
  :: atomic { CAN_SEND (W - 1) -> find_waiting (i); send (i, (W - 1)) }
  :: atomic { len (words[0]) > 0 -> take_word (0) }
  :: atomic { W > 1 && len (words[W - 1]) > 0 -> take_word ((W - 1)) }
  :: atomic {
       n_timeouts > 0 -> n_timeouts--;
       if
       :: i = 0
       :: i = 1
       :: i = N - 1
       fi;
       if
       :: n_ended[i] > 0
       :: n_ended[i] == 0 && state[i] == WAITING -> end_message (i, FAILED)
       :: n_ended[i] == 0 && state[i] == SENT && MUTANT != LATE_FAILS ->
          end_message (i, UNKNOWN)
       :: n_ended[i] == 0 && state[i] == SENT && MUTANT == LATE_FAILS ->
          end_message (i, FAILED)
       fi
     }
  :: atomic {
       MUTANT == MOVE_SENT && n_drops > 0 && state[0] == SENT ->
       n_drops--;
       n_open[to[0]]--;
       state[0] = WAITING
     }
  :: ARE_OVER -> break
  :: timeout ->
     assert (false) /* nothing more happens, and some have not ended */
  od
}

/* Says what was collected. */
inline say_run (w)
{
  if
  :: run_n[w] > 0 -> words[w]!RECEIPT,run_first[w],run_n[w]
  :: else
  fi;
  run_n[w] = 0
}

inline acknowledge (w, what)
{
  if
  :: run_n[w] > 0 && (run_first[w] + run_n[w] == what || MUTANT == RUN_OVER_GAP)
     -> run_n[w]++
  :: else ->
     say_run (w);
     run_first[w] = what;
     run_n[w] = 1
  fi
}

#define HAS(w, m) (has_number[(w) * N + (m)] != NONE)
#define IS_OPEN(w, m)                                                         \
  (has_from[(w) * N + (m)] == connection[w] || MUTANT == OLD_CONNECTION)

inline handle (w, m)
{
  assert (state[m] != FAILED);
  n_handled[m]++;
  assert (n_handled[m] == 1);
  what = has_number[w * N + m];
  is_open = IS_OPEN (w, m);
  has_number[w * N + m] = NONE
}

inline let_go (w, m)
{
  what = has_number[w * N + m];
  is_open = IS_OPEN (w, m);
  has_number[w * N + m] = NONE;
  if
  :: is_open && MUTANT != SILENT_END -> words[w]!FAILURE,what,1
  :: else
  fi
}

proctype worker (byte w)
{
  byte what, m;
  bool is_open;

end:
  do
  :: atomic {
       len (data[w]) > 0 -> data[w]?what,m;
       assert (what == newest[w] + 1);
       newest[w] = what;
       has_number[w * N + m] = what;
       has_from[w * N + m] = connection[w];
       if
       :: MUTANT == ACK_ON_ARRIVAL -> words[w]!RECEIPT,what,1
       :: else
       fi
     }
  :: atomic {
       HAS (w, 0) || HAS (w, 1) || HAS (w, N - 1) ->
       if
       :: HAS (w, 0) -> m = 0
       :: HAS (w, 1) -> m = 1
       :: HAS (w, N - 1) -> m = N - 1
       fi;
       if
       :: handle (w, m);
          /* the handler has returned, and nobody was told yet: see `cable` */
          if
          :: is_open && MUTANT != ACK_ON_ARRIVAL -> acknowledge (w, what)
          :: else
          fi
       :: let_go (w, m)
       fi
     }
  :: atomic { run_n[w] > 0 -> say_run (w) }
  od
}

/* Breaks the connection of @w: nothing that is on its way arrives. */
inline cut (w)
{
  do
  :: len (data[w]) > 0 -> data[w]?x,m
  :: else -> break
  od;
  do
  :: len (words[w]) > 0 && MUTANT != LATE_RECEIPT -> words[w]?kind,x,m
  :: else -> break
  od;
  run_n[w] = 0;
  newest[w] = 0;
  connection[w]++;
  last[w] = 0;
  i = 0;
  do
  :: i < N ->
     if
     :: state[i] == SENT && to[i] == w ->
        if
        :: MUTANT == RESEND -> state[i] = WAITING; n_open[w]--
        :: MUTANT == BROKEN_FAILS -> end_message (i, FAILED)
        :: else -> end_message (i, UNKNOWN)
        fi
     :: else
     fi;
     i++
  :: else -> break
  od;
  n_open[w] = 0
}

/* A worker that dies has handled nothing of what it has. */
inline die (w)
{
  i = 0;
  do
  :: i < N -> has_number[w * N + i] = NONE; i++
  :: else -> break
  od
}

proctype cable ()
{
  byte i, m, x, w;
  mtype kind;

end:
  do
  :: atomic {
       n_cuts > 0 -> n_cuts--;
       if
       :: w = 0
       :: w = W - 1
       fi;
       cut (w);
       if
       :: die (w)
       :: true
       fi
     }
  :: atomic {
       MUTANT == DROP_RECEIPT && n_drops > 0 && len (words[0]) > 0 ->
       words[0]?kind,x,m;
       n_drops--
     }
  od
}

init
{
  byte i;

  atomic {
    do
    :: i < N -> state[i] = WAITING; i++
    :: else -> break
    od;
    run sender ();
    run cable ();
    run worker (0);
    if
    :: W > 1 -> run worker (W - 1)
    :: else
    fi
  }
}
