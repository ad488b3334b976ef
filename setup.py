"""Build of the compiled kernels; everything else stands in pyproject.toml.

Three things differ from a plain build:

* The kernels are plain C, in native/*.c. Only these are optimized: the code that Cython writes
  to call them is twenty times as long, and optimizing it takes a minute for no gain.
* A kernel that cannot be built is left out, and the package says so at its first import. With
  ``SKLEARN_ED_REQUIRE_KERNELS=1`` in the environment the build fails instead: continuous
  integration and wheels use that.
* No failed build leaves the extension of an earlier one behind, where it would be imported.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

BACKEND = Path("sklearn_ed", "_backend")
KERNELS = ["_batch", "_online"]
NATIVE = [str(path) for path in sorted(BACKEND.glob("native/*.[ch]"))]
REQUIRED = os.environ.get("SKLEARN_ED_REQUIRE_KERNELS", "0") not in {"", "0"}
# The limited API of CPython 3.11 serves later versions too; free-threaded builds have none.
LIMITED_API = not sysconfig.get_config_var("Py_GIL_DISABLED")

# Sanitizers need less optimization: their build takes minutes otherwise.
OPTIONS = os.environ.get("KERNEL_OPTIONS", "").split()
GCC_OPTIONS = [*(OPTIONS or ["-O3", "-g0"]), "-fno-math-errno", "-fvisibility=hidden"]
GCC_OPTIONS_OF_CALLS = [*(OPTIONS or ["-O1", "-g0"]), "-fno-math-errno"]
CLANG_CL_OPTIONS = ["/O2", "/clang:-O3", "/clang:-fno-math-errno"]
CLANG_CL_OPTIONS_OF_CALLS = ["/O1"]


class BuildKernels(build_ext):
    def run(self) -> None:
        if self.inplace:
            for extension in self.extensions:
                for suffix in EXTENSION_SUFFIXES:
                    Path(*extension.name.split(".")).with_suffix(suffix).unlink(missing_ok=True)
        super().run()

    def build_extensions(self) -> None:
        """What threads must not do at the same time comes before the kernels are compiled."""
        if self.compiler.compiler_type == "msvc":
            self._use_clang_cl()
        for extension in self.extensions:
            extension.sources = cythonize(extension)[0].sources
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        try:
            ext.extra_objects = self._compile_native(ext)
            super().build_extension(ext)
        except BaseException:
            # An in-place build copies whatever lies in the build folder.
            Path(self.get_ext_fullpath(ext.name)).unlink(missing_ok=True)
            raise

    def _compile_native(self, ext: Extension) -> list[str]:
        name = ext.name.rpartition("._")[2]
        is_windows = self.compiler.compiler_type == "msvc"
        found: list[str] = self.compiler.compile(
            [str(BACKEND / "native" / f"{name}.c")],
            output_dir=self.build_temp,
            debug=self.debug,
            extra_postargs=CLANG_CL_OPTIONS if is_windows else GCC_OPTIONS,
        )
        return found

    def _use_clang_cl(self) -> None:
        """Compile with clang-cl: Microsoft's own compiler has no vector extensions."""
        clang_cl = shutil.which("clang-cl")
        if clang_cl is None:
            raise CompileError("clang-cl is not on the path")
        if not self.compiler.initialized:
            self.compiler.initialize(self.plat_name)
        self.compiler.cc = clang_cl
        for extension in self.extensions:
            extension.extra_compile_args = CLANG_CL_OPTIONS_OF_CALLS


def kernel(name: str) -> Extension:
    limited = [("Py_LIMITED_API", "0x030B0000"), ("CYTHON_LIMITED_API", "1")]
    return Extension(
        f"sklearn_ed._backend.{name}",
        sources=[str(BACKEND / f"{name}.pyx")],
        depends=NATIVE,
        define_macros=limited if LIMITED_API else [],
        extra_compile_args=GCC_OPTIONS_OF_CALLS,
        py_limited_api=LIMITED_API,
        optional=not REQUIRED,
    )


setup(
    ext_modules=list(map(kernel, KERNELS)),
    cmdclass={"build_ext": BuildKernels},
    options={
        # Both kernels at the same time.
        "build_ext": {"parallel": len(KERNELS)},
        **({"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED_API else {}),
    },
)
