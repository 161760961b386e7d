/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>

#include <hein/hein.h>

#include "plugin/hein-script-module.h"
#include "script-error.h"

/*
 * Runs plugins that are written in Python: the module hein-python.
 *
 * In a program that is written in Python itself, its own interpreter runs them:
 * that is why only functions of the stable ABI are called here, except to start
 * one; the program may be of a later version than the library that this module
 * was built with. In other programs one is started, and never ended, since
 * classes of GObject cannot be taken back.
 *
 * PyGObject takes the interpreter's lock (GIL) in every slot and gives it back
 * in every call into C, so slots may be called on any thread.
 */

/* Says the last line of a traceback, and where in the script it was. */
static const char prelude[] =
  "import sys, traceback, types\n"
  "\n"
  "def find_line(path, error):\n"
  "    if isinstance(error, SyntaxError) and error.filename == path:\n"
  "        return error.lineno\n"
  "    lines = [frame.lineno for frame in\n"
  "             traceback.extract_tb(error.__traceback__)\n"
  "             if frame.filename == path]\n"
  "    return lines[-1] if lines else None\n"
  "\n"
  "def run(path, name, text):\n"
  "    module = types.ModuleType(name)\n"
  "    module.__file__ = path\n"
  "    sys.modules[name] = module\n"
  "    try:\n"
  "        exec(compile(text, path, 'exec'), module.__dict__)\n"
  "    except BaseException as error:\n"
  "        del sys.modules[name]\n"
  "        said = traceback.format_exception_only(type(error), error)\n"
  "        line = find_line(path, error)\n"
  "        return (f'line {line}: ' if line else '') + said[-1].strip()\n"
  "    return ''\n";

static PyObject *run; /* of the prelude; guarded by the GIL */

/* Extensions of Python do not link libpython, and look for it among the global
 * symbols. In programs in Python it is there already. */
static gboolean
publish_symbols (GError **error)
{
  Dl_info info;

  if (dladdr ((gpointer) Py_IsInitialized, &info) != 0 &&
      dlopen (info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) != NULL)
    return TRUE;
  return script_refuse (error, "cannot be run: libpython cannot be opened");
}

/* The locale is the program's. Scripts and what they read are UTF-8, whatever
 * it is. */
static PyStatus
keep_locale (void)
{
  PyPreConfig config;

  PyPreConfig_InitPythonConfig (&config);
  config.configure_locale = 0;
  config.coerce_c_locale = 0;
  config.parse_argv = 0;
  config.utf8_mode = 1;
  return Py_PreInitialize (&config);
}

/* Neither signals nor arguments of the program are Python's, nor is its
 * folder searched for modules. */
static gboolean
start (GError **error)
{
  PyConfig config;
  PyStatus status;

  if (!publish_symbols (error))
    return FALSE;
  status = keep_locale ();
  if (PyStatus_Exception (status))
    return script_refuse (error, "cannot be run: Python does not start");
  PyConfig_InitPythonConfig (&config);
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
#if PY_VERSION_HEX >= 0x030b0000
  config.safe_path = 1;
#endif
  status = PyConfig_SetBytesString (&config, &config.program_name, PYTHON);
  if (!PyStatus_Exception (status))
    status = Py_InitializeFromConfig (&config);
  PyConfig_Clear (&config);
  if (PyStatus_Exception (status))
    return script_refuse (error, "cannot be run: Python does not start: %s",
                          status.err_msg != NULL ? status.err_msg : "exit");
  PyEval_SaveThread (); /* other threads may have the GIL */
  return TRUE;
}

/* The functions below are called with the GIL. */

static gboolean
prepare (void)
{
  PyObject *names;
  PyObject *code;
  PyObject *done = NULL;

  if (run != NULL)
    return TRUE;
  names = PyDict_New ();
  code = Py_CompileString (prelude, "hein-python", Py_file_input);
  if (names != NULL && code != NULL &&
      PyDict_SetItemString (names, "__builtins__", PyEval_GetBuiltins ()) == 0)
    done = PyEval_EvalCode (code, names, names);
  if (done != NULL)
    run = PyDict_GetItemString (names, "run");
  if (run != NULL)
    Py_IncRef (run);
  Py_DecRef (done);
  Py_DecRef (code);
  Py_DecRef (names);
  return run != NULL;
}

/* A name for the module of a script, which no other script has. */
static char *
dup_module_name (const char *path)
{
  g_autofree char *file = g_path_get_basename (path);

  file[strlen (file) - strlen (".py")] = '\0';
  return g_strdelimit (g_steal_pointer (&file), "-.", '_');
}

/* Returns what went wrong, "" for nothing. (transfer full) */
static char *
call_run (const char *path, const char *text)
{
  g_autofree char *name = dup_module_name (path);
  PyObject *decoded = PyUnicode_DecodeFSDefault (path);
  PyObject *said = NULL;
  PyObject *bytes = NULL;
  char *result = NULL;

  if (decoded != NULL && prepare ())
    said = PyObject_CallFunction (run, "Oss", decoded, name, text);
  if (said != NULL)
    bytes = PyUnicode_AsEncodedString (said, "utf-8", "replace");
  if (bytes != NULL)
    result = g_strdup (PyBytes_AsString (bytes));
  else
    PyErr_Print ();
  Py_DecRef (bytes);
  Py_DecRef (said);
  Py_DecRef (decoded);
  return result != NULL ? result : g_strdup ("Python cannot run it");
}

static gboolean
run_script (const char *path, const char *text, GError **error)
{
  g_autofree char *said = NULL;
  PyGILState_STATE state;

  if (!Py_IsInitialized () && !start (error))
    return FALSE;
  state = PyGILState_Ensure ();
  said = call_run (path, text);
  PyGILState_Release (state);
  return *said == '\0' || script_refuse (error, "%s", said);
}

G_MODULE_EXPORT extern const HeinScriptModule hein_python_module;
const HeinScriptModule hein_python_module = {
  .abi = HEIN_SCRIPT_MODULE_ABI,
  .size = sizeof (HeinScriptModule),
  .run = run_script,
};
