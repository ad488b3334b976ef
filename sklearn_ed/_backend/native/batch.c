/* Every variant of the kernels of the mini-batch step. */
#include <math.h>
#include <string.h>

#include "batch.h"

/* Word `index` of the random sequence of `seed`: SplitMix64 (Steele, Lea and Flood, 2014). */
static inline uint64_t random_word(uint64_t seed, uint64_t index) {
    uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

#define BODY "batch_kernels.h"
#include "variants.h"

int instruction_set = BASELINE;

/* Calls the variant of `function` for items of that size. */
#define RUN(function, item, ...)                                                               \
    ((item) == sizeof(float) ? CALL(function, float, instruction_set, __VA_ARGS__)             \
                             : CALL(function, double, instruction_set, __VA_ARGS__))

void activate(size_t item, void *a, const void *bias, block s, double beta, double scale) {
    RUN(activate, item, a, bias, s, beta, scale);
}

void readout(size_t item, const void *z, block s, const void *w, const void *bias, double beta,
             void *A) {
    RUN(readout, item, z, s, w, bias, beta, A);
}

void readout_increment(size_t item, const void *z, block s, const void *e, int gated,
                       void *out) {
    RUN(readout_increment, item, z, s, e, gated, out);
}

void broadcast(size_t item, const void *z, block s, const void *e, void *d, void *below,
               void *total) {
    RUN(broadcast, item, z, s, e, d, below, total);
}

void clamp(size_t item, void *w, ptrdiff_t networks, ptrdiff_t fan_in, ptrdiff_t units,
           ptrdiff_t excitatory_in, ptrdiff_t excitatory) {
    RUN(clamp, item, w, networks, fan_in, units, excitatory_in, excitatory);
}

void carry_error(size_t item, const void *z, block s, const void *e, const void *w, double gain,
                 void *d, void *total) {
    RUN(carry_error, item, z, s, e, w, gain, d, total);
}

void apply_slope(size_t item, const void *z, block s, double gain, void *d, void *total) {
    RUN(apply_slope, item, z, s, gain, d, total);
}

void softmax_error(size_t item, const void *A, const void *code, double speakers,
                   const ptrdiff_t *targets, ptrdiff_t n_samples, ptrdiff_t n_networks,
                   ptrdiff_t n_classes, void *p, void *e, void *loss) {
    RUN(softmax_error, item, A, code, speakers, targets, n_samples, n_networks, n_classes, p, e,
        loss);
}

void csr_product(size_t item, const void *data, const void *indices, const void *indptr,
                 int wide, int sorted, ptrdiff_t n_samples, const void *w, ptrdiff_t n_features,
                 ptrdiff_t width, ptrdiff_t columns, void *out) {
    RUN(csr_product, item, data, indices, indptr, wide, sorted, n_samples, w, n_features, width,
        columns, out);
}

ptrdiff_t compress(size_t item, const void *x, ptrdiff_t n_samples, ptrdiff_t n, void *data,
                   int32_t *indices, int32_t *indptr) {
    return RUN(compress, item, x, n_samples, n, data, indices, indptr);
}

void drop_dense(size_t item, void *x, ptrdiff_t rows, ptrdiff_t n, const uint64_t *keys,
                const uint64_t *seeds, unsigned dropped) {
    RUN(drop_dense, item, x, rows, n, keys, seeds, dropped);
}

void drop_csr(size_t item, void *x, const void *indices, const void *indptr, int wide,
              ptrdiff_t rows, const uint64_t *keys, const uint64_t *seeds, unsigned dropped) {
    RUN(drop_csr, item, x, indices, indptr, wide, rows, keys, seeds, dropped);
}

void sgd(size_t item, void *p, const void *d, ptrdiff_t n, double alpha) {
    RUN(sgd, item, p, d, n, alpha);
}

void momentum(size_t item, void *p, const void *d, void *velocity, ptrdiff_t n, double alpha,
              double mass) {
    RUN(momentum, item, p, d, velocity, n, alpha, mass);
}

void adam(size_t item, void *p, const void *d, void *first, void *second, ptrdiff_t n,
          double rate, double beta_1, double beta_2, double epsilon) {
    RUN(adam, item, p, d, first, second, n, rate, beta_1, beta_2, epsilon);
}

void shrink(size_t item, void *p, ptrdiff_t n, double factor) {
    RUN(shrink, item, p, n, factor);
}

double sum_of_magnitudes(size_t item, const void *p, ptrdiff_t n) {
    return RUN(sum_of_magnitudes, item, p, n);
}

ptrdiff_t count_saturated(size_t item, const void *z, block s, double margin) {
    return RUN(count_saturated, item, z, s, margin);
}
