/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests with one fault, and messages that are no requests
 * to the registration interface; what each is answered.
 */
#ifndef RDL_MODEL_REFUSALS_H
#define RDL_MODEL_REFUSALS_H

#include "coap.h"
#include "model_base.h"
#include "stats.h"

#define OBJECTS "</1/0>,</3/0>"
#define LINK_FORMAT 40

struct refusal {
	const char *queries; /* beside ep, a space between them */
	const char *payload; /* NULL: what it is made of otherwise */
	unsigned option; /* one more, 0: none */
	uint8_t content_format;
	uint8_t code;
	bool nameless; /* without ep */
	const char *text;
};

/* Others that the pipeline gives its reasons for. */
extern const struct refusal no_location;
extern const struct refusal not_of_identity;
extern const struct refusal not_in_clear;
extern const struct refusal anothers;
extern const struct refusal no_method;
extern const struct refusal block_size;
extern const struct refusal block_length;
extern const struct refusal block_gap;
extern const struct refusal block_too_large;

const struct refusal *some_register_refusal(void);
const struct refusal *some_update_refusal(void);

/* Those of the first rows, whose fault is in a parameter. */
const struct refusal *some_parameter_refusal(bool update);

void register_refused(const struct refusal *refusal);
void update_refused(const struct refusal *refusal);

/*
 * A message in words (line.h), or in hex behind '#';
 * its answer: RESET, a code with text, or silence of a name.
 */
struct alien {
	const char *line;
	uint8_t code;
	const char *text;
	enum rdl_stat silence;
};

#define RESET 0xff

const struct alien *some_alien(void);
void alien_seen(const struct alien *alien);

/* Each of them occurred. */
void check_refusals(void);

#endif
