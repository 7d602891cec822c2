/* SPDX-License-Identifier: BSD-3-Clause */
#include "waiting.h"

#include "coap.h"

#include <assert.h>

struct rdl_waiting_answer {
	struct rdl_request *request;
	uint64_t position;
	unsigned worker;
};

/* Places of the last changes for each answer: of what waits at once, few share one. */
#define PLACES 2

static unsigned log2_of(unsigned answers)
{
	unsigned log2 = 4;

	while (1u << log2 < answers)
		log2++;
	return log2;
}

size_t rdl_waiting_memory(unsigned workers, unsigned requests)
{
	size_t each = sizeof(struct rdl_waiting_answer) + PLACES * sizeof(uint64_t);

	return (each << log2_of(workers * requests)) + workers * sizeof(uint32_t);
}

void rdl_waiting_init(
	struct rdl_waiting *waiting, void *memory, unsigned workers, unsigned requests)
{
	unsigned log2 = log2_of(workers * requests);

	*waiting = (struct rdl_waiting){
		.answers = memory,
		.mask = (1u << log2) - 1,
		.last = (uint64_t *)((struct rdl_waiting_answer *)memory + (1u << log2)),
		.last_shift = 32 - log2 - (unsigned)__builtin_ctz(PLACES),
		.under_way = requests,
	};
	waiting->counts = (uint32_t *)(waiting->last + (PLACES << log2));
}

static uint64_t *last_of(const struct rdl_waiting *waiting, rdl_handle handle)
{
	return &waiting->last[handle * UINT32_C(0x9e3779b1) >> waiting->last_shift];
}

void rdl_waiting_note(struct rdl_waiting *waiting, rdl_handle handle, uint64_t position)
{
	*last_of(waiting, handle) = position;
}

uint64_t rdl_waiting_last(const struct rdl_waiting *waiting, rdl_handle handle)
{
	return *last_of(waiting, handle);
}

/* Other refusals are as true before a change as behind it, and what is shed says nothing. */
static bool tells_of_changes(const struct rdl_request *request)
{
	return request->code == RDL_COAP_CREATED || request->code == RDL_COAP_CHANGED ||
	       request->code == RDL_COAP_DELETED || request->reason == RDL_REASON_location;
}

uint64_t rdl_waiting_for(const struct rdl_waiting *waiting, const struct rdl_request *request)
{
	if (!tells_of_changes(request))
		return 0;
	uint64_t position = *last_of(waiting, request->location.handle);
	return position > waiting->released ? position : 0;
}

void rdl_waiting_put(struct rdl_waiting *waiting, struct rdl_request *request, uint64_t position,
	unsigned worker)
{
	assert(waiting->end - waiting->first <= waiting->mask);
	waiting->answers[waiting->end++ & waiting->mask] =
		(struct rdl_waiting_answer){ request, position, worker };
	waiting->counts[worker]++;
}

unsigned rdl_waiting_take(struct rdl_waiting *waiting, unsigned *worker,
	struct rdl_request *requests[], unsigned most)
{
	unsigned n = 0;

	for (; n < most && waiting->first != waiting->end; n++) {
		const struct rdl_waiting_answer *answer =
			&waiting->answers[waiting->first & waiting->mask];

		if (answer->position > waiting->released && !waiting->given_up)
			break;
		if (n > 0 && answer->worker != *worker)
			break;
		*worker = answer->worker;
		requests[n] = answer->request;
		waiting->counts[answer->worker]--;
		waiting->first++;
	}
	return n;
}

uint64_t rdl_waiting_taken(const struct rdl_waiting *waiting)
{
	if (waiting->first == waiting->end)
		return waiting->released;
	uint64_t position = waiting->answers[waiting->first & waiting->mask].position;
	return position <= waiting->released ? position - 1 : waiting->released;
}
