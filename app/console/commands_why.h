/* SPDX-License-Identifier: BSD-3-Clause */
/* why: between the files of the command. */
#ifndef RDL_CONSOLE_COMMANDS_WHY_H
#define RDL_CONSOLE_COMMANDS_WHY_H

#include "commands.h"

/* Where its packets may come from. */
#define WHY_ADDRESSES_MAX 10

/* What is asked about, and what is found out of it on the way. */
struct why_asked {
	struct rdl_span endpoint;
	uint64_t wall_ms;
	bool registered;
	struct rdl_location location;
	unsigned address_count;
	uint8_t addresses[WHY_ADDRESSES_MAX][16];
};

void why_put_text(struct rdl_cursor *reply, const char *member, const char *text);
/* Milliseconds since 1970. */
void why_put_time(struct rdl_cursor *reply, uint64_t time_ms);

/*
 * why_handshakes.c: those that failed, by whoever may register the endpoint, or from where its
 * requests came; where there is DTLS.
 */
void why_put_handshakes(const struct console_sources *from, const struct why_asked *asked,
	struct rdl_cursor *reply);

#endif
