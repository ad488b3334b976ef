/* What the online kernel works on: parameters in padded rows, and room for one sample. */

#define PADDED(n) (((n) + LANES - 1) / LANES * LANES)

/* Rows of weights; `columns` of each count. */
typedef struct {
    REAL *start;
    ptrdiff_t stride, columns;
} NAME(matrix);

/* A hidden layer of all networks. Rows of weights: features, or units of one network. */
typedef struct {
    ptrdiff_t n_blocks;   /* networks, or 1 in layer 1, where they stand side by side */
    ptrdiff_t fan_in, n_units, width; /* per block; width is n_units, padded */
    ptrdiff_t units, excitatory;      /* of one network */
    ptrdiff_t stride;                 /* its first unit comes at g * stride */
    NAME(matrix) weights;             /* (n_blocks, fan_in, width), or n_units in place */
    REAL *biases;                     /* (n_blocks, width) */
    REAL *types;                      /* o_j, 0 in the padding, (n_blocks, width) */
    REAL *activations, *previous;     /* z, of this sample and of the last one */
    REAL *change;                     /* alpha e f' o of the last sample: pending update */
} NAME(layer);

typedef struct {
    int32_t *present, *fresh; /* features that are not zero; those that were zero before */
    ptrdiff_t n_present, n_fresh;
    const REAL *x;
    REAL *own; /* x of rows that do not lie in one piece */
} NAME(sample);

typedef struct {
    NAME(layer) *layers;
    NAME(sample) sample, last;
    REAL *readout, *readout_bias; /* output weights, laid out as the last hidden layer */
    REAL *A, *E, *slope;          /* per network */
    REAL *delta;                  /* per class */
    NAME(matrix) code, error_code; /* padded rows */
    REAL *zeros;
    int32_t *identity;
    char *memory;
} NAME(state);

/* Takes `n` items, aligned, from the end of the state's memory; measures it while there is none. */
INLINE void *NAME(take)(char *memory, size_t *used, size_t n, size_t size) {
    void *start = memory ? memory + *used : NULL;
    *used += (n * size + 63) / 64 * 64;
    return start;
}

/* Lays the state out in `memory`, or says with NULL how much it takes. */
INLINE size_t NAME(lay_out)(const online_task *task, NAME(state) *st, char *memory) {
    const ptrdiff_t n_networks = task->last - task->first;
    const ptrdiff_t n_layers = task->n_hidden ? task->n_hidden : 1;
    const ptrdiff_t n_padded = PADDED(n_networks), n_classes = PADDED(task->n_classes);
    size_t used = 0;
    ptrdiff_t longest = n_networks > task->n_classes ? n_networks : task->n_classes;
#define TAKE(n) (REAL *)NAME(take)(memory, &used, n, sizeof(REAL))
    NAME(layer) *layers = NAME(take)(memory, &used, n_layers, sizeof(NAME(layer)));
    st->layers = layers;
    NAME(layer) layer = {0};
    for (ptrdiff_t l = 0; l < n_layers; ++l) {
        layer.fan_in = l ? layer.units : task->n_features;
        layer.units = task->n_hidden ? task->sizes[l] : 1;
        layer.excitatory = task->n_hidden ? task->excitatory[l] : 1;
        layer.n_blocks = l ? n_networks : 1;
        layer.n_units = l ? layer.units : n_networks * layer.units;
        layer.width = PADDED(layer.n_units);
        layer.stride = l ? layer.width : layer.units;
        const ptrdiff_t n = layer.n_blocks * layer.width;
        layer.weights.stride = layer.weights.columns = layer.width;
        layer.weights.start = TAKE(task->report ? 0 : layer.fan_in * n);
        layer.biases = TAKE(n);
        layer.types = TAKE(2 * n);
        layer.activations = TAKE(n);
        layer.previous = TAKE(n);
        layer.change = TAKE(n);
        longest = longest > layer.units ? longest : layer.units;
        if (memory)
            layers[l] = layer;
    }
    st->readout = TAKE(layer.n_blocks * layer.width);
    st->readout_bias = TAKE(n_networks);
    st->A = TAKE(n_padded);
    st->E = TAKE(n_padded);
    st->slope = TAKE(n_padded);
    st->delta = TAKE(n_classes);
    st->code.stride = st->code.columns = n_classes;
    st->code.start = TAKE(task->code ? n_networks * n_classes : 0);
    st->error_code.stride = st->error_code.columns = n_padded;
    st->error_code.start = TAKE(task->code ? task->n_classes * n_padded : 0);
    st->sample.own = TAKE(task->n_features);
    st->last.own = TAKE(task->n_features);
    st->zeros = TAKE(task->n_features);
#undef TAKE
    NAME(sample) *samples[] = {&st->sample, &st->last};
    for (int k = 0; k < 2; ++k) {
        samples[k]->present = NAME(take)(memory, &used, task->n_features + 16, sizeof(int32_t));
        samples[k]->fresh = NAME(take)(memory, &used, task->n_features + 16, sizeof(int32_t));
    }
    st->identity = NAME(take)(memory, &used, longest, sizeof(int32_t));
    if (memory) {
        for (ptrdiff_t i = 0; i < longest; ++i)
            st->identity[i] = (int32_t)i;
        st->last.x = st->zeros;
    }
    return used;
}

/* Copies rows between a flat array (row stride `stride`) and padded rows. */
INLINE void NAME(copy_rows)(REAL *flat, ptrdiff_t stride, REAL *padded, ptrdiff_t n_rows,
                            ptrdiff_t n_columns, ptrdiff_t width, int back) {
    for (ptrdiff_t i = 0; i < n_rows; ++i)
        memcpy(back ? flat + i * stride : padded + i * width,
               back ? padded + i * width : flat + i * stride, n_columns * sizeof(REAL));
}

/* Parameters of the chosen networks into the state, or back. They lie in `flat` as in
 * NetworkBank: the weights of every layer, then the biases. */
INLINE void NAME(transfer)(const online_task *task, NAME(state) *st, REAL *flat, int back) {
    const ptrdiff_t first = task->first, n_networks = task->last - first;
    const ptrdiff_t n_layers = task->n_hidden ? task->n_hidden : 1;
    for (int biases = 0; biases < 2; ++biases) {
        for (ptrdiff_t l = 0; l < n_layers; ++l) {
            NAME(layer) *layer = st->layers + l;
            const ptrdiff_t rows = biases ? 1 : layer->fan_in;
            const ptrdiff_t stride = l ? layer->units : task->n_networks * layer->units;
            REAL *start = flat + first * (l ? rows : 1) * layer->units;
            if (biases || !task->report) {
                NAME(copy_rows)(start, stride, biases ? layer->biases : layer->weights.start,
                                layer->n_blocks * rows, layer->n_units, layer->width, back);
            } else {
                layer->weights.start = start;
                layer->weights.stride = stride;
                layer->weights.columns = layer->n_units;
            }
            flat += task->n_networks * rows * layer->units;
        }
        if (task->n_hidden) {
            const NAME(layer) *top = st->layers + n_layers - 1;
            const ptrdiff_t units = biases ? 1 : top->units;
            NAME(copy_rows)(flat + first * units, units, biases ? st->readout_bias : st->readout,
                            n_networks, units, biases ? 1 : top->stride, back);
            flat += task->n_networks * units;
        }
    }
}

INLINE void NAME(constants)(const online_task *task, NAME(state) *st) {
    const ptrdiff_t n_networks = task->last - task->first;
    for (ptrdiff_t l = 0; l < task->n_hidden; ++l) {
        const NAME(layer) *layer = st->layers + l;
        for (ptrdiff_t g = 0; g < n_networks; ++g)
            for (ptrdiff_t j = 0; j < layer->units; ++j) {
                const REAL type = j < layer->excitatory ? 1 : -1;
                layer->types[g * layer->stride + j] = type;
                layer->types[layer->n_blocks * layer->width + g * layer->stride + j] = -type;
            }
    }
    for (ptrdiff_t g = 0; g < n_networks; ++g)
        st->slope[g] = 1;
    if (task->code) {
        NAME(copy_rows)((REAL *)task->code, task->n_classes, st->code.start, n_networks,
                        task->n_classes, PADDED(task->n_classes), 0);
        NAME(copy_rows)((REAL *)task->error_code, n_networks, st->error_code.start,
                        task->n_classes, n_networks, PADDED(n_networks), 0);
    }
}
