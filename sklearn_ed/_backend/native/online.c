/* Every variant of the online kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "online_task.h"

#define BODY "online_kernel.h"
#include "variants.h"

double online_epoch(size_t item, const online_task *task, void *parameters, int isa) {
    return item == sizeof(float) ? CALL(online_epoch, float, isa, task, parameters)
                                 : CALL(online_epoch, double, isa, task, parameters);
}
