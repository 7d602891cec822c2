/* SPDX-License-Identifier: BSD-3-Clause */
/* One registration as the registry has it, beside the reference's. */
#ifndef RDL_MODEL_REGISTRATION_H
#define RDL_MODEL_REGISTRATION_H

#include "model_gateway.h"

void compare_one(const struct endpoint *e, const struct rdl_registration *r);

/* By its location, as an Update finds it. */
void compare_endpoint(const struct endpoint *e);

#endif
