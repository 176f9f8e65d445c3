"""Networks in onnxruntime as all of ours are run: on one thread, so that the same input gives the same bits."""

from pathlib import Path
from typing import Any

import onnxruntime

_FATAL = 4
"""onnxruntime's log level: what it refuses it raises as well."""


def one_thread_session(model: Path | bytes) -> Any:
    """The session of an ONNX file or of its bytes, on the processor; what onnxruntime refuses it raises."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)
