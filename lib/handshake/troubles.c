/* SPDX-License-Identifier: BSD-3-Clause */
#include "troubles.h"

void rdl_troubles_init(struct rdl_troubles *troubles)
{
	memset(troubles, 0, sizeof(*troubles));
	pthread_mutex_init(&troubles->lock, NULL);
}

void rdl_troubles_destroy(struct rdl_troubles *troubles)
{
	pthread_mutex_destroy(&troubles->lock);
}

/* Whoever aims at a place takes no more than that. */
static unsigned place_of(const struct rdl_trouble *trouble)
{
	static const struct rdl_key key = { 1, 2 };

	if (trouble->who_len > 0)
		return (unsigned)(rdl_siphash(&key, trouble->who, trouble->who_len) % RDL_TROUBLES);
	return (unsigned)(rdl_siphash(&key, trouble->peer.address, sizeof(trouble->peer.address)) %
			  RDL_TROUBLES);
}

void rdl_troubles_add(struct rdl_troubles *troubles, const struct rdl_trouble *trouble)
{
	unsigned place = place_of(trouble);

	pthread_mutex_lock(&troubles->lock);
	troubles->all[place] = *trouble;
	pthread_mutex_unlock(&troubles->lock);
}

bool rdl_troubles_get(struct rdl_troubles *troubles, unsigned place, struct rdl_trouble *trouble)
{
	pthread_mutex_lock(&troubles->lock);
	*trouble = troubles->all[place];
	pthread_mutex_unlock(&troubles->lock);
	return trouble->time_ms != 0;
}
