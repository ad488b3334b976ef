"""Without the extra."""

import sys

import pytest

from sklearn_ed import EDClassifier
from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed.onnx import register, to_onnx


def test_a_missing_package_is_named_in_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    message = r"^The export to ONNX needs skl2onnx, .* pip install 'sklearn-ed\[onnx\]'.$"
    for call in (register, lambda: to_onnx(EDClassifier())):
        with pytest.raises(MissingExtra, match=message):
            call()
