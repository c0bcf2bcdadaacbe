"""Cyclic garbage is collected from a thread, never inside an allocation."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: An object's end sets an attribute of the very object that is setting it. The class has seen so
#: many objects and so many names that the next name needs a dictionary.
SCENE = """
import gc, time, weakref

class State: pass
class Row: pass

for _ in range(64):
    state = State()
    state.key = state.path = state.run = state.row = None
state.last = None

def once():
    state, row = State(), Row()
    state.key = state.path = state.run = None
    def gone(ref, state=state):
        ended.append(1)
        state.strong = None
    state.row = weakref.ref(row, gone)
    row.itself = row
    states.append(state)
    del row
    dictionaries = [{} for _ in range(200)]
    HERE
    state.strong = None

ended, states = [], []
"""
AUTOMATIC = (
    SCENE.replace("HERE", "gc.set_threshold(1); gc.enable()")
    + """
gc.collect()
for _ in range(50):
    gc.disable()
    once()
"""
)
APART = (
    SCENE.replace("HERE", "")
    + """
from matcher.garbage import collect_apart
collect_apart()
collect_apart()
for _ in range(50):
    once()
end = time.monotonic() + 60
while len(ended) < 50 and time.monotonic() < end:
    time.sleep(0.1)
print(len(ended), gc.isenabled())
"""
)


def run(script: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=120
    )


def test_what_is_done_apart_harms_nobody() -> None:
    done = run(APART)
    assert (done.returncode, done.stdout.split()) == (0, ["50", "False"]), done.stderr


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python collects between bytecodes now")
@pytest.mark.skipif(os.name != "posix", reason="the way a process dies is told differently")
def test_python_dies_of_it_otherwise() -> None:
    """Once this fails for the Python in use, ``matcher.garbage`` is needed no more."""
    assert run(AUTOMATIC).returncode < 0


@pytest.mark.parametrize(
    "start",
    [
        "sys.argv = ['matcher', '--version']\nfrom matcher.cli import main",
        "import web.wsgi\nweb.wsgi.one_thread_each = lambda: sys.exit(0)\n"
        "main = web.wsgi.application",
    ],
    ids=["command line", "wsgi"],
)
def test_every_entrance_collects_apart(start: str) -> None:
    ending = "\ntry:\n    main()\nexcept SystemExit:\n    print('enabled', gc.isenabled())\n"
    done = run("import gc, sys\n" + start + ending)
    assert "enabled False" in done.stdout, done.stdout + done.stderr
