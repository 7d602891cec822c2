/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to tell of a gateway, family by family. */
#ifndef RDL_METRICS_FAMILIES_H
#define RDL_METRICS_FAMILIES_H

#include "exposition.h"
#include "metrics.h"

void families_put(struct exposition *exposition, const struct metrics_sources *from);

#endif
