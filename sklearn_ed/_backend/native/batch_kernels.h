/* The mini-batch step of sklearn_ed/rules between its matrix products, and the optimizers.
 *
 * Arrays (n_networks, n_samples, n_units) have contiguous units; `network` and `sample` are the
 * strides of the other axes, in items. Where the networks stand side by side in one row, the
 * network's stride is n_units.
 */

/* a = f(a + beta b) */
TARGET static void NAME(activate)(REAL *a, const REAL *bias, block s, double beta,
                                  double scale) {
    if (s.network == s.units) {
        s.units *= s.networks;
        s.networks = 1;
    }
    for (ptrdiff_t g = 0; g < s.networks; ++g)
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            REAL *row = a + g * s.network + n * s.sample;
            const REAL *b = bias + g * s.units;
            ptrdiff_t j = 0;
            for (; j + LANES <= s.units; j += LANES)
                NAME(store)(row + j, NAME(sigmoid)((NAME(load)(row + j) +
                                                    (REAL)beta * NAME(load)(b + j)) *
                                                   (REAL)scale));
            if (j < s.units) {
                const size_t size = (s.units - j) * sizeof(REAL);
                vec v = {0}, w = {0};
                memcpy(&v, row + j, size);
                memcpy(&w, b + j, size);
                v = NAME(sigmoid)((v + (REAL)beta * w) * (REAL)scale);
                memcpy(row + j, &v, size);
            }
        }
}

/* out += c x */
INLINE void NAME(add)(REAL *out, REAL c, const REAL *x, ptrdiff_t n) {
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES)
        NAME(store)(out + j, NAME(load)(out + j) + c * NAME(load)(x + j));
    for (; j < n; ++j)
        out[j] += c * x[j];
}

INLINE void NAME(readout_units)(const REAL *z, block s, const REAL *w, const REAL *bias,
                                double beta, REAL *A, const ptrdiff_t units) {
    const int by_sample = s.network < s.sample; /* the order of memory */
    const ptrdiff_t outer = by_sample ? s.samples : s.networks;
    const ptrdiff_t inner = by_sample ? s.networks : s.samples;
    for (ptrdiff_t i = 0; i < outer; ++i)
        for (ptrdiff_t k = 0; k < inner; ++k) {
            const ptrdiff_t n = by_sample ? i : k, g = by_sample ? k : i;
            A[n * s.networks + g] =
                NAME(dot)(z + g * s.network + n * s.sample, w + g * units, units) +
                (REAL)beta * bias[g];
        }
}

/* A[n, g] = z[g, n] . w[g] + beta b[g]; short loops only where the compiler knows how short. */
TARGET static void NAME(readout)(const REAL *z, block s, const REAL *w, const REAL *bias,
                                 double beta, REAL *A) {
    switch (s.units) {
    case 1: NAME(readout_units)(z, s, w, bias, beta, A, 1); break;
    case 2: NAME(readout_units)(z, s, w, bias, beta, A, 2); break;
    case 3: NAME(readout_units)(z, s, w, bias, beta, A, 3); break;
    case 4: NAME(readout_units)(z, s, w, bias, beta, A, 4); break;
    default: NAME(readout_units)(z, s, w, bias, beta, A, s.units);
    }
}

/* The error as it reaches the weights of a network's output unit. */
INLINE void NAME(gate_row)(REAL *row, REAL error, int gated, ptrdiff_t excitatory,
                           const ptrdiff_t units) {
    const REAL above = NAME(through_gate)(error, 1, gated);
    const REAL below = NAME(through_gate)(error, 0, gated);
    for (ptrdiff_t j = 0; j < units; ++j)
        row[j] = j < excitatory ? above : below;
}

/* out += z row */
INLINE void NAME(add_product)(REAL *out, const REAL *z, const REAL *row, ptrdiff_t n) {
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES)
        NAME(store)(out + j, NAME(load)(out + j) + NAME(load)(z + j) * NAME(load)(row + j));
    for (; j < n; ++j)
        out[j] += z[j] * row[j];
}

#define GATED_COLUMNS 512 /* of a row at a time, on the stack */

INLINE void NAME(increment_units)(const REAL *z, block s, const REAL *e, int gated, REAL *out,
                                  const ptrdiff_t units) {
    REAL row[GATED_COLUMNS] = {0};
    const ptrdiff_t together = GATED_COLUMNS / units;
    for (ptrdiff_t first = 0; first < s.networks; first += together) {
        const ptrdiff_t left = s.networks - first, n_networks = left < together ? left : together;
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            for (ptrdiff_t g = 0; g < n_networks; ++g)
                NAME(gate_row)(row + g * units, e[n * s.networks + first + g], gated,
                               s.excitatory, units);
            NAME(add_product)(out + first * units, z + n * s.sample + first * units, row,
                              n_networks * units);
        }
    }
}

/* out[g, i] = sum over n of z[g, n, i] e[n, g], through the gate. */
TARGET static void NAME(readout_increment)(const REAL *z, block s, const REAL *e, int gated,
                                           REAL *out) {
    memset(out, 0, s.networks * s.units * sizeof(REAL));
    if (s.network == s.units && s.units <= LANES) {
        switch (s.units) {
        case 1: NAME(increment_units)(z, s, e, gated, out, 1); break;
        case 2: NAME(increment_units)(z, s, e, gated, out, 2); break;
        case 3: NAME(increment_units)(z, s, e, gated, out, 3); break;
        case 4: NAME(increment_units)(z, s, e, gated, out, 4); break;
        default: NAME(increment_units)(z, s, e, gated, out, s.units);
        }
        return;
    }
    for (ptrdiff_t g = 0; g < s.networks; ++g)
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            const REAL error = e[n * s.networks + g];
            const ptrdiff_t first = NAME(through_gate)(error, 1, gated) == 0 ? s.excitatory : 0;
            const ptrdiff_t last =
                NAME(through_gate)(error, 0, gated) == 0 ? s.excitatory : s.units;
            NAME(add)(out + g * s.units + first, error,
                      z + g * s.network + n * s.sample + first, last - first);
        }
}

/* o e of one network's units */
INLINE void NAME(fill)(REAL *row, REAL error, ptrdiff_t excitatory, ptrdiff_t n_units) {
    for (ptrdiff_t j = 0; j < excitatory; ++j)
        row[j] = error;
    for (ptrdiff_t j = excitatory; j < n_units; ++j)
        row[j] = -error;
}

/* row = z (1 - z) row; total += row */
INLINE void NAME(slope)(REAL *row, const REAL *z, REAL *total, ptrdiff_t n) {
    ptrdiff_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        const vec a = NAME(load)(z + j), change = a * (1 - a) * NAME(load)(row + j);
        NAME(store)(row + j, change);
        NAME(store)(total + j, NAME(load)(total + j) + change);
    }
    for (; j < n; ++j) {
        row[j] *= z[j] * (1 - z[j]);
        total[j] += row[j];
    }
}

/* d = z (1 - z) o e; total = its sum over the samples. With `below`, d keeps the samples whose
 * error is not below zero, and `below` gets the others: zeros elsewhere. */
TARGET static void NAME(broadcast)(const REAL *z, block s, const REAL *e, REAL *d, REAL *below,
                                   REAL *total) {
    memset(total, 0, s.networks * s.units * sizeof(REAL));
    if (s.network == s.units && !below) {
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            REAL *row = d + n * s.sample;
            const REAL *errors = e + n * s.networks;
            if (s.units == 2)
                for (ptrdiff_t g = 0; g < s.networks; ++g)
                    NAME(fill)(row + g * 2, errors[g], 1, 2);
            else
                for (ptrdiff_t g = 0; g < s.networks; ++g)
                    NAME(fill)(row + g * s.units, errors[g], s.excitatory, s.units);
            NAME(slope)(row, z + n * s.sample, total, s.networks * s.units);
        }
        return;
    }
    for (ptrdiff_t g = 0; g < s.networks; ++g)
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            const ptrdiff_t at = g * s.network + n * s.sample;
            const REAL error = e[n * s.networks + g];
            const int is_below = below && NAME(through_gate)(error, 1, 1) != error;
            REAL *row = is_below ? below + at : d + at;
            if (below)
                memset((is_below ? d : below) + at, 0, s.units * sizeof(REAL));
            NAME(fill)(row, error, s.excitatory, s.units);
            NAME(slope)(row, z + at, total + g * s.units, s.units);
        }
}

/* Weights (networks, fan_in, units) whose sign would differ from their units' types: to zero. */
TARGET static void NAME(clamp)(REAL *w, ptrdiff_t networks, ptrdiff_t fan_in, ptrdiff_t units,
                               ptrdiff_t excitatory_in, ptrdiff_t excitatory) {
    for (ptrdiff_t g = 0; g < networks; ++g)
        for (ptrdiff_t i = 0; i < fan_in; ++i, w += units)
            NAME(clamp_row)(w, i < excitatory_in, excitatory, units);
}

/* Backprop from the output units: d = gain z (1 - z) e w; total = its sum over the samples. */
TARGET static void NAME(carry_error)(const REAL *z, block s, const REAL *e, const REAL *w,
                                     double gain, REAL *d, REAL *total) {
    memset(total, 0, s.networks * s.units * sizeof(REAL));
    const int by_sample = s.network < s.sample; /* the order of memory */
    const ptrdiff_t outer = by_sample ? s.samples : s.networks;
    const ptrdiff_t inner = by_sample ? s.networks : s.samples;
    for (ptrdiff_t i = 0; i < outer; ++i)
        for (ptrdiff_t k = 0; k < inner; ++k) {
            const ptrdiff_t n = by_sample ? i : k, g = by_sample ? k : i;
            const ptrdiff_t at = g * s.network + n * s.sample;
            const REAL error = (REAL)gain * e[n * s.networks + g];
            for (ptrdiff_t j = 0; j < s.units; ++j)
                d[at + j] = error * w[g * s.units + j];
            NAME(slope)(d + at, z + at, total + g * s.units, s.units);
        }
}

/* Backprop through hidden units: d = gain z (1 - z) d; total = its sum over the samples. */
TARGET static void NAME(apply_slope)(const REAL *z, block s, double gain, REAL *d,
                                     REAL *total) {
    memset(total, 0, s.networks * s.units * sizeof(REAL));
    for (ptrdiff_t g = 0; g < s.networks; ++g)
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            const ptrdiff_t at = g * s.network + n * s.sample;
            for (ptrdiff_t j = 0; j < s.units; ++j)
                d[at + j] *= (REAL)gain;
            NAME(slope)(d + at, z + at, total + g * s.units, s.units);
        }
}

/* Of each sample: logits = code A, p = softmax(logits), e = (onehot - p) code / speakers, and
 * the loss -log p of its class; code is (n_classes, n_networks), NULL for the identity. `p` is
 * room for the classes, rounded up to whole vectors. */
TARGET static void NAME(softmax_error)(const REAL *A, const REAL *code, double speakers,
                                       const ptrdiff_t *targets, ptrdiff_t n_samples,
                                       ptrdiff_t n_networks, ptrdiff_t n_classes, REAL *p,
                                       REAL *e, REAL *loss) {
    for (ptrdiff_t n = 0; n < n_samples; ++n, A += n_networks, e += n_networks) {
        for (ptrdiff_t k = 0; k < n_classes; ++k)
            p[k] = code ? NAME(dot)(A, code + k * n_networks, n_networks) : A[k];
        loss[n] = (REAL)NAME(softmax_delta)(p, n_classes, targets[n]);
        for (ptrdiff_t k = 0; k < n_classes; ++k)
            p[k] /= (REAL)speakers;
        if (!code) {
            memcpy(e, p, n_classes * sizeof(REAL));
            continue;
        }
        memset(e, 0, n_networks * sizeof(REAL));
        for (ptrdiff_t k = 0; k < n_classes; ++k)
            NAME(add)(e, p[k], code + k * n_networks, n_networks);
    }
}

#include "sparse_kernels.h"

/* What a value adds to the seed of its row: equal rows, in whatever form, add the same. */
INLINE uint64_t NAME(digest)(REAL x, uint64_t key) {
    const float value = (float)x + 0; /* no -0 */
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits * key;
}

/* Input j of a row becomes zero with the probability dropped / 65536, which a 16-bit part of
 * word j / 4 of the row's sequence decides, else x over the probability to stay. */
TARGET static void NAME(drop_dense)(REAL *x, ptrdiff_t rows, ptrdiff_t n, const uint64_t *keys,
                                    const uint64_t *seeds, unsigned dropped) {
    const REAL scale = (REAL)(65536.0 / (65536 - dropped));
    for (; rows > 0; --rows, x += n) {
        uint64_t row = *seeds++;
        for (ptrdiff_t j = 0; j < n; ++j)
            row += NAME(digest)(x[j], keys[j]);
        ptrdiff_t j = 0;
        for (; j + 4 <= n; j += 4) {
            const uint64_t drawn = random_word(row, j / 4);
            for (int k = 0; k < 4; ++k)
                x[j + k] *= ((drawn >> 16 * k) & 0xFFFF) < dropped ? 0 : scale;
        }
        for (; j < n; ++j)
            x[j] *= ((random_word(row, j / 4) >> 16 * (j % 4)) & 0xFFFF) < dropped ? 0 : scale;
    }
}

/* The same for the stored values of a CSR array. */
TARGET static void NAME(drop_csr)(REAL *x, const void *indices, const void *indptr, int wide,
                                  ptrdiff_t rows, const uint64_t *keys,
                                  const uint64_t *seeds, unsigned dropped) {
    const REAL scale = (REAL)(65536.0 / (65536 - dropped));
    for (ptrdiff_t n = 0; n < rows; ++n) {
        const ptrdiff_t first = ITEM(indptr, wide, n), last = ITEM(indptr, wide, n + 1);
        uint64_t row = seeds[n];
        for (ptrdiff_t k = first; k < last; ++k)
            row += NAME(digest)(x[k], keys[ITEM(indices, wide, k)]);
        for (ptrdiff_t k = first; k < last; ++k) {
            const ptrdiff_t j = ITEM(indices, wide, k);
            x[k] *= ((random_word(row, j / 4) >> 16 * (j % 4)) & 0xFFFF) < dropped ? 0 : scale;
        }
    }
}

TARGET static void NAME(sgd)(REAL *p, const REAL *d, ptrdiff_t n, double alpha) {
    NAME(add)(p, (REAL)alpha, d, n);
}

TARGET static void NAME(momentum)(REAL *p, const REAL *d, REAL *velocity, ptrdiff_t n,
                                  double alpha, double momentum) {
    const REAL a = (REAL)alpha, m = (REAL)momentum;
    for (ptrdiff_t i = 0; i < n; ++i) {
        velocity[i] = m * velocity[i] + a * d[i];
        p[i] += velocity[i];
    }
}

#define SQRT(x) (sizeof(REAL) == sizeof(float) ? (REAL)sqrtf((float)(x)) : (REAL)sqrt((double)(x)))

TARGET static void NAME(adam)(REAL *restrict p, const REAL *restrict d, REAL *restrict first,
                              REAL *restrict second, ptrdiff_t n, double rate, double beta_1,
                              double beta_2, double epsilon) {
    const REAL a = (REAL)rate, b1 = (REAL)beta_1, b2 = (REAL)beta_2, e = (REAL)epsilon;
    const REAL c1 = (REAL)(1 - beta_1), c2 = (REAL)(1 - beta_2);
    for (ptrdiff_t i = 0; i < n; ++i) {
        first[i] = b1 * first[i] + c1 * d[i];
        second[i] = b2 * second[i] + c2 * (d[i] * d[i]);
        p[i] += a * first[i] / (SQRT(second[i]) + e);
    }
}

TARGET static void NAME(shrink)(REAL *p, ptrdiff_t n, double factor) {
    for (ptrdiff_t i = 0; i < n; ++i)
        p[i] *= (REAL)factor;
}

/* Eight sums, whatever the instruction set and the real type: the order is always the same. */
TARGET static double NAME(sum_of_magnitudes)(const REAL *p, ptrdiff_t n) {
    double sums[8] = {0};
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; ++k)
            sums[k] += fabs((double)p[i + k]);
    for (; i < n; ++i)
        sums[i % 8] += fabs((double)p[i]);
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) +
           ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* Units whose activation is nearer to 0 or 1 than `margin`. */
TARGET static ptrdiff_t NAME(count_saturated)(const REAL *z, block s, double margin) {
    const REAL middle = (REAL)0.5, limit = (REAL)(0.5 - margin);
    ptrdiff_t found = 0;
    for (ptrdiff_t g = 0; g < s.networks; ++g)
        for (ptrdiff_t n = 0; n < s.samples; ++n) {
            const REAL *row = z + g * s.network + n * s.sample;
            for (ptrdiff_t j = 0; j < s.units; ++j)
                found += row[j] - middle > limit || middle - row[j] > limit;
        }
    return found;
}
