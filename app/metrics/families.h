/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to tell of a gateway, family by family. */
#ifndef RDL_METRICS_FAMILIES_H
#define RDL_METRICS_FAMILIES_H

#include "exposition.h"
#include "metrics.h"

#define LABELS(...)                       \
	(const struct exposition_label[]) \
	{                                 \
		__VA_ARGS__,              \
		{                         \
			NULL, NULL        \
		}                         \
	}

/* A family whose value is a member of a struct of figures, 64 bits at this offset. */
struct families_row {
	const char *name, *help;
	enum exposition_type type;
	size_t offset;
};

void families_put(struct exposition *exposition, const struct metrics_sources *from);

/*
 * Parts of it: of cores; of registrations; of DTLS, of requests to devices, of durable events, and
 * of sockets, where there are.
 */
void families_put_cores(struct exposition *exposition, const struct watched *watched);
void families_put_registrations(struct exposition *exposition, const struct watched *watched);
void families_put_secure(struct exposition *exposition, const struct watched *watched);
void families_put_requests(struct exposition *exposition, const struct watched *watched);
void families_put_events(struct exposition *exposition, struct recall *recall);
void families_put_sockets(struct exposition *exposition, const struct metrics_sources *from);

#endif
