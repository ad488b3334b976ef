/* Products of layer 1 with CSR arrays, and CSR arrays of dense rows. */

#ifndef TILE
#define TILE 16384     /* bytes of w that stay in the first cache */
#define TILED_ROWS 256 /* of X, whose places are on the stack */
#endif

/* Sums of the next vectors * LANES columns over the items of a row up to `end`, which stay in
 * registers: `w` has rows of `stride` items and begins with that of feature `first`. Stops before
 * the first feature that is not among `features`. Returns the item after the last one. */
INLINE ptrdiff_t NAME(csr_sums)(const REAL *data, const void *indices, int wide, ptrdiff_t k,
                                ptrdiff_t end, const REAL *w, ptrdiff_t stride, ptrdiff_t first,
                                ptrdiff_t features, REAL *out, int adds, const int vectors) {
    vec sum[8] = {0};
    if (adds)
        for (int v = 0; v < vectors; ++v)
            sum[v] = NAME(load)(out + v * LANES);
    for (; k < end; ++k) {
        const ptrdiff_t feature = ITEM(indices, wide, k) - first;
        if ((size_t)feature >= (size_t)features)
            break;
        const REAL *row = w + feature * stride;
        const vec value = NAME(spread)(data[k]);
        for (int v = 0; v < vectors; ++v)
            sum[v] = NAME(fma)(value, NAME(load)(row + v * LANES), sum[v]);
    }
    for (int v = 0; v < vectors; ++v)
        NAME(store)(out + v * LANES, sum[v]);
    return k;
}

/* The next vectors * LANES columns of out = X w. If there are enough items for each feature, parts
 * of w are copied to a tile, which all rows then read. */
INLINE void NAME(csr_columns)(const REAL *data, const void *indices, const void *indptr, int wide,
                              ptrdiff_t n_samples, const REAL *w, ptrdiff_t n_features,
                              ptrdiff_t width, REAL *out, int is_tiled, const int vectors) {
    if (!is_tiled) {
        for (ptrdiff_t n = 0; n < n_samples; ++n)
            NAME(csr_sums)(data, indices, wide, ITEM(indptr, wide, n), ITEM(indptr, wide, n + 1),
                           w, width, 0, n_features, out + n * width, 0, vectors);
        return;
    }
    REAL tile[TILE / sizeof(REAL)] __attribute__((aligned(VECTOR_BYTES)));
    ptrdiff_t place[TILED_ROWS];
    const ptrdiff_t columns = vectors * LANES, height = TILE / sizeof(REAL) / columns;
    for (ptrdiff_t n = 0; n < n_samples; ++n)
        place[n] = ITEM(indptr, wide, n);
    for (ptrdiff_t first = 0; first < n_features; first += height, w += height * width) {
        const ptrdiff_t left = n_features - first, features = left < height ? left : height;
        for (ptrdiff_t f = 0; f < features; ++f)
            for (int v = 0; v < vectors; ++v)
                NAME(store)(tile + f * columns + v * LANES, NAME(load)(w + f * width + v * LANES));
        for (ptrdiff_t n = 0; n < n_samples; ++n)
            place[n] = NAME(csr_sums)(data, indices, wide, place[n], ITEM(indptr, wide, n + 1), tile,
                                      columns, first, features, out + n * width, first > 0, vectors);
    }
}

/* `columns` columns of out = X w, of `width` in memory, for the rows of a CSR array; `sorted`: its
 * indices are. Columns may be computed twice, with the same result: all vectors are whole. */
TARGET static void NAME(csr_product)(const REAL *data, const void *indices, const void *indptr,
                                     int wide, int sorted, ptrdiff_t n_samples, const REAL *w,
                                     ptrdiff_t n_features, ptrdiff_t width, ptrdiff_t columns,
                                     REAL *out) {
    if (columns < LANES) {
        for (ptrdiff_t n = 0; n < n_samples; ++n, out += width) {
            memset(out, 0, columns * sizeof(REAL));
            for (ptrdiff_t k = ITEM(indptr, wide, n); k < ITEM(indptr, wide, n + 1); ++k)
                NAME(add)(out, data[k], w + ITEM(indices, wide, k) * width, columns);
        }
        return;
    }
    while (n_samples > 0) {
        const ptrdiff_t rows = n_samples < TILED_ROWS ? n_samples : TILED_ROWS;
        const ptrdiff_t items = ITEM(indptr, wide, rows) - ITEM(indptr, wide, 0);
        const int is_tiled = sorted && items > 4 * n_features;
        for (ptrdiff_t left = columns; left > 0;) {
            const ptrdiff_t needed = (left + LANES - 1) / LANES;
            int vectors = needed > 4 ? 8 : needed > 2 ? 4 : (int)needed;
            while (vectors * LANES > columns)
                vectors /= 2;
            const ptrdiff_t n = vectors * LANES, j = columns - (left > n ? left : n);
#define COLUMNS(vectors)                                                                       \
    case vectors:                                                                              \
        NAME(csr_columns)(data, indices, indptr, wide, rows, w + j, n_features, width, out + j,\
                          is_tiled, vectors);                                                  \
        break;
            switch (vectors) {
                COLUMNS(8)
                COLUMNS(4)
                COLUMNS(2)
                COLUMNS(1)
            }
#undef COLUMNS
            left -= n;
        }
        n_samples -= rows;
        indptr = (const char *)indptr + rows * (wide ? 8 : 4);
        out += rows * width;
    }
}

/* The items of rows that are not zero, and their columns; returns their number. */
TARGET static ptrdiff_t NAME(compress)(const REAL *x, ptrdiff_t n_samples, ptrdiff_t n,
                                       REAL *data, int32_t *indices, int32_t *indptr) {
    ptrdiff_t found = 0;
    indptr[0] = 0;
    for (ptrdiff_t row = 0; row < n_samples; ++row, x += n) {
        for (ptrdiff_t j = 0; j < n; ++j) {
            data[found] = x[j];
            indices[found] = (int32_t)j;
            found += x[j] != 0;
        }
        indptr[row + 1] = (int32_t)found;
    }
    return found;
}
