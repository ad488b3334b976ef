/* What the kernels know of error diffusion: the gate, and where a weight has to stop. */

/* The gate: a weight from an excitatory unit learns from an error above zero, one from an
 * inhibitory unit from an error below zero. Returns the error that passes, or 0; without a gate
 * every error passes. */
INLINE REAL NAME(through_gate)(REAL error, int from_excitatory, int gated) {
    return gated && (from_excitatory ? error < 0 : error > 0) ? 0 : error;
}

/* A weight between units of one type stops at zero from above, else from below. */
INLINE void NAME(clamp_row)(REAL *w, int from_excitatory, ptrdiff_t excitatory, ptrdiff_t n) {
    const ptrdiff_t stop = from_excitatory ? excitatory : n;
    for (ptrdiff_t j = from_excitatory ? 0 : excitatory; j < stop; ++j)
        w[j] = w[j] < 0 ? 0 : w[j];
    const ptrdiff_t end = from_excitatory ? n : excitatory;
    for (ptrdiff_t j = from_excitatory ? excitatory : 0; j < end; ++j)
        w[j] = w[j] > 0 ? 0 : w[j];
}
