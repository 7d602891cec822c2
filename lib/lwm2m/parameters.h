/* SPDX-License-Identifier: BSD-3-Clause */
/* parameters: the query of a request, as sent. */
#ifndef RDL_LWM2M_PARAMETERS_H
#define RDL_LWM2M_PARAMETERS_H

#include "base.h"

enum rdl_parameter {
	RDL_PARAMETER_EP,
	RDL_PARAMETER_LT,
	RDL_PARAMETER_LWM2M,
	RDL_PARAMETER_B,
	RDL_PARAMETER_SMS,
	RDL_PARAMETER_Q,
	RDL_PARAMETER_COUNT
};

/*
 * As many names of their own as an operator may let devices send: one more in a request is unknown,
 * or given twice. Fleets of China Telecom's have 16, 11 of them in one Register.
 */
#define RDL_OTHER_PARAMETERS_MAX 32

/*
 * Query parameters as sent, unjudged. Each Uri-Query is one `key[=value]`, split at the first `=`,
 * nothing decoded (RFC 7252 section 6.5); zero-length ones are skipped.
 */
struct rdl_parameters {
	struct rdl_span value[RDL_PARAMETER_COUNT];
	uint8_t given; /* bit per rdl_parameter */
	uint8_t valued; /* it had a `=` */
	uint8_t repeated; /* it came again: the first is kept */
	uint8_t other_count;
	bool other_overflow;
	/*
	 * Whole `key[=value]` of the rest, by rdl_parameters_other():
	 * from the first one's place in the datagram on.
	 */
	const uint8_t *others;
	uint16_t other_at[RDL_OTHER_PARAMETERS_MAX];
	uint8_t other_len[RDL_OTHER_PARAMETERS_MAX];
};

static inline struct rdl_span rdl_parameters_other(const struct rdl_parameters *p, unsigned i)
{
	return (struct rdl_span){ p->others + p->other_at[i], p->other_len[i] };
}

#endif
