/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint: the name of a device, and what it is found by. */
#ifndef RDL_LWM2M_ENDPOINT_H
#define RDL_LWM2M_ENDPOINT_H

#include "base.h"

#define RDL_ENDPOINT_MAX 252 /* a Uri-Query holds 255 octets, `ep=` takes three */

/* Octets of a name that a request, or a registration, holds itself. */
#define RDL_NAME_INLINE 24

/* The 128-bit keyed digest of an endpoint name: its key in the index, its partition. */
struct rdl_endpoint_digest {
	uint64_t word[2];
};
static inline unsigned rdl_endpoint_partition(struct rdl_endpoint_digest digest)
{
	return (unsigned)(digest.word[1] >> 56);
}

#endif
