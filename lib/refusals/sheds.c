/* SPDX-License-Identifier: BSD-3-Clause */
#include "sheds.h"

#include <assert.h>

static_assert(RDL_STAT_COUNT <= 256, "a counter's number fits an octet");

/* Handles of a row lie side by side: they are spread like digests. */
static unsigned place_of(uint64_t key)
{
	return (unsigned)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 52) % RDL_SHEDS;
}

/* While it is written it is nobody's. */
void rdl_sheds_note(struct rdl_sheds *sheds, const struct rdl_request *request, enum rdl_stat stat,
	uint64_t now_ms)
{
	uint64_t key = request->operation == RDL_OPERATION_REGISTER
			       ? rdl_sheds_key_endpoint(request->digest)
			       : rdl_sheds_key_location(request->location.handle);
	unsigned place = place_of(key);

	__atomic_store_n(&sheds->places[place].what, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&sheds->places[place].key, key, __ATOMIC_RELEASE);
	__atomic_store_n(&sheds->places[place].what, now_ms << 8 | stat, __ATOMIC_RELEASE);
}

bool rdl_sheds_find(
	const struct rdl_sheds *sheds, uint64_t key, enum rdl_stat *stat, uint64_t *time_ms)
{
	unsigned place = place_of(key);
	uint64_t what = __atomic_load_n(&sheds->places[place].what, __ATOMIC_ACQUIRE);
	uint64_t whose = __atomic_load_n(&sheds->places[place].key, __ATOMIC_ACQUIRE);

	if (whose != key || what == 0 ||
		what != __atomic_load_n(&sheds->places[place].what, __ATOMIC_ACQUIRE))
		return false;
	*stat = (enum rdl_stat)(what & 0xff);
	*time_ms = what >> 8;
	return true;
}
