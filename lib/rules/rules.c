/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <assert.h>
#include <stdlib.h>

struct rdl_rules *rdl_rules_create(const struct rdl_policy_config *policy,
	const struct rdl_admission_limits *limits, enum rdl_log_level log_level)
{
	struct rdl_rules *rules = calloc(1, sizeof(*rules));

	if (rules == NULL)
		return NULL;
	rules->policy = rdl_policy_create(policy);
	rules->limits = *limits;
	rules->log_level = log_level;
	if (rules->policy == NULL) {
		free(rules);
		return NULL;
	}
	return rules;
}

void rdl_rules_destroy(struct rdl_rules *rules)
{
	if (rules == NULL)
		return;
	rdl_policy_destroy(rules->policy);
	free(rules);
}

void rdl_rulebook_init(struct rdl_rulebook *book)
{
	memset(book, 0, sizeof(*book));
	pthread_mutex_init(&book->visit, NULL);
}

void rdl_rulebook_add_reader(struct rdl_rulebook *book, const uint64_t *seen)
{
	assert(book->reader_count < RDL_RULEBOOK_READERS);
	book->seen[book->reader_count++] = seen;
}

void rdl_rulebook_change(struct rdl_rulebook *book, struct rdl_rules *rules)
{
	struct rdl_rules *last = book->oldest;

	while (last != NULL && last->next != NULL)
		last = last->next;
	rules->number = last != NULL ? last->number + 1 : 1;
	if (last != NULL)
		last->next = rules;
	else
		book->oldest = rules;
	__atomic_store_n(&book->current, rules, __ATOMIC_RELEASE);
}

/* The oldest that any core may be reading by. */
static uint64_t oldest_seen(const struct rdl_rulebook *book)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned i = 0; i < book->reader_count; i++) {
		uint64_t seen = __atomic_load_n(book->seen[i], __ATOMIC_ACQUIRE);

		if (seen < oldest)
			oldest = seen;
	}
	return oldest;
}

unsigned rdl_rulebook_reclaim(struct rdl_rulebook *book)
{
	unsigned left = 0;

	if (book->oldest == NULL || book->oldest->next == NULL)
		return 0;
	uint64_t seen = oldest_seen(book);
	pthread_mutex_lock(&book->visit);
	while (book->oldest->next != NULL && book->oldest->number < seen) {
		struct rdl_rules *rules = book->oldest;

		book->oldest = rules->next;
		rdl_rules_destroy(rules);
	}
	pthread_mutex_unlock(&book->visit);
	for (const struct rdl_rules *rules = book->oldest; rules->next != NULL; rules = rules->next)
		left++;
	return left;
}

void rdl_rulebook_close(struct rdl_rulebook *book)
{
	while (book->oldest != NULL) {
		struct rdl_rules *rules = book->oldest;

		book->oldest = rules->next;
		rdl_rules_destroy(rules);
	}
	book->current = NULL;
	pthread_mutex_destroy(&book->visit);
}

const struct rdl_rules *rdl_rulebook_visit(struct rdl_rulebook *book)
{
	pthread_mutex_lock(&book->visit);
	return __atomic_load_n(&book->current, __ATOMIC_ACQUIRE);
}

void rdl_rulebook_leave(struct rdl_rulebook *book)
{
	pthread_mutex_unlock(&book->visit);
}
