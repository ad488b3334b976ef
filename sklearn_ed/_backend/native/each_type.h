/* One instruction set: BODY for float, then for double. */
#define REAL float
#define INT int32_t
#include "vector.h"
#include "rule.h"
#include BODY
#undef REAL
#undef INT

#define REAL double
#define INT int64_t
#include "vector.h"
#include "rule.h"
#include BODY
#undef REAL
#undef INT
