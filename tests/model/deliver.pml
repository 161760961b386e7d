/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The protocol of deliveries: hein/ask/hein-deliver*.c and hein-acknowledger.c, as
 * a model for spin. One bus delivers N messages to W workers, each of which takes
 * CREDIT at a time, and any of which would do (round-robin). A worker handles what
 * it has in any order, or refuses it, and says so in runs of numbers. Connections
 * break, workers die with what they have, and deliveries time out, each a few
 * times, whenever it hurts most. After a break the two ask each other what has
 * come and what became of it (hein-deliver-resume.c, hein-delivered.c): then it
 * goes on, unless the worker has died, or nobody comes in time.
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
#define COUNTS_ANEW    11 /* uses numbers again on a new connection */
#define LATE_RECEIPT   12 /* the same, and takes a receipt of the one before */
#define LEAK_CREDIT    13 /* does not give back the credit of what timed out */
#define END_TWICE      14 /* ends again what has ended */
#define RESEND_ALL     15 /* sends again what has come, and is open there */
#define NEW_FIRST      16 /* sends what is new before it knows what has come */
#define OPEN_IS_DONE   17 /* says that what is open was handled */
#define FAILED_IS_DONE 18 /* says that what has failed was handled */
#define FORGETS_WORDS  19 /* does not say again what it said before the break */
#define TRUSTS_ANYONE  20 /* takes a worker that died for the one that was */
#define SAME_NUMBER    21 /* begins to count again, and compares with before */
#define FORGETS_TWICE  22 /* forgets that it has forgotten */

#ifndef MUTANT
#define MUTANT 0
#endif

mtype = { WAITING, SENT, ACKNOWLEDGED, FAILED, UNKNOWN };
mtype = { RECEIPT, FAILURE, RESUMED };
mtype = { UP, CUT, ASKED };

/* the bus that delivers */
mtype state[N];
byte to[N];
byte number[N];   /* on the connection to its worker */
byte n_ended[N];
byte last[W];     /* number of the newest one on the connection */
byte n_open[W];   /* sent, and not ended */
mtype link[W];    /* what the bus knows of its connection */
byte life[W];     /* which process of the worker that was */

/* what is on its way */
chan data[W] = [N] of { byte, byte };         /* number, message */
/* kind, first number, how many; more than N when all is said again */
chan words[W] = [4 * N] of { mtype, byte, byte };
bool asked[W];     /* the question after a cut, */
byte ask_first[W]; /* and what it is about */
byte ask_last[W];

/* the workers */
byte process[W];        /* how often it has died */
byte record[W];         /* which one it has of what came; of a later one, */
byte has_from[W * N];   /* earlier messages are not told any more */
byte has_number[W * N]; /* by message; NONE: does not have it */
byte arrived[W];        /* the greatest number that has come */
byte forgotten[W];      /* the greatest of those that it knows nothing of */
bool is_new[W];         /* nothing was resumed on this connection */
int failed[W];          /* bits: those that it has refused */
byte newest[W];         /* the newest message that has come, plus one */
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

/* Those sent to @w end, as nobody knows what became of them. */
inline doubt (w)
{
  i = 0;
  do
  :: i < N ->
     if
     :: state[i] == SENT && to[i] == w ->
        if
        :: MUTANT == BROKEN_FAILS -> end_message (i, FAILED)
        :: else -> end_message (i, UNKNOWN)
        fi
     :: else
     fi;
     i++
  :: else -> break
  od
}

/* Nothing is resumed: @w learns it from the first delivery, if that comes. */
inline begin_anew (w)
{
  if
  :: MUTANT == COUNTS_ANEW || MUTANT == LATE_RECEIPT -> last[w] = 0
  :: else
  fi;
  n_open[w] = 0;
  is_new[w] = true;
  life[w] = process[w];
  link[w] = UP
}

/* @w has come again. */
inline come_again (w)
{
  ask_first[w] = 0;
  ask_last[w] = 0;
  i = 0;
  do
  :: i < N ->
     if
     :: state[i] == SENT && to[i] == w ->
        if
        :: ask_first[w] == 0 || number[i] < ask_first[w] ->
           ask_first[w] = number[i]
        :: else
        fi;
        if
        :: number[i] > ask_last[w] -> ask_last[w] = number[i]
        :: else
        fi
     :: else
     fi;
     i++
  :: else -> break
  od;
  if
  :: ask_first[w] == 0 -> begin_anew (w)
  :: else ->
     life[w] = process[w];
     link[w] = ASKED;
     asked[w] = true
  fi
}

/* What has not come is sent again; what has come is open there. */
inline take_back (w)
{
  assert (first <= last[w]);
  i = 0;
  do
  :: i < N ->
     if
     :: state[i] == SENT && to[i] == w &&
        (number[i] > first || MUTANT == RESEND_ALL) ->
        state[i] = WAITING;
        n_open[w]--
     :: else
     fi;
     i++
  :: else -> break
  od;
  if
  :: MUTANT == SAME_NUMBER -> last[w] = 0
  :: else
  fi
}

inline take_word (w)
{
  words[w]?kind,first,n;
  i = 0;
  do
  :: kind == RESUMED ->
     if
     :: n == 0 -> doubt (w)
     :: else -> take_back (w)
     fi;
     link[w] = UP;
     break
  :: kind != RESUMED && i < N ->
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

/* After a cut: it comes again, another process has its name, or nobody comes in
 * time. */
inline wait_for (w)
{
  if
  :: life[w] == process[w] || MUTANT == TRUSTS_ANYONE -> come_again (w)
  :: true ->
     doubt (w);
     begin_anew (w)
  fi
}

#define HAS_CREDIT(w)                                                         \
  ((link[w] == UP || (MUTANT == NEW_FIRST && link[w] == ASKED)) &&            \
   (n_open[w] < CREDIT || MUTANT == NO_CREDIT))
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
  :: atomic { link[0] == CUT -> wait_for (0) }
  :: atomic { W > 1 && link[W - 1] == CUT -> wait_for ((W - 1)) }
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
#define IS_OPEN(w, m) (has_from[(w) * N + (m)] == record[w])
/* Until it has been asked, it says nothing on a new connection. */
#define IS_HEARD(w) (link[w] != CUT && !asked[w] && !is_new[w])

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
  :: is_open -> failed[w] = failed[w] | (1 << what)
  :: else
  fi;
  if
  :: is_open && IS_HEARD (w) && MUTANT != SILENT_END ->
     words[w]!FAILURE,what,1
  :: else
  fi
}

/* Is the number @what one of a message that it has? */
inline find_open (w)
{
  is_open = false;
  m = 0;
  do
  :: m < N ->
     if
     :: has_number[w * N + m] == what && IS_OPEN (w, m) -> is_open = true
     :: else
     fi;
     m++
  :: else -> break
  od
}

/* Says again what became of all that it is asked about. */
inline repeat (w)
{
  what = ask_first[w];
  do
  :: what <= ask_last[w] && what <= arrived[w] && MUTANT != FORGETS_WORDS ->
     find_open (w);
     if
     :: is_open && MUTANT != OPEN_IS_DONE
     :: else ->
        if
        :: (failed[w] & (1 << what)) != 0 && MUTANT != FAILED_IS_DONE ->
           words[w]!FAILURE,what,1
        :: else -> words[w]!RECEIPT,what,1
        fi
     fi;
     what++
  :: else -> break
  od;
  words[w]!RESUMED,arrived[w],1
}

inline answer (w)
{
  asked[w] = false;
  if
  :: ask_first[w] > forgotten[w] -> repeat (w)
  :: true ->
     /* it is too long ago */
     record[w]++;
     arrived[w] = 0;
     failed[w] = 0;
     if
     :: MUTANT != FORGETS_TWICE -> forgotten[w] = ask_last[w]
     :: else
     fi;
     words[w]!RESUMED,0,0
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
       if
       :: is_new[w] ->
          is_new[w] = false;
          record[w]++;
          arrived[w] = 0;
          failed[w] = 0;
          forgotten[w] = 0
       :: else
       fi;
       assert (what > arrived[w]);
       /* what is sent again comes before what is new */
       assert (W > 1 || m + 1 > newest[w]);
       newest[w] = m + 1;
       arrived[w] = what;
       has_number[w * N + m] = what;
       has_from[w * N + m] = record[w];
       if
       :: MUTANT == ACK_ON_ARRIVAL -> words[w]!RECEIPT,what,1
       :: else
       fi
     }
  :: atomic { asked[w] -> answer (w) }
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
          :: is_open && IS_HEARD (w) && MUTANT != ACK_ON_ARRIVAL ->
             acknowledge (w, what)
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
  asked[w] = false;
  is_new[w] = false;
  link[w] = CUT;
  i = 0;
  do
  :: i < N ->
     if
     :: MUTANT == RESEND && state[i] == SENT && to[i] == w ->
        state[i] = WAITING;
        n_open[w]--
     :: else
     fi;
     i++
  :: else -> break
  od
}

/* A worker that dies has handled nothing of what it has. */
inline die (w)
{
  i = 0;
  do
  :: i < N -> has_number[w * N + i] = NONE; i++
  :: else -> break
  od;
  process[w]++;
  arrived[w] = 0;
  failed[w] = 0;
  forgotten[w] = 0;
  newest[w] = 0
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
    link[0] = UP;
    link[W - 1] = UP;
    run sender ();
    run cable ();
    run worker (0);
    if
    :: W > 1 -> run worker (W - 1)
    :: else
    fi
  }
}
