"""Export to ONNX, by converters for skl2onnx."""

from ._convert import register, to_onnx

__all__ = ["register", "to_onnx"]
