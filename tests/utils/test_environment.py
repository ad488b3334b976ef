"""The description of the machine that stands beside measured figures."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn
from threadpoolctl import threadpool_limits

import sklearn_ed
from sklearn_ed._utils import environment


def test_it_can_be_written_as_json_and_names_what_is_imported():
    found = environment.describe_environment()
    assert json.loads(json.dumps(found)) == found
    versions = found["versions"]
    assert versions["numpy"] == np.__version__
    assert versions["sklearn"] == sklearn.__version__
    assert versions["sklearn_ed"] == sklearn_ed.__version__
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
    since = datetime.now(UTC) - datetime.fromisoformat(found["date"])
    assert timedelta(0) <= since < timedelta(minutes=1)


def test_what_is_not_imported_is_left_out(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setitem(sys.modules, "keras", None)
    found = environment.describe_environment()
    assert not {"tensorflow", "keras"} & set(found["versions"])
    assert found["tensorflow_threads"] is None


def test_threads_of_tensorflow_are_asked_of_it(monkeypatch):
    threading = SimpleNamespace(get_intra_op_parallelism_threads=lambda: 3)
    config = SimpleNamespace(threading=threading)
    tensorflow = SimpleNamespace(config=config, __version__="9.9")
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    found = environment.describe_environment()
    assert found["tensorflow_threads"] == 3
    assert found["versions"]["tensorflow"] == "9.9"


@pytest.mark.parametrize("n_threads", [1, 2])
def test_threads_of_blas_are_those_in_force(n_threads):
    with threadpool_limits(limits=n_threads, user_api="blas"):
        found = environment.describe_environment()
    if not found["blas"]:
        pytest.skip("no BLAS whose threads can be counted")
    assert found["blas_threads"] == n_threads


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 5}, raising=False)
    assert environment.usable_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert environment.usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert environment.usable_cores() == 1


def test_processor_is_read_from_the_first_entry(monkeypatch, tmp_path):
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(environment, "Path", lambda name: file)
    file.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2: 3 GHz\nmodel name\t: Other\n")
    assert environment.cpu_model() == "Some CPU @ 2: 3 GHz"
    monkeypatch.setattr(environment.platform, "processor", lambda: "")
    monkeypatch.setattr(environment.platform, "machine", lambda: "riscv64")
    for content in ("processor: 0\n", None):
        file.unlink() if content is None else file.write_text(content)
        assert environment.cpu_model() == "riscv64"
