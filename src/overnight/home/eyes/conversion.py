"""A graph of TensorFlow.js as ONNX, for the operations that NanoDet is made of.

Its inputs are those whose digest we know (`weights.py`). Does not cover: any other operation, other layouts than NHWC.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # Any: of numbers of any kind
Node = Mapping[str, Any]  # Any: JSON
NCHW, NHWC = [0, 3, 1, 2], [0, 2, 3, 1]
OPSET, FILE_VERSION = 15, 8


def onnx_of(graph: Mapping[str, Any], content: bytes) -> bytes:  # Any: JSON
    """The same network as a file for onnxruntime.

    Raises:
        ValueError: an operation in it is not known here.
    """
    from onnx import TensorProto, helper

    nodes = {node["name"]: node for node in graph["modelTopology"]["node"]}
    built = _Builder(nodes, dict(_weights(graph, content)))
    outputs = [entry["name"].partition(":")[0] for entry in graph["signature"]["outputs"].values()]
    for name in outputs:
        built.nodes.append(helper.make_node("Identity", [built.get(name)], [f"out_{name}"]))
    inputs = [node for node in nodes.values() if node["op"] == "Placeholder"]
    made = helper.make_graph(
        built.nodes,
        "nanodet",
        [helper.make_tensor_value_info(node["name"], TensorProto.FLOAT, _shape(node)) for node in inputs],
        [helper.make_tensor_value_info(f"out_{name}", TensorProto.FLOAT, None) for name in outputs],
        built.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FILE_VERSION)
    return bytes(model.SerializeToString())


class _Builder:
    def __init__(self, nodes: Mapping[str, Node], weights: Mapping[str, Array]) -> None:
        self._of_name, self._weights = nodes, weights
        self._built = dict[str, list[str]]()
        self.nodes, self.constants = list[Any](), list[Any]()  # Any: of onnx

    def get(self, reference: str) -> str:
        """The tensor of a reference such as `name:1`."""
        name, _, index = reference.partition(":")
        if name not in self._built:
            self._built[name] = self._build(self._of_name[name])
        return self._built[name][int(index or 0)]

    def _build(self, node: Node) -> list[str]:
        inputs = node.get("input", [])
        match node["op"]:
            case "Placeholder":
                return [node["name"]]
            case "Const":
                return [self._constant(self._weights[node["name"]])]
            case "Identity":
                return [self.get(inputs[0])]
            case "Conv2D" | "MaxPool" | "ResizeBilinear":
                return [self._over_pixels(node)]
            case "Add" | "AddV2" | "Sigmoid" as op:
                return self._op(op.removesuffix("V2"), [self.get(each) for each in inputs])
            case "LeakyRelu":
                return self._op("LeakyRelu", [self.get(inputs[0])], alpha=float(node["attr"]["alpha"]["f"]))
            case op:
                return self._arranged(op, inputs)

    def _arranged(self, op: str, inputs: Sequence[str]) -> list[str]:
        """What only moves numbers to other places."""
        match op:
            case "Transpose":
                return self._op("Transpose", [self.get(inputs[0])], perm=self._value(inputs[1]).tolist())
            case "ConcatV2":
                return self._op("Concat", [self.get(each) for each in inputs[:-1]], axis=int(self._value(inputs[-1])))
            case "Reshape":
                return self._op("Reshape", [self.get(inputs[0]), self._constant(self._value(inputs[1]))])
            case "Pad" | "PadV2":
                around = self._value(inputs[1]).T.reshape(-1)
                filled = [self.get(inputs[2])] if op == "PadV2" else []
                return self._op("Pad", [self.get(inputs[0]), self._constant(around), *filled])
            case "SplitV":
                parts, axis = self._value(inputs[1]), int(self._value(inputs[2]))
                return self._op("Split", [self.get(inputs[0]), self._constant(parts)], outputs=len(parts), axis=axis)
            case _:
                raise ValueError(f"the operation {op} is not known")

    def _over_pixels(self, node: Node) -> str:
        """What TensorFlow has with the channels last, and ONNX with the channels first."""
        first = node["input"][0]
        match node["op"]:
            case "Conv2D":
                return self._convolution(node)
            case "MaxPool":
                size, step = _numbers(node, "ksize")[1:3], _numbers(node, "strides")[1:3]
                return self._in_nchw(first, lambda x: self._op("MaxPool", [x], kernel_shape=size, strides=step))
            case _:
                return self._resize(node)

    def _convolution(self, node: Node) -> str:
        kernel = self._value(node["input"][1]).transpose(3, 2, 0, 1)
        return self._in_nchw(
            node["input"][0],
            lambda x: self._op(
                "Conv",
                [x, self._constant(kernel)],
                strides=_numbers(node, "strides")[1:3],
                dilations=_numbers(node, "dilations")[1:3],
                kernel_shape=list(kernel.shape[2:]),
            ),
        )

    def _resize(self, node: Node) -> str:
        size = self._constant(self._value(node["input"][1]).astype(np.int64))

        def resize(x: str) -> list[str]:
            [shape] = self._op("Shape", [x])
            [kept] = self._op("Slice", [shape, self._constant(np.array([0])), self._constant(np.array([2]))])
            [sizes] = self._op("Concat", [kept, size], axis=0)
            return self._op("Resize", [x, "", "", sizes], mode="linear", coordinate_transformation_mode="half_pixel")

        return self._in_nchw(node["input"][0], resize)

    def _in_nchw(self, reference: str, made: Callable[[str], list[str]]) -> str:
        [turned] = self._op("Transpose", [self.get(reference)], perm=NCHW)
        [back] = self._op("Transpose", made(turned), perm=NHWC)
        return back

    def _op(self, kind: str, inputs: Sequence[str], *, outputs: int = 1, **attributes: Any) -> list[str]:  # Any: of onnx
        from onnx import helper

        names = [f"t{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def _constant(self, value: Array) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _value(self, reference: str) -> Array:
        """What does not depend on the picture, as numbers."""
        node = self._of_name[reference.partition(":")[0]]
        match node["op"]:
            case "Const":
                return self._weights[node["name"]]
            case "AddV2":
                return np.asarray(self._value(node["input"][0]) + self._value(node["input"][1]))
            case "SparseToDense":
                places, shape, values, rest = (self._value(each) for each in node["input"])
                dense = np.full(shape, rest)
                dense[tuple(places.T)] = values
                return dense
            case op:
                raise ValueError(f"the operation {op} of the node {node['name']} is not known for constants")


def _weights(graph: Mapping[str, Any], content: bytes) -> Any:  # Any: JSON; pairs of a name and an array
    at = 0
    for entry in (entry for group in graph["weightsManifest"] for entry in group["weights"]):
        stored = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"]))
        array = np.frombuffer(content, stored, count, at).reshape(entry["shape"])
        at += count * stored.itemsize
        yield entry["name"], array.astype(np.float32 if entry["dtype"] == "float32" else np.int64)


def _numbers(node: Node, name: str) -> list[int]:
    return [int(value) for value in node["attr"][name]["list"]["i"]]


def _shape(node: Node) -> list[int]:
    return [int(side["size"]) for side in node["attr"]["shape"]["shape"]["dim"]]
