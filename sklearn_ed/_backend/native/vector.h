/* Vectors of REAL: loads, stores, exp and the sigmoid. */

#define INLINE static inline __attribute__((always_inline)) TARGET
#define LANES ((ptrdiff_t)(VECTOR_BYTES / sizeof(REAL)))
#define vec NAME(vec)
#define ivec NAME(ivec)
#define loose NAME(loose)

typedef REAL vec __attribute__((vector_size(VECTOR_BYTES)));
typedef INT ivec __attribute__((vector_size(VECTOR_BYTES)));
/* The same at any address. */
typedef REAL loose __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

INLINE vec NAME(load)(const REAL *p) { return *(const loose *)p; }

INLINE void NAME(store)(REAL *p, vec v) { *(loose *)p = v; }

INLINE vec NAME(spread)(REAL x) { return x - (vec){0}; }

/* a b + c, rounded once where the instruction set can: alike in every loop, which a compiler that
 * chooses for itself would not promise. */
INLINE vec NAME(fma)(vec a, vec b, vec c) {
#if VECTOR_BYTES == 64
    if (sizeof(REAL) == sizeof(float))
        return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif VECTOR_BYTES == 32
    if (sizeof(REAL) == sizeof(float))
        return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#else
    return a * b + c;
#endif
}

/* Zero where `mask` (all ones or all zeros in a lane) is not set. */
INLINE vec NAME(where)(ivec mask, vec v) { return (vec)(mask & (ivec)v); }

/* `v` within +-limit; what is not a number stays. */
INLINE vec NAME(clip)(vec v, REAL limit) {
    vec high = NAME(spread)(limit);
    ivec above = (ivec)(v > high), below = (ivec)(v < -high);
    return (vec)((above & (ivec)high) | (below & (ivec)(-high)) | (~(above | below) & (ivec)v));
}

/* exp(v) for |v| where the result is a normal number: v = n log 2 + r, and exp(r) by its
 * Taylor series, whose rest is below half a unit in the last place for |r| <= log(2) / 2. */
INLINE vec NAME(exp)(vec v) {
    const int is_float = sizeof(REAL) == sizeof(float);
    /* Adding it rounds to an integer, found in the low bits of the sum. */
    const REAL magic = is_float ? (REAL)12582912.0 : (REAL)6755399441055744.0;
    const REAL log2_high = is_float ? (REAL)0.693359375 : (REAL)6.93147180369123816490e-01;
    const REAL log2_low = is_float ? (REAL)-2.12194440e-4 : (REAL)1.90821492927058770002e-10;
    vec shifted = v * (REAL)1.44269504088896340736 + magic;
    vec n = shifted - magic;
    vec r = v - n * log2_high;
    r = r - n * log2_low;
    vec r2 = r * r;
    vec even, odd;
    if (is_float) {
        even = r2 * (REAL)(1. / 720.) + (REAL)(1. / 24.);
        odd = r2 * (REAL)(1. / 5040.) + (REAL)(1. / 120.);
    } else {
        even = r2 * (REAL)(1. / 479001600.) + (REAL)(1. / 3628800.);
        odd = r2 * (REAL)(1. / 6227020800.) + (REAL)(1. / 39916800.);
        even = even * r2 + (REAL)(1. / 40320.);
        odd = odd * r2 + (REAL)(1. / 362880.);
        even = even * r2 + (REAL)(1. / 720.);
        odd = odd * r2 + (REAL)(1. / 5040.);
        even = even * r2 + (REAL)(1. / 24.);
        odd = odd * r2 + (REAL)(1. / 120.);
    }
    even = even * r2 + (REAL)0.5;
    odd = odd * r2 + (REAL)(1. / 6.);
    even = even * r2 + (REAL)1;
    odd = odd * r2 + (REAL)1;
    ivec power = ((ivec)shifted + (is_float ? 127 : 1023)) << (is_float ? 23 : 52);
    return (even + odd * r) * (vec)power;
}

/* 1 / (1 + exp(-v)). Clipped where neither it nor its square would be a normal number:
 * arithmetic with subnormal numbers is a hundred times slower. */
INLINE vec NAME(sigmoid)(vec v) {
    v = NAME(clip)(v, sizeof(REAL) == sizeof(float) ? (REAL)43 : (REAL)350);
    return 1 / (1 + NAME(exp)(-v));
}

INLINE REAL NAME(sum)(vec v) {
    REAL total = 0;
    for (int lane = 0; lane < LANES; ++lane)
        total += v[lane];
    return total;
}

INLINE REAL NAME(dot)(const REAL *x, const REAL *y, ptrdiff_t n) {
    REAL total = 0;
    ptrdiff_t j = 0;
    if (n >= LANES) {
        vec sum = {0};
        for (; j + LANES <= n; j += LANES)
            sum += NAME(load)(x + j) * NAME(load)(y + j);
        total = NAME(sum)(sum);
    }
    for (; j < n; ++j)
        total += x[j] * y[j];
    return total;
}

/* onehot - softmax in the place of the logits; returns -log p of the target. There must be room
 * for whole vectors. */
INLINE double NAME(softmax_delta)(REAL *p, ptrdiff_t n_classes, ptrdiff_t target) {
    const REAL limit = sizeof(REAL) == sizeof(float) ? (REAL)87 : (REAL)700;
    REAL highest = p[0], total = 0;
    for (ptrdiff_t k = 1; k < n_classes; ++k)
        highest = p[k] > highest ? p[k] : highest;
    const double own = (double)p[target] - (double)highest;
    for (ptrdiff_t k = 0; k < n_classes; k += LANES)
        NAME(store)(p + k, NAME(exp)(NAME(clip)(NAME(load)(p + k) - highest, limit)));
    for (ptrdiff_t k = 0; k < n_classes; ++k)
        total += p[k];
    for (ptrdiff_t k = 0; k < n_classes; ++k)
        p[k] = (k == target) - p[k] / total;
    return log((double)total) - own;
}
