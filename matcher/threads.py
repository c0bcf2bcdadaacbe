"""How many threads the algebra libraries take. To be said before numpy, scipy or FAISS is imported.

Changing the number later, while other threads compute, is not safe in OpenBLAS: it moves the
buffers that they work in.
"""

from __future__ import annotations

import os


def one_thread_a_product() -> None:
    """Give every matrix product one thread; FAISS goes on searching with all of them.

    Our products are small. OpenBLAS's idle threads wait for the next one at full speed and take
    the processor from the encoder: the sample is matched in 6.0 s with one thread and in 7.4 to
    10.0 s with two, on two cores.
    """
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def one_thread_each() -> None:
    """Give every product and every search one thread, for a process that answers many people."""
    one_thread_a_product()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
