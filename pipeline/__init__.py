"""Maskwright's library: curate face photos, put masks on them, train and evaluate.

Which of its kernels OpenBLAS takes depends on the processor, and their sums differ in the last digit, which tips a
pixel here and there. Before numpy is imported, one is chosen that every x86-64 processor since 2013 has
(docs/decisions/same-bytes-on-another-machine.md).

onnxruntime from 1.29 on tells its maker of each process and each model, and keeps a number of this machine in the home,
unless it is told not to before it is imported (docs/security.md).
"""

import os
import platform

OPENBLAS_KERNEL = "Haswell"

if platform.machine() in {"x86_64", "AMD64"}:
    os.environ["OPENBLAS_CORETYPE"] = OPENBLAS_KERNEL

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
