"""Opens and writes the runtime's files with Python's own `safetensors`; run by tests/unit/runtime_safetensors_test.cpp.

    safetensors_test.py read FILE     checks what the test wrote
    safetensors_test.py write FILE    writes what the test reads

Exits with 77, "skipped", where `safetensors` or `numpy` is not installed.
"""
import sys

try:
    import numpy
    from safetensors import safe_open
    from safetensors.numpy import save_file
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)


def read(path):
    with safe_open(path, framework="numpy") as file:
        assert sorted(file.keys()) == ["W1", "bias", "count"], file.keys()
        assert file.metadata()["note"] == "größer", file.metadata()
        weights = file.get_tensor("W1")
        assert weights.dtype == numpy.float32 and weights.shape == (2, 3), weights
        assert (weights == 0.5 * numpy.arange(6).reshape(2, 3)).all(), weights
        assert file.get_tensor("bias").shape == () and file.get_tensor("bias") == numpy.float32(-1.25)
        count = file.get_tensor("count")
        assert count.dtype == numpy.int32 and (count == [7, -8]).all(), count


def write(path):
    save_file({"C": numpy.arange(12, dtype=numpy.float32).reshape(3, 4), "i": numpy.array([1, 2, 3], dtype=numpy.int64),
               "flag": numpy.array([True]), "none": numpy.zeros((0, 5), dtype=numpy.float32)}, path, {"by": "python"})


{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
