/* Includes BODY once for every real type and instruction set.
 *
 * BODY sees REAL, INT (an integer as wide), VECTOR_BYTES, TARGET (the attribute that each of its
 * functions carries) and NAME(x), which makes x a name of its own for each variant. Which
 * variant runs is decided when the module is imported, so that one build serves every machine.
 */
#include <stdint.h>

#if !defined(__GNUC__) && !defined(__clang__)
#error "The compiled kernels need GCC or Clang; without them the package runs on NumPy alone."
#endif

/* An index of a CSR array, of 64 or of 32 bits. */
#define ITEM(array, wide, i) \
    ((ptrdiff_t)((wide) ? ((const int64_t *)(array))[i] : ((const int32_t *)(array))[i]))

#define JOIN_(a, b, c) a##_##b##_##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define NAME(x) JOIN(x, REAL, ISA)

/* MinGW does not align vectors on the stack. BASELINE_ONLY is for quick builds with sanitizers. */
#if defined(__x86_64__) && !defined(__MINGW32__) && !defined(BASELINE_ONLY)
#define HAS_AVX

#include <immintrin.h>

#define ISA avx512
#define VECTOR_BYTES 64
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")))
#include "each_type.h"
#undef ISA
#undef VECTOR_BYTES
#undef TARGET

#define ISA avx2
#define VECTOR_BYTES 32
#define TARGET __attribute__((target("avx2,fma")))
#include "each_type.h"
#undef ISA
#undef VECTOR_BYTES
#undef TARGET

#endif

#define ISA baseline
#define VECTOR_BYTES 16
#define TARGET
#include "each_type.h"
#undef ISA
#undef VECTOR_BYTES
#undef TARGET

enum { BASELINE = 0, AVX2 = 1, AVX512 = 2 };

/* The best instruction set of this machine. */
int best_instruction_set(void) {
#if defined(HAS_AVX)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return AVX2;
#endif
    return BASELINE;
}

/* Calls the variant of `function` for the type and the instruction set. */
#if defined(HAS_AVX)
#define CALL(function, type, isa, ...)                                  \
    ((isa) == AVX512 ? function##_##type##_avx512(__VA_ARGS__)          \
     : (isa) == AVX2 ? function##_##type##_avx2(__VA_ARGS__)            \
                     : function##_##type##_baseline(__VA_ARGS__))
#else
#define CALL(function, type, isa, ...) ((void)(isa), function##_##type##_baseline(__VA_ARGS__))
#endif
