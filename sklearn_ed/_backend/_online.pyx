# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: freethreading_compatible=True
"""The online rule, compiled: many samples, one after the other, in one call without the GIL.

The mathematics is that of `ErrorDiffusion`; the C code is native/online_kernel.h.
"""

from cython cimport floating
from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t


cdef extern from "native/online_task.h":
    enum loss:
        LINEAR_SQUARED
        SIGMOID_SQUARED
        LOGISTIC
        SOFTMAX

    ctypedef struct online_task:
        ptrdiff_t n_features, n_networks, first, last
        ptrdiff_t n_hidden
        const ptrdiff_t *sizes
        const ptrdiff_t *excitatory
        double alpha, beta, scale
        int weight_decrement
        loss loss
        const void *target_values
        const void *code
        const void *error_code
        ptrdiff_t n_classes
        const ptrdiff_t *rows
        ptrdiff_t n_rows
        const ptrdiff_t *targets
        const void *weight
        const void *values
        ptrdiff_t row_stride, column_stride
        const void *indptr
        const void *indices
        int wide_indices
        double *report

    double online_epoch(size_t, const online_task *, void *, int) noexcept nogil
    int best_instruction_set() noexcept nogil


INSTRUCTION_SETS = ["baseline", "avx2", "avx512"][: best_instruction_set() + 1]
LOSSES = {
    "linear_squared": LINEAR_SQUARED,
    "sigmoid_squared": SIGMOID_SQUARED,
    "logistic": LOGISTIC,
    "softmax": SOFTMAX,
}


cdef int check_sizes(const online_task *task, ptrdiff_t n_parameters) except -1:
    """Refuse an array of parameters that is no bank of these layers."""
    cdef ptrdiff_t fan_in = task.n_features, wanted = 0, layer
    for layer in range(task.n_hidden):
        wanted += (fan_in + 1) * task.sizes[layer]
        fan_in = task.sizes[layer]
    wanted = (wanted + fan_in + 1) * task.n_networks
    if wanted != n_parameters:
        raise ValueError(f"expected {wanted} parameters, got {n_parameters}")
    return 0


def learn(
    floating[::1] parameters not None,
    const ptrdiff_t[::1] sizes not None,
    const ptrdiff_t[::1] excitatory not None,
    X not None,
    const ptrdiff_t[::1] rows not None,
    const ptrdiff_t[::1] targets not None,
    const floating[::1] weight,
    const floating[:, ::1] target_values,
    const floating[:, ::1] code,
    const floating[:, ::1] error_code,
    networks not None,
    str kind not None,
    double alpha,
    double beta,
    double u0,
    bint weight_decrement,
    double[::1] report=None,
    instruction_set=None,
):
    """Learn from `rows` of X one by one, in their order, by the plain rule.

    Parameters
    ----------
    parameters : ndarray of float32 or float64
        `NetworkBank.flat`; changed in place.
    sizes, excitatory : ndarray of intp
        Units of the hidden layers of each network, and how many of them are excitatory.
    X : ndarray, or tuple (data, indices, indptr, n_features) of a canonical CSR array
        Of the dtype of `parameters`; strides in whole items.
    rows, targets : ndarray of intp
        Rows of X to learn from; class of each row of X, or its row in `target_values`.
    weight : ndarray or None
        Weight of each row of X.
    target_values : ndarray of shape (any, n_networks), or None
        Targets of the output units; None for kind "softmax".
    code, error_code : ndarray of shape (n_networks, n_classes) and its like transposed, or None
        Of kind "softmax": logits = A code, E = delta error_code; None: both are the identity.
    networks : tuple of int
        (first, last, n_networks, n_classes): the half-open range that learns, and totals.
    kind : {"linear_squared", "sigmoid_squared", "logistic", "softmax"}
        Output units and loss.
    alpha, beta, u0, weight_decrement :
        As in `ErrorDiffusion`.
    report : ndarray of shape (2,), default=None
        If given, the single row is learned in place, without a copy of the weights, and
        `report` gets 1 and the loss in the same call. Where the step might leave a parameter
        that is not finite, nothing is changed and the result is NaN.
    instruction_set : {"baseline", "avx2", "avx512"}, default=None
        None: the best that the machine has.

    Returns
    -------
    float
        Sum of the losses of the samples, each before it was learned, times their weights.
    """
    cdef online_task task
    cdef const floating[:, :] dense
    cdef const floating[::1] data
    cdef const int32_t[::1] indices32, indptr32
    cdef const int64_t[::1] indices64, indptr64
    cdef int isa = best_instruction_set()
    cdef double total
    cdef void *start = &parameters[0]

    if instruction_set is not None:
        isa = INSTRUCTION_SETS.index(instruction_set)
    task.first, task.last, task.n_networks, task.n_classes = networks
    task.n_hidden = sizes.shape[0]
    task.sizes = task.excitatory = NULL
    if sizes.shape[0]:
        task.sizes, task.excitatory = &sizes[0], &excitatory[0]
    task.alpha, task.beta, task.scale = alpha, beta, 2.0 / u0
    task.weight_decrement = weight_decrement
    task.loss = LOSSES[kind]
    task.target_values = task.code = task.error_code = task.weight = NULL
    task.values = NULL
    if target_values is not None:
        task.target_values = &target_values[0, 0]
    if code is not None:
        task.code = &code[0, 0]
    if error_code is not None:
        task.error_code = &error_code[0, 0]
    task.rows, task.n_rows = &rows[0], rows.shape[0]
    task.targets = &targets[0]
    if weight is not None:
        task.weight = &weight[0]
    task.row_stride, task.column_stride = 0, 1
    task.indptr = task.indices = NULL
    task.wide_indices = False
    task.report = NULL
    if report is not None:
        if rows.shape[0] != 1:
            raise ValueError("expected a single row")
        task.report = &report[0]
    if isinstance(X, tuple):
        data, indices, indptr, task.n_features = X
        if data.shape[0]:
            task.values = &data[0]
        task.wide_indices = indices.dtype.itemsize == 8
        if task.wide_indices:
            indices64, indptr64 = indices, indptr
            task.indptr = &indptr64[0]
            if data.shape[0]:
                task.indices = &indices64[0]
        else:
            indices32, indptr32 = indices, indptr
            task.indptr = &indptr32[0]
            if data.shape[0]:
                task.indices = &indices32[0]
    else:
        dense = X
        task.n_features = dense.shape[1]
        task.values = &dense[0, 0]
        task.row_stride = dense.strides[0] // <ptrdiff_t>sizeof(floating)
        task.column_stride = dense.strides[1] // <ptrdiff_t>sizeof(floating)
    check_sizes(&task, parameters.shape[0])
    if target_values is not None and target_values.shape[1] != task.n_networks:
        raise ValueError(
            f"expected targets of {task.n_networks} networks, got {target_values.shape[1]}"
        )
    with nogil:
        total = online_epoch(sizeof(floating), &task, start, isa)
    if total == -1:
        raise MemoryError("no memory for a padded copy of the parameters")
    if total == -2:
        return float("nan")
    return total


cdef inline double clipped(double deviation, double width) noexcept nogil:
    """z / sqrt(1 + (z / 3)**2) of the deviation z in units of width; 0 where this is 0."""
    cdef double z = deviation / width if width > 0 else 0
    z = max(-1e6, min(z, 1e6))
    return z / sqrt(1 + z * z / 9)


def scale_rows(
    const floating[:, :] X not None,
    double[:, ::1] statistics not None,
    ptrdiff_t n_before,
    ptrdiff_t recent_rows,
    bint learn,
    floating[:, ::1] out not None,
):
    """`NumpyBackend.scale_rows` says what it computes."""
    cdef ptrdiff_t n_features = X.shape[1], n = n_before, row, i
    cdef double rate, recent_rate, x, deviation, width
    with nogil:
        for row in range(X.shape[0]):
            n += 1
            rate = 1.0 / n
            recent_rate = 1.0 / min(n, max(recent_rows, 1))
            for i in range(n_features):
                x = X[row, i]
                if learn:
                    deviation = x - statistics[0, i]
                    statistics[0, i] += rate * deviation
                    statistics[1, i] = (1 - rate) * (
                        statistics[1, i] + rate * deviation * deviation
                    )
                width = sqrt(statistics[1, i])
                out[row, i] = <floating>clipped(x - statistics[0, i], width)
                if recent_rows > 0:
                    out[row, n_features + i] = <floating>clipped(x - statistics[2, i], width)
                    if learn:
                        statistics[2, i] += recent_rate * (x - statistics[2, i])


cdef inline uint64_t random_word(uint64_t seed, uint64_t index) noexcept nogil:
    """As `splitmix.random_words`."""
    cdef uint64_t word = seed + (index + 1) * <uint64_t>0x9E3779B97F4A7C15
    word = (word ^ (word >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    word = (word ^ (word >> 27)) * <uint64_t>0x94D049BB133111EB
    return word ^ (word >> 31)


def draw_rows(
    ptrdiff_t n_before,
    ptrdiff_t size,
    ptrdiff_t n_places,
    uint64_t key,
    ptrdiff_t[:, ::1] places_out not None,
):
    """`NumpyBackend.draw_rows` says what it computes."""
    cdef ptrdiff_t n_drawn = places_out.shape[1] - 1, row, first, new, k
    cdef double share
    with nogil:
        for row in range(places_out.shape[0]):
            new = n_before + row
            first = max(new - size, 0)
            places_out[row, 0] = new % n_places
            for k in range(n_drawn):
                share = (random_word(key, new * n_drawn + k) >> 11) * 2.0**-53
                places_out[row, 1 + k] = (first + <ptrdiff_t>(share * (new - first))) % n_places
