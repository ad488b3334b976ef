/* What the online kernel is told: everything but the parameters, for any REAL. */
#include <stddef.h>
#include <stdint.h>

enum loss { LINEAR_SQUARED, SIGMOID_SQUARED, LOGISTIC, SOFTMAX };

typedef struct {
    /* The bank, and the networks first..last-1 of it that learn here. */
    ptrdiff_t n_features, n_networks, first, last;
    ptrdiff_t n_hidden;      /* hidden layers */
    const ptrdiff_t *sizes;  /* their units */
    double alpha, beta, scale; /* scale: 2 / u0 */
    int weight_decrement;

    enum loss loss;
    const void *target_values; /* REAL (any, n_networks): row targets[i] belongs to sample i */
    const void *code;          /* SOFTMAX: REAL (n_networks, n_classes), or NULL: identity */
    const void *error_code;    /* SOFTMAX: REAL (n_classes, n_networks), delta -> E; or NULL */
    ptrdiff_t n_classes;

    /* Samples: rows[0], rows[1], ... of X, dense or CSR. */
    const ptrdiff_t *rows;
    ptrdiff_t n_rows;
    const ptrdiff_t *targets;
    const void *weight;  /* REAL, or NULL */
    const void *values;  /* REAL: dense X, or the data of the CSR array */
    ptrdiff_t row_stride, column_stride; /* dense, in items */
    const void *indptr, *indices;        /* CSR; NULL: dense */
    int wide_indices;                    /* 64 bits, else 32 */
} online_task;
