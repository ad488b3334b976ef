"""Files that are not what `Comparison.save` wrote: one clear error when they are loaded."""

import json
from pathlib import Path

import pytest

from sklearn_ed.comparison import Comparison

GOOD = json.loads((Path(__file__).parent / "results-0.1.0.json").read_text())
RESULT = "outcomes" if "outcomes" in GOOD else "results"


def changed(*path, value):
    """The good file with the item at `path` replaced."""
    content = json.loads(json.dumps(GOOD))
    item = content
    for key in path[:-1]:
        item = item[key]
    item[path[-1]] = value
    return json.dumps(content)


CANDIDATE = (RESULT, 0, "candidates", 0)
BAD = {
    "empty": "",
    "truncated": json.dumps(GOOD)[:2000],
    "a list": "[]",
    "deep list": "[" * 100_000,
    "deep dict": '{"a":' * 100_000,
    "no results": changed(RESULT, value=[]),
    "results of another type": changed(RESULT, value={"a": 1}),
    "data of another type": changed("data", value=[1]),
    "data without columns": changed("data", value={"n_train": 1}),
    "a name that is no text": changed("name", value=3),
    "half a character": changed("name", value="\ud800"),
    "seconds that are no number": changed("seconds", value="3"),
    "complete that is no truth value": changed("complete", value="no"),
    "no candidates": changed(RESULT, 0, "candidates", value=[]),
    "scores of texts": changed(*CANDIDATE, "scores", value=["1", "2"]),
    "scores that are no list": changed(*CANDIDATE, "scores", value=1),
    "no scores": changed(*CANDIDATE, "scores", value=[]),
    "fewer times than scores": changed(*CANDIDATE, "fit_times", value=[1.0]),
    "params of numbers": changed(*CANDIDATE, "params", value=[1]),
    "a fit of texts": changed(RESULT, 0, "fits", 0, "fit_time", value="1"),
    "parameters of text": changed(RESULT, 0, "n_parameters", value="many"),
    "a curve of folds of different lengths": changed(
        RESULT,
        0,
        "curve",
        value={"seconds": [[1.0], [1.0, 2.0]], "scores": [[1.0], [1.0, 2.0]]},
    ),
    "scores beyond all floats": changed(*CANDIDATE, "scores", value=[10**400, 1]),
    "times of more than 64 bits": changed(*CANDIDATE, "fit_times", value=[2**70, 1]),
    "a total time beyond all floats": changed("seconds", value=10**400),
    "a majority beyond all floats": changed("data", "majority", value=10**400),
    "a number of test rows that is no number": changed("data", "n_test", value="45"),
    "fewer than no test rows": changed("data", "n_test", value=-2),
    "no number of jobs": changed("terms", value={"n_search_rows": 133}),
    "no number of rows of the search": changed("terms", value={"n_jobs": 1}),
    "remarks that are no list": changed("terms", "remarks", value=1.5),
    "remarks that are no texts": changed("terms", "remarks", value=[1]),
    "a curve without seconds": changed(
        RESULT, 0, "curve", value={"seconds": [], "scores": [[1.0]]}
    ),
    "an empty curve": changed(RESULT, 0, "curve", value={"seconds": [], "scores": []}),
}


@pytest.mark.parametrize("case", BAD)
def test_other_files_are_refused(case, tmp_path):
    file = tmp_path / "results.json"
    file.write_text(BAD[case])
    with pytest.raises(ValueError, match=r"path: expected a file that Comparison\.save wrote"):
        Comparison.load(file)


@pytest.mark.parametrize("text", ["(" * 500 + ")" * 500, "(" * 100_000, "-" * 100_000 + "1"])
def test_deeply_nested_parameters_are_texts(text, tmp_path):
    file = tmp_path / "results.json"
    name = next(iter(GOOD[RESULT][0]["candidates"][0]["params"]))
    file.write_text(changed(*CANDIDATE, "params", name, value=text))
    assert Comparison.load(file).results[0].candidates[0].params[name] == text
