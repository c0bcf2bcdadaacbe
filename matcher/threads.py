"""How many threads the algebra libraries take."""

from __future__ import annotations

import os


def one_thread_each() -> None:
    """Give every product one thread, for a process that answers many people at once.

    Has to be called before numpy, scipy or FAISS is imported. Changing the number later, while
    other threads compute, is not safe in OpenBLAS: it moves the buffers that they work in.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
