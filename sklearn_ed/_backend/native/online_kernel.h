/* The online rule of sklearn_ed/rules: one epoch, one sample after the other.
 *
 * Parameters are copied into rows padded to whole vectors, and back at the end; a single sample
 * is learned in place. A weight row is read and written once per sample: the update that the last
 * sample left pending and the forward product of the next one go in the same pass. Layer 1 has
 * one row per feature, the networks side by side; rows of zero features are not touched.
 */

#include "online_state.h"

/* w + b change; a weight whose sign would differ from `types`, if they are there, becomes zero. */
INLINE vec NAME(moved)(vec w, vec b, const REAL *change, const REAL *types) {
    w = NAME(fma)(b, *(const vec *)change, w);
    if (types)
        w = NAME(where)(~(ivec)(w * *(const vec *)types < 0), w);
    return w;
}

/* out += the sum of x[k] v[k] over four rows, or x[0] v[0]. */
INLINE void NAME(add_rows)(REAL *out, const vec *x, const vec *v, int four) {
    vec *sum = (vec *)out;
    if (four)
        *sum += NAME(fma)(x[0], v[0], x[1] * v[1]) + NAME(fma)(x[2], v[2], x[3] * v[3]);
    else
        *sum = NAME(fma)(x[0], v[0], *sum);
}

/* The last columns of rows that are not padded, where the next row begins in mid-vector. */
TARGET static __attribute__((noinline)) void NAME(sweep_rest)(
    NAME(matrix) weights, ptrdiff_t j, const int32_t *rows, int n_rows, const REAL *before,
    const REAL *change, const REAL *types, const REAL *now, REAL *out) {
    const size_t size = (weights.columns - j) * sizeof(REAL);
    vec v[4], x[4];
    for (int k = 0; k < n_rows; ++k) {
        REAL *w = weights.start + rows[k] * weights.stride + j;
        v[k] = (vec){0};
        memcpy(&v[k], w, size);
        x[k] = NAME(spread)(out ? now[rows[k]] : 0);
        if (change) {
            v[k] = NAME(moved)(v[k], NAME(spread)(before[rows[k]]), change + j,
                               types ? types + j : NULL);
            memcpy(w, &v[k], size);
        }
    }
    if (out)
        NAME(add_rows)(out + j, x, v, n_rows == 4);
}

/* For each of `rows`: w += before[row] change, if `change` is there; out += now[row] w, if `out`
 * is there. With `types` a weight whose sign would differ from them becomes zero. */
INLINE void NAME(sweep)(NAME(matrix) weights, const int32_t *rows, ptrdiff_t n_rows,
                        const REAL *before, const REAL *change, const REAL *types,
                        const REAL *now, REAL *out) {
    const ptrdiff_t whole = weights.columns / LANES * LANES;
    ptrdiff_t n = 0;
    for (; n + 4 <= n_rows; n += 4) {
        REAL *w[4];
        vec b[4], x[4];
        for (int k = 0; k < 4; ++k) {
            const int32_t row = rows[n + k];
            w[k] = weights.start + row * weights.stride;
            b[k] = NAME(spread)(change ? before[row] : 0);
            x[k] = NAME(spread)(out ? now[row] : 0);
        }
        for (ptrdiff_t j = 0; j < whole; j += LANES) {
            vec v[4];
            for (int k = 0; k < 4; ++k)
                v[k] = NAME(load)(w[k] + j);
            if (change)
                for (int k = 0; k < 4; ++k) {
                    v[k] = NAME(moved)(v[k], b[k], change + j, types ? types + j : NULL);
                    NAME(store)(w[k] + j, v[k]);
                }
            if (out)
                NAME(add_rows)(out + j, x, v, 1);
        }
        if (__builtin_expect(whole < weights.columns, 0))
            NAME(sweep_rest)(weights, whole, rows + n, 4, before, change, types, now, out);
    }
    for (; n < n_rows; ++n) {
        const int32_t row = rows[n];
        REAL *w = weights.start + row * weights.stride;
        const vec b = NAME(spread)(change ? before[row] : 0);
        const vec x = NAME(spread)(out ? now[row] : 0);
        for (ptrdiff_t j = 0; j < whole; j += LANES) {
            vec v = NAME(load)(w + j);
            if (change) {
                v = NAME(moved)(v, b, change + j, types ? types + j : NULL);
                NAME(store)(w + j, v);
            }
            if (out)
                NAME(add_rows)(out + j, &x, &v, 0);
        }
        if (__builtin_expect(whole < weights.columns, 0))
            NAME(sweep_rest)(weights, whole, rows + n, 1, before, change, types, now, out);
    }
}

#if VECTOR_BYTES == 64

#define AT_ONCE 16

/* A bit for each of sixteen items that is not zero. */
INLINE __mmask16 NAME(nonzero)(const REAL *x) {
    if (sizeof(REAL) == sizeof(float))
        return _mm512_cmp_ps_mask(_mm512_loadu_ps(x), _mm512_setzero_ps(), _CMP_NEQ_UQ);
    const __m512d zero = _mm512_setzero_pd();
    const __mmask8 low = _mm512_cmp_pd_mask(_mm512_loadu_pd(x), zero, _CMP_NEQ_UQ);
    const __mmask8 high =
        _mm512_cmp_pd_mask(_mm512_loadu_pd((const double *)x + 8), zero, _CMP_NEQ_UQ);
    return (__mmask16)(low | high << 8);
}

INLINE void NAME(find)(NAME(sample) *s, const REAL *last, ptrdiff_t i) {
    const __m512i steps = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i indices = _mm512_add_epi32(_mm512_set1_epi32((int)i), steps);
    const __mmask16 present = NAME(nonzero)(s->x + i);
    const __mmask16 fresh = present & ~NAME(nonzero)(last + i);
    _mm512_storeu_si512(s->present + s->n_present, _mm512_maskz_compress_epi32(present, indices));
    _mm512_storeu_si512(s->fresh + s->n_fresh, _mm512_maskz_compress_epi32(fresh, indices));
    s->n_present += __builtin_popcount(present);
    s->n_fresh += __builtin_popcount(fresh);
}

#else

#define AT_ONCE (LANES)

typedef uint64_t NAME(bits) __attribute__((aligned(4), may_alias));

INLINE void NAME(find)(NAME(sample) *s, const REAL *last, ptrdiff_t i) {
    uint64_t any = 0;
    for (size_t k = 0; k < VECTOR_BYTES / 8; ++k)
        any |= ((const NAME(bits) *)(s->x + i))[k];
    if (!any)
        return;
    for (const ptrdiff_t stop = i + LANES; i < stop; ++i) {
        s->present[s->n_present] = s->fresh[s->n_fresh] = (int32_t)i;
        s->n_present += s->x[i] != 0;
        s->n_fresh += (s->x[i] != 0) & (last[i] == 0);
    }
}

#endif

/* x of the next row, and which features of it are not zero. */
INLINE void NAME(read)(const online_task *task, NAME(sample) *s, const NAME(sample) *last,
                       ptrdiff_t row) {
    const ptrdiff_t n_features = task->n_features;
    const REAL *values = (const REAL *)task->values;
    s->n_present = s->n_fresh = 0;
    if (task->indptr) {
        const int wide = task->wide_indices;
        const ptrdiff_t stop = ITEM(task->indptr, wide, row + 1);
        for (ptrdiff_t k = ITEM(task->indptr, wide, row); k < stop; ++k) {
            const int32_t i = (int32_t)ITEM(task->indices, wide, k);
            if (values[k] == 0)
                continue;
            s->own[i] = values[k];
            s->present[s->n_present++] = i;
            s->fresh[s->n_fresh] = i;
            s->n_fresh += last->x[i] == 0;
        }
        s->x = s->own;
        return;
    }
    const REAL *x = values + row * task->row_stride;
    if (task->column_stride != 1) {
        for (ptrdiff_t i = 0; i < n_features; ++i)
            s->own[i] = x[i * task->column_stride];
        x = s->own;
    }
    s->x = x;
    ptrdiff_t i = 0;
    for (; i + AT_ONCE <= n_features; i += AT_ONCE)
        NAME(find)(s, last->x, i);
    for (; i < n_features; ++i) {
        s->present[s->n_present] = s->fresh[s->n_fresh] = (int32_t)i;
        s->n_present += x[i] != 0;
        s->n_fresh += (x[i] != 0) & (last->x[i] == 0);
    }
}
#undef AT_ONCE

/* A sample becomes the last one; its scratch row is all zeros again when it is reused. */
INLINE void NAME(forget)(const online_task *task, NAME(sample) *s) {
    if (task->indptr)
        for (ptrdiff_t k = 0; k < s->n_present; ++k)
            s->own[s->present[k]] = 0;
}

/* Does the update that a layer has pending, and, unless `finish`, its forward product. */
INLINE void NAME(pass)(const online_task *task, NAME(state) *st, ptrdiff_t l, int finish) {
    NAME(layer) *layer = st->layers + l;
    const ptrdiff_t width = layer->width;
    NAME(matrix) weights = layer->weights;
    if (l == 0) {
        REAL *out = finish ? NULL : layer->activations;
        NAME(sweep)(weights, st->last.present, st->last.n_present, st->last.x, layer->change,
                    NULL, st->sample.x, out);
        if (out)
            NAME(sweep)(weights, st->sample.fresh, st->sample.n_fresh, NULL, NULL, NULL,
                        st->sample.x, out);
        return;
    }
    const NAME(layer) *below = layer - 1;
    const ptrdiff_t excitatory = below->excitatory;
    for (ptrdiff_t g = 0; g < layer->n_blocks; ++g) {
        weights.start = layer->weights.start + g * layer->fan_in * weights.stride;
        REAL *out = finish ? NULL : layer->activations + g * width;
        const REAL *change = layer->change + g * width, *types = layer->types + g * width;
        const REAL *before = below->previous + g * below->stride;
        const REAL *now = below->activations + g * below->stride;
        for (int half = 0; half < 2; ++half) {
            const int32_t *rows = st->identity + (half ? excitatory : 0);
            const ptrdiff_t n_rows = half ? layer->fan_in - excitatory : excitatory;
            const REAL e = st->E[g];
            if (task->weight_decrement)
                NAME(sweep)(weights, rows, n_rows, before, change,
                            half ? types + layer->n_blocks * width : types, now, out);
            else if (NAME(through_gate)(e, !half, 1) != 0)
                NAME(sweep)(weights, rows, n_rows, before, change, NULL, now, out);
            else if (out)
                NAME(sweep)(weights, rows, n_rows, NULL, NULL, NULL, now, out);
        }
    }
}

/* Pre-activations of a layer; the pending update is done on the way. */
INLINE void NAME(forward_layer)(const online_task *task, NAME(state) *st, ptrdiff_t l) {
    NAME(layer) *layer = st->layers + l;
    const REAL beta = (REAL)task->beta;
    for (ptrdiff_t j = 0; j < layer->n_blocks * layer->width; j += LANES)
        *(vec *)(layer->activations + j) = beta * *(vec *)(layer->biases + j);
    NAME(pass)(task, st, l, 0);
}

/* The readouts of the last hidden layer, or layer 1 itself where there is none. */
INLINE void NAME(forward)(const online_task *task, NAME(state) *st) {
    const ptrdiff_t n_networks = task->last - task->first;
    for (ptrdiff_t l = 0; l < task->n_hidden; ++l) {
        NAME(layer) *layer = st->layers + l;
        NAME(forward_layer)(task, st, l);
        for (ptrdiff_t j = 0; j < layer->n_blocks * layer->width; j += LANES) {
            vec *a = (vec *)(layer->activations + j);
            *a = NAME(sigmoid)(*a * (REAL)task->scale);
        }
    }
    if (task->n_hidden == 0) {
        NAME(forward_layer)(task, st, 0);
        memcpy(st->A, st->layers[0].activations, n_networks * sizeof(REAL));
        return;
    }
    const NAME(layer) *top = st->layers + task->n_hidden - 1;
    for (ptrdiff_t g = 0; g < n_networks; ++g) {
        const REAL *z = top->activations + g * top->stride;
        const REAL *w = st->readout + g * top->stride;
        st->A[g] = NAME(dot)(z, w, top->units) + (REAL)task->beta * st->readout_bias[g];
    }
}

/* E = t - y and the slopes of the output units; returns the sample's loss. */
INLINE double NAME(error_signal)(const online_task *task, NAME(state) *st, ptrdiff_t target) {
    const ptrdiff_t n_networks = task->last - task->first;
    double loss = 0;
    if (task->loss == SOFTMAX) {
        const ptrdiff_t n_classes = task->n_classes, padded = PADDED(n_classes);
        if (!task->code) {
            memcpy(st->E, st->A, n_classes * sizeof(REAL));
            return NAME(softmax_delta)(st->E, n_classes, target);
        }
        memset(st->delta, 0, padded * sizeof(REAL));
        NAME(sweep)(st->code, st->identity, n_networks, NULL, NULL, NULL, st->A, st->delta);
        loss = NAME(softmax_delta)(st->delta, n_classes, target);
        memset(st->E, 0, PADDED(n_networks) * sizeof(REAL));
        NAME(sweep)(st->error_code, st->identity, n_classes, NULL, NULL, NULL, st->delta, st->E);
        return loss;
    }
    const REAL *t = (const REAL *)task->target_values + target * task->n_networks + task->first;
    const REAL scale = task->loss == SIGMOID_SQUARED ? (REAL)task->scale : 1;
    if (task->loss != LINEAR_SQUARED)
        for (ptrdiff_t g = 0; g < n_networks; g += LANES)
            *(vec *)(st->slope + g) = NAME(sigmoid)(*(vec *)(st->A + g) * scale);
    for (ptrdiff_t g = 0; g < n_networks; ++g) {
        const REAL y = task->loss == LINEAR_SQUARED ? st->A[g] : st->slope[g];
        const REAL e = t[g] - y;
        st->E[g] = e;
        if (task->loss == LOGISTIC) {
            const double odds = t[g] > 0 ? st->A[g] : -st->A[g];
            loss += log1p(exp(-fabs(odds))) - (odds < 0 ? odds : 0);
        } else {
            loss += 0.5 * (double)e * (double)e;
        }
        st->slope[g] = task->loss == SIGMOID_SQUARED ? y * (1 - y) : 1;
    }
    return loss;
}

/* What the sample changes: at once in the readouts and biases, pending in the weights below. */
INLINE void NAME(learn)(const online_task *task, NAME(state) *st, REAL weight) {
    const ptrdiff_t n_networks = task->last - task->first;
    const REAL alpha = (REAL)task->alpha, beta = (REAL)task->beta;
    if (weight != 1)
        for (ptrdiff_t g = 0; g < n_networks; ++g)
            st->E[g] *= weight;
    if (task->n_hidden == 0) {
        NAME(layer) *layer = st->layers;
        for (ptrdiff_t g = 0; g < n_networks; ++g) {
            layer->change[g] = alpha * st->E[g] * st->slope[g];
            layer->biases[g] += beta * layer->change[g];
        }
        return;
    }
    const NAME(layer) *top = st->layers + task->n_hidden - 1;
    const int gated = !task->weight_decrement;
    for (ptrdiff_t g = 0; g < n_networks; ++g) {
        const REAL e = alpha * st->E[g] * st->slope[g];
        REAL *w = st->readout + g * top->stride;
        const REAL *z = top->activations + g * top->stride;
        st->readout_bias[g] += beta * e;
        if (NAME(through_gate)(st->E[g], 1, gated) != 0)
            for (ptrdiff_t j = 0; j < top->excitatory; ++j)
                w[j] += e * z[j];
        if (NAME(through_gate)(st->E[g], 0, gated) != 0)
            for (ptrdiff_t j = top->excitatory; j < top->units; ++j)
                w[j] += e * z[j];
        if (task->weight_decrement)
            NAME(clamp_row)(w, 1, top->excitatory, top->units);
    }
    for (NAME(layer) *layer = st->layers; layer <= top; ++layer) {
        for (ptrdiff_t g = 0; g < n_networks; ++g) {
            const REAL e = alpha * st->E[g];
            for (ptrdiff_t j = 0; j < layer->stride; ++j)
                layer->change[g * layer->stride + j] = e;
        }
        for (ptrdiff_t j = 0; j < layer->n_blocks * layer->width; j += LANES) {
            const vec z = *(vec *)(layer->activations + j);
            vec *change = (vec *)(layer->change + j);
            *change *= z * (1 - z) * *(vec *)(layer->types + j);
            *(vec *)(layer->biases + j) += beta * *change;
        }
        REAL *previous = layer->previous;
        layer->previous = layer->activations;
        layer->activations = previous;
    }
}

/* Whether learning changes no parameter by more than MAX_STEP, which leaves finite what is. */
INLINE int NAME(is_safe)(const online_task *task, const NAME(state) *st, REAL weight,
                         double loss) {
    double input = task->beta > 1 ? task->beta : 1, error = 0;
    for (ptrdiff_t k = 0; k < st->sample.n_present; ++k)
        input = fmax(input, fabs((double)st->sample.x[st->sample.present[k]]));
    for (ptrdiff_t g = 0; g < task->last - task->first; ++g)
        error = st->E[g] == st->E[g] ? fmax(error, fabs((double)st->E[g])) : INFINITY;
    return isfinite(loss * weight) &&
           input * error * fabs(task->alpha * weight) <= MAX_STEP;
}

/* Learns from every row; returns the sum of the losses times weights, or -1 without memory, or
 * -2, nothing changed, where a single row in place is not safe. */
TARGET static double NAME(online_epoch)(const online_task *task, void *parameters) {
    NAME(state) state = {0}, *st = &state;
    const size_t size = NAME(lay_out)(task, st, NULL) + 64;
    char *memory = calloc(size, 1);
    if (!memory)
        return -1;
    NAME(lay_out)(task, st, memory + (64 - (uintptr_t)memory % 64) % 64);
    NAME(transfer)(task, st, parameters, 0);
    NAME(constants)(task, st);
    double loss = 0;
    for (ptrdiff_t n = 0; n < task->n_rows; ++n) {
        const ptrdiff_t row = task->rows[n];
        const REAL weight = task->weight ? ((const REAL *)task->weight)[row] : 1;
        NAME(read)(task, &st->sample, &st->last, row);
        NAME(forward)(task, st);
        loss += weight * NAME(error_signal)(task, st, task->targets[row]);
        if (task->report && !NAME(is_safe)(task, st, weight, loss)) {
            free(memory);
            return -2;
        }
        NAME(learn)(task, st, weight);
        NAME(sample) done = st->last;
        st->last = st->sample;
        st->sample = done;
        NAME(forget)(task, &st->sample);
    }
    for (ptrdiff_t l = 0; l < (task->n_hidden ? task->n_hidden : 1); ++l)
        NAME(pass)(task, st, l, 1);
    NAME(transfer)(task, st, parameters, 1);
    free(memory);
    if (task->report) {
        task->report[0] = 1;
        task->report[1] = loss;
    }
    return loss;
}
