"""Build of the compiled kernels; everything else stands in pyproject.toml."""

from pathlib import Path

from setuptools import Extension, setup

BACKEND = Path("sklearn_ed", "_backend")
HEADERS = [str(path) for path in sorted(BACKEND.glob("native/*.h"))]


def kernel(name: str) -> Extension:
    return Extension(
        f"sklearn_ed._backend.{name}",
        sources=[str(BACKEND / f"{name}.pyx")],
        depends=HEADERS,
        define_macros=[("Py_LIMITED_API", "0x030B0000"), ("CYTHON_LIMITED_API", "1")],
        extra_compile_args=["-O3", "-fno-math-errno", "-g0"],
        py_limited_api=True,
        optional=True,
    )


setup(ext_modules=[kernel("_batch"), kernel("_online")])
