# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: freethreading_compatible=True
"""The mini-batch step between its matrix products, and the optimizers, compiled.

`NumpyBackend` states in NumPy what each function computes; the C code is native/batch_kernels.h. Arrays
Z, A and D have the axes (n_networks, n_samples, n_units), the units contiguous.
"""

from cython cimport floating
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free


cdef extern from "native/batch.h":
    ctypedef struct block:
        ptrdiff_t networks, samples, units, excitatory, network, sample

    int instruction_set
    int best_instruction_set() nogil
    void c_activate "activate"(
        size_t, void *, const void *, block, double, double) noexcept nogil
    void c_readout "readout"(
        size_t, const void *, block, const void *, const void *, double, void *
    ) noexcept nogil
    void c_readout_increment "readout_increment"(
        size_t, const void *, block, const void *, int, void *) noexcept nogil
    void c_broadcast "broadcast"(
        size_t, const void *, block, const void *, void *, void *, void *) noexcept nogil
    void c_clamp "clamp"(
        size_t, void *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t) noexcept nogil
    void c_carry_error "carry_error"(
        size_t, const void *, block, const void *, const void *, double, void *, void *
    ) noexcept nogil
    void c_apply_slope "apply_slope"(
        size_t, const void *, block, double, void *, void *) noexcept nogil
    void c_softmax_error "softmax_error"(
        size_t, const void *, const void *, double, const ptrdiff_t *, ptrdiff_t, ptrdiff_t,
        ptrdiff_t, void *, void *, void *) noexcept nogil
    void c_csr_product "csr_product"(
        size_t, const void *, const void *, const void *, int, int, ptrdiff_t, const void *,
        ptrdiff_t, ptrdiff_t, ptrdiff_t, void *) noexcept nogil
    ptrdiff_t c_compress "compress"(
        size_t, const void *, ptrdiff_t, ptrdiff_t, void *, int32_t *, int32_t *) noexcept nogil
    void c_drop_dense "drop_dense"(
        size_t, void *, ptrdiff_t, ptrdiff_t, const uint64_t *, const uint64_t *, unsigned
    ) noexcept nogil
    void c_drop_csr "drop_csr"(
        size_t, void *, const void *, const void *, int, ptrdiff_t, const uint64_t *,
        const uint64_t *, unsigned) noexcept nogil
    void c_sgd "sgd"(size_t, void *, const void *, ptrdiff_t, double) noexcept nogil
    void c_momentum "momentum"(
        size_t, void *, const void *, void *, ptrdiff_t, double, double) noexcept nogil
    void c_adam "adam"(
        size_t, void *, const void *, void *, void *, ptrdiff_t, double, double, double, double
    ) noexcept nogil
    void c_shrink "shrink"(size_t, void *, ptrdiff_t, double) noexcept nogil
    double c_sum_of_magnitudes "sum_of_magnitudes"(
        size_t, const void *, ptrdiff_t) noexcept nogil
    ptrdiff_t c_count_saturated "count_saturated"(
        size_t, const void *, block, double) noexcept nogil


INSTRUCTION_SETS = ["baseline", "avx2", "avx512"][: best_instruction_set() + 1]


def use_instruction_set(name):
    """Run this variant of the kernels from now on; for tests."""
    global instruction_set
    instruction_set = INSTRUCTION_SETS.index(name)


instruction_set = best_instruction_set()


cdef block block_of(const floating[:, :, :] Z, ptrdiff_t excitatory=0) except *:
    cdef block found
    found.excitatory = excitatory
    found.networks, found.samples, found.units = Z.shape[0], Z.shape[1], Z.shape[2]
    found.network = Z.strides[0] // <ptrdiff_t>sizeof(floating)
    found.sample = Z.strides[1] // <ptrdiff_t>sizeof(floating)
    if found.units > 1 and Z.strides[2] != sizeof(floating):
        raise ValueError("expected contiguous units")
    return found


def activate(floating[:, :, :] A, const floating[:, ::1] bias, double beta, double u0):
    """A = f(A + beta bias), the activations in the place of the products before."""
    cdef block shape = block_of[floating](A)
    with nogil:
        c_activate(sizeof(floating), &A[0, 0, 0], &bias[0, 0], shape, beta, 2.0 / u0)


def readout(
    const floating[:, :, :] Z,
    const floating[:, ::1] weights,
    const floating[::1] bias,
    double beta,
    floating[:, ::1] A_out,
):
    """Pre-activations of the output units, (n_samples, n_networks)."""
    cdef block shape = block_of[floating](Z)
    with nogil:
        c_readout(
            sizeof(floating), &Z[0, 0, 0], shape, &weights[0, 0], &bias[0], beta, &A_out[0, 0]
        )


def readout_increment(
    const floating[:, :, :] Z,
    const floating[:, ::1] E,
    ptrdiff_t n_excitatory,
    bint gated,
    floating[:, ::1] increment_out,
):
    """Increments of the output units' weights; E includes the slope of the output units."""
    cdef block shape = block_of[floating](Z, n_excitatory)
    with nogil:
        c_readout_increment(
            sizeof(floating), &Z[0, 0, 0], shape, &E[0, 0], gated, &increment_out[0, 0]
        )


def broadcast_error(
    const floating[:, :, :] Z,
    const floating[:, ::1] E,
    ptrdiff_t n_excitatory,
    floating[:, :, :] D_out,
    floating[:, :, :] below_out,
    floating[:, ::1] total_out,
):
    """D = f' o E and its sum over the samples.

    With `below_out`, D_out keeps the samples whose error is not below zero and is zero at the
    others, and `below_out` the other way round. All three have the strides of Z.
    """
    cdef block shape = block_of[floating](Z, n_excitatory)
    cdef floating *below = NULL
    if below_out is not None:
        below = &below_out[0, 0, 0]
    with nogil:
        c_broadcast(
            sizeof(floating),
            &Z[0, 0, 0],
            shape,
            &E[0, 0],
            &D_out[0, 0, 0],
            below,
            &total_out[0, 0],
        )


def clamp_signs(
    floating[:, :, ::1] weights, ptrdiff_t n_excitatory_in, ptrdiff_t n_excitatory_out
):
    """Stop at zero the weights between units that moved beyond it."""
    with nogil:
        c_clamp(
            sizeof(floating), &weights[0, 0, 0], weights.shape[0], weights.shape[1],
            weights.shape[2], n_excitatory_in, n_excitatory_out,
        )


def carry_error(
    const floating[:, :, :] Z,
    const floating[:, ::1] E,
    const floating[:, ::1] weights,
    double gain,
    floating[:, :, :] D_out,
    floating[:, ::1] total_out,
):
    """D = gain f' w E, and its sum over the samples; D_out has the strides of Z."""
    cdef block shape = block_of[floating](Z)
    with nogil:
        c_carry_error(
            sizeof(floating), &Z[0, 0, 0], shape, &E[0, 0], &weights[0, 0], gain,
            &D_out[0, 0, 0], &total_out[0, 0],
        )


def apply_slope(
    const floating[:, :, :] Z,
    double gain,
    floating[:, :, :] D,
    floating[:, ::1] total_out,
):
    """D = gain f' D in place, and its sum over the samples; D has the strides of Z."""
    cdef block shape = block_of[floating](Z)
    with nogil:
        c_apply_slope(
            sizeof(floating), &Z[0, 0, 0], shape, gain, &D[0, 0, 0], &total_out[0, 0]
        )


def softmax_error(
    const floating[:, ::1] A,
    const floating[:, ::1] code,
    double speakers,
    const ptrdiff_t[::1] targets,
    floating[:, ::1] E_out,
    floating[::1] loss_out,
):
    """Errors and losses of softmax classes over a code book.

    `code` is the code book transposed, (n_classes, n_networks), or None for the identity.
    """
    cdef const floating *rows = NULL
    cdef ptrdiff_t n_classes = A.shape[1]
    if code is not None:
        rows, n_classes = &code[0, 0], code.shape[0]
    # Whole vectors are written, the longest of 64 bytes.
    cdef floating *p = <floating *>calloc(n_classes + 16, sizeof(floating))
    if p == NULL:
        raise MemoryError
    with nogil:
        c_softmax_error(
            sizeof(floating), &A[0, 0], rows, speakers, &targets[0], A.shape[0], A.shape[1],
            n_classes, p, &E_out[0, 0], &loss_out[0],
        )
    free(p)


def csr_product(
    const floating[::1] data, indices, indptr, bint are_sorted, const floating[:, ::1] W,
    floating[:, ::1] out, ptrdiff_t start, ptrdiff_t stop,
):
    """Columns `start` to `stop` of out = X W for a CSR array X with `are_sorted` indices."""
    cdef csr_index index = csr_index(indices, indptr)
    if data.shape[0] == 0:
        out[:, start:stop] = 0
        return
    with nogil:
        c_csr_product(
            sizeof(floating), &data[0], index.indices, index.indptr, index.wide, are_sorted,
            out.shape[0], &W[0, start], W.shape[0], out.shape[1], stop - start, &out[0, start],
        )


def compress(
    const floating[:, ::1] X, floating[::1] data, int32_t[::1] indices, int32_t[::1] indptr
):
    """Write the CSR form of X and return the number of its items.

    `data` and `indices` have room for all of X and one more item.
    """
    cdef ptrdiff_t found
    with nogil:
        found = c_compress(
            sizeof(floating), &X[0, 0], X.shape[0], X.shape[1], &data[0], &indices[0],
            &indptr[0],
        )
    return found


cdef class csr_index:
    """The index arrays of a CSR array, of 32 or of 64 bits."""

    cdef const int32_t[::1] indices32, indptr32
    cdef const int64_t[::1] indices64, indptr64
    cdef const void *indices
    cdef const void *indptr
    cdef int wide

    def __cinit__(self, indices, indptr):
        self.wide = indptr.dtype.itemsize == 8
        self.indices = NULL
        if self.wide:
            self.indices64, self.indptr64 = indices, indptr
            self.indptr = &self.indptr64[0]
            if self.indices64.shape[0]:
                self.indices = &self.indices64[0]
        else:
            self.indices32, self.indptr32 = indices, indptr
            self.indptr = &self.indptr32[0]
            if self.indices32.shape[0]:
                self.indices = &self.indices32[0]


def drop_dense(
    floating[:, ::1] X, const uint64_t[::1] keys, const uint64_t[::1] seeds, unsigned dropped
):
    """Input dropout of the rows of X, in place."""
    with nogil:
        c_drop_dense(
            sizeof(floating), &X[0, 0], X.shape[0], X.shape[1], &keys[0], &seeds[0], dropped
        )


def drop_csr(
    floating[::1] data, indices, indptr, const uint64_t[::1] keys, const uint64_t[::1] seeds,
    unsigned dropped,
):
    """Input dropout of the rows of a CSR array, in place."""
    cdef csr_index index = csr_index(indices, indptr)
    cdef ptrdiff_t n_samples = seeds.shape[0]
    if data.shape[0] == 0:
        return
    with nogil:
        c_drop_csr(
            sizeof(floating), &data[0], index.indices, index.indptr, index.wide, n_samples,
            &keys[0], &seeds[0], dropped,
        )


cdef void report(double[::1] progress, double stage) noexcept:
    if progress is not None:
        progress[0] = stage


cdef int check_lengths(ptrdiff_t n_parameters, ptrdiff_t n_first, ptrdiff_t n_second) except -1:
    if n_first != n_parameters or n_second != n_parameters:
        raise ValueError(f"expected {n_parameters} items, got {n_first} and {n_second}")
    return 0


def sgd(
    floating[::1] parameters,
    const floating[::1] increments,
    double alpha,
    double[::1] progress=None,
):
    """W += alpha dW"""
    check_lengths(parameters.shape[0], increments.shape[0], increments.shape[0])
    with nogil:
        c_sgd(sizeof(floating), &parameters[0], &increments[0], parameters.shape[0], alpha)
    report(progress, 1)


def momentum(
    floating[::1] parameters,
    const floating[::1] increments,
    floating[::1] velocities,
    double alpha,
    double mass,
    double[::1] progress=None,
):
    """v = mass v + alpha dW; W += v"""
    check_lengths(parameters.shape[0], increments.shape[0], velocities.shape[0])
    with nogil:
        c_momentum(
            sizeof(floating), &parameters[0], &increments[0], &velocities[0],
            parameters.shape[0], alpha, mass,
        )
    report(progress, 1)


def adam(
    floating[::1] parameters,
    const floating[::1] increments,
    floating[::1] first,
    floating[::1] second,
    double rate,
    double beta_1,
    double beta_2,
    double epsilon,
    double[::1] progress=None,
):
    """Adam's step, with the bias corrections in `rate`."""
    check_lengths(parameters.shape[0], increments.shape[0], increments.shape[0])
    check_lengths(parameters.shape[0], first.shape[0], second.shape[0])
    with nogil:
        c_adam(
            sizeof(floating), &parameters[0], &increments[0], &first[0], &second[0],
            parameters.shape[0], rate, beta_1, beta_2, epsilon,
        )
    report(progress, 1)


def shrink(floating[::1] weights, double factor, double[::1] progress=None):
    """W *= factor"""
    with nogil:
        c_shrink(sizeof(floating), &weights[0], weights.shape[0], factor)
    report(progress, 2)


def sum_of_magnitudes(const floating[::1] array):
    """The sum of the magnitudes, in double precision."""
    cdef double total
    with nogil:
        total = c_sum_of_magnitudes(sizeof(floating), &array[0], array.shape[0])
    return total


def count_saturated(const floating[:, :, :] Z, double margin):
    """Number of units whose activation is nearer to 0 or 1 than `margin`."""
    cdef block shape = block_of[floating](Z)
    cdef ptrdiff_t found
    with nogil:
        found = c_count_saturated(sizeof(floating), &Z[0, 0, 0], shape, margin)
    return found
