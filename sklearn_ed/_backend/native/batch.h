/* The mini-batch step between its matrix products, and the optimizers: `item` is the size of a
 * real number, and the arrays are of such numbers where nothing else is said. */
#include <stddef.h>
#include <stdint.h>

/* An array (networks, samples, units) with contiguous units, the excitatory ones first; strides
 * in items. */
typedef struct {
    ptrdiff_t networks, samples, units, excitatory, network, sample;
} block;

/* The variant that runs: 0 is the baseline; and the best one of this machine. */
extern int instruction_set;
int best_instruction_set(void);

void activate(size_t item, void *a, const void *bias, block s, double beta, double scale);
void readout(size_t item, const void *z, block s, const void *w, const void *bias, double beta,
             void *A);
void readout_increment(size_t item, const void *z, block s, const void *e, int gated,
                       void *out);
void broadcast(size_t item, const void *z, block s, const void *e, void *d, void *below,
               void *total);
void clamp(size_t item, void *w, ptrdiff_t networks, ptrdiff_t fan_in, ptrdiff_t units,
           ptrdiff_t excitatory_in, ptrdiff_t excitatory);
void carry_error(size_t item, const void *z, block s, const void *e, const void *w, double gain,
                 void *d, void *total);
void apply_slope(size_t item, const void *z, block s, double gain, void *d, void *total);
void softmax_error(size_t item, const void *A, const void *code, double speakers,
                   const ptrdiff_t *targets, ptrdiff_t n_samples, ptrdiff_t n_networks,
                   ptrdiff_t n_classes, void *p, void *e, void *loss);
void csr_product(size_t item, const void *data, const void *indices, const void *indptr,
                 int wide, int sorted, ptrdiff_t n_samples, const void *w, ptrdiff_t n_features,
                 ptrdiff_t width, ptrdiff_t columns, void *out);
ptrdiff_t compress(size_t item, const void *x, ptrdiff_t n_samples, ptrdiff_t n, void *data,
                   int32_t *indices, int32_t *indptr);
void drop_dense(size_t item, void *x, ptrdiff_t rows, ptrdiff_t n, const uint64_t *keys,
                const uint64_t *seeds, unsigned dropped);
void drop_csr(size_t item, void *x, const void *indices, const void *indptr, int wide,
              ptrdiff_t rows, const uint64_t *keys, const uint64_t *seeds, unsigned dropped);
void sgd(size_t item, void *p, const void *d, ptrdiff_t n, double alpha);
void momentum(size_t item, void *p, const void *d, void *velocity, ptrdiff_t n, double alpha,
              double mass);
void adam(size_t item, void *p, const void *d, void *first, void *second, ptrdiff_t n,
          double rate, double beta_1, double beta_2, double epsilon);
void shrink(size_t item, void *p, ptrdiff_t n, double factor);
double sum_of_magnitudes(size_t item, const void *p, ptrdiff_t n);
ptrdiff_t count_saturated(size_t item, const void *z, block s, double margin);
