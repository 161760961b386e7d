/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello.h"

#include "tool-hello-talk.h"
#include "tool-hello-tell.h"
#include "tool-hello-verdict.h"
#include "tool-options.h"
#include "tool-status.h"

/* Looks for the other side, judges what both know, and says so. */

static int
get_status (ToolHelloOutcome outcome)
{
  switch (outcome)
    {
    case TOOL_HELLO_FINE:
    case TOOL_HELLO_SUSPECT:
      return TOOL_DONE;
    case TOOL_HELLO_ALONE:
      return TOOL_TIMED_OUT;
    case TOOL_HELLO_BROKEN:
      break;
    }
  return TOOL_FAILED;
}

int
tool_hello (ToolDoctor *doctor, const ToolHelloOptions *options)
{
  g_autofree ToolHelloTalk *talk = g_new0 (ToolHelloTalk, 1);
  g_auto (ToolHelloVerdict) verdict = { 0 };
  g_autoptr (GError) error = NULL;

  if (!tool_hello_talk (talk, doctor, options->with, options->dials,
                        options->timeout_s, &error))
    return tool_complain_usage ("%s", error->message);
  tool_hello_judge (&verdict, &talk->mine,
                    talk->has_theirs ? &talk->theirs : NULL);
  tool_hello_tell (&doctor->report, talk, &verdict);
  return get_status (verdict.outcome);
}
