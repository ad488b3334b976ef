"""Converters for skl2onnx. The modules need it: they are imported when they are registered."""
