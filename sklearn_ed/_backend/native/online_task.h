/* What the online kernel is told: everything but the parameters, for any REAL. */
#include <stddef.h>
#include <stdint.h>

/* The largest change that is made in place: too small to carry a finite float to infinity. */
#define MAX_STEP 1e15

enum loss { LINEAR_SQUARED, SIGMOID_SQUARED, LOGISTIC, SOFTMAX };

typedef struct {
    /* The bank, and the networks first..last-1 of it that learn here. */
    ptrdiff_t n_features, n_networks, first, last;
    ptrdiff_t n_hidden;      /* hidden layers */
    const ptrdiff_t *sizes, *excitatory; /* their units, and the excitatory ones of these */
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

    /* NULL; or the single row is learned in place: 1 and its loss, once that is done. */
    double *report;
} online_task;

/* Learns from every row, see online_kernel.h; `item` is the size of a real number. */
double online_epoch(size_t item, const online_task *task, void *parameters, int isa);
int best_instruction_set(void);
