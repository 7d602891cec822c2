/* SPDX-License-Identifier: BSD-3-Clause */
/* What Register, Update and De-register change of the reference, and which of them find no room. */
#ifndef RDL_MODEL_CHANGES_H
#define RDL_MODEL_CHANGES_H

#include "model_records.h"

void restart_lifetime(struct endpoint *e);

void perform_register(struct endpoint *e, struct sent *q, const struct place *place);
void perform_update(struct endpoint *e, struct sent *q);
void perform_deregister(struct endpoint *e, struct sent *q);

/* Nothing came of it, as far as anybody is told. */
void shed_register(struct endpoint *e);
void shed_update(const struct endpoint *e, const struct sent *q);

#endif
