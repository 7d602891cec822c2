/* SPDX-License-Identifier: BSD-3-Clause */
/* All locations that were ever given: none comes twice. */
#ifndef RDL_MODEL_IDS_H
#define RDL_MODEL_IDS_H

#include "model_base.h"

/* False when it was given before. */
bool id_is_new(const char *id);

size_t ids_count(void);
void ids_end(void);

#endif
