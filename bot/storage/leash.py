"""Runs a program that ends when its parent ends, even by `kill -9`: `python leash.py PARENT_PID PROGRAM ARGUMENT…`.

It is a program of its own because code run between fork and exec is unsafe in a process with threads. On systems
without `prctl` the program simply runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>; it survives exec


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we could ask to be told
        sys.exit("The process that wanted this program is gone.")
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
