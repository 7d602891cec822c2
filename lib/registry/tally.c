/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

static_assert(RDL_IDENTITY_RPK < RDL_TALLY_MODES, "each has its place");
static_assert(RDL_KINDS == RDL_TALLY_KINDS, "it is known outside");

/* Letters that there are, in a binding's four bits each: a binding is a set of them here. */
static unsigned letters_of(rdl_binding binding)
{
	unsigned letters = 0;

	for (; binding != 0; binding >>= 4)
		letters |= 1u << ((binding & 15) - 1);
	return letters % RDL_TALLY_BINDINGS;
}

/* The letters one after the other, in the order of their numbers. */
static rdl_binding binding_of(unsigned letters)
{
	rdl_binding binding = 0;

	for (unsigned bit = 8; bit-- > 0;)
		if ((letters >> bit & 1) != 0)
			binding = binding << 4 | (bit + 1);
	return binding;
}

static unsigned mode_of(const struct rdl_registry *registry, uint32_t identity)
{
	if (RDL_LIKELY(identity == 0) || registry->identities == NULL)
		return RDL_IDENTITY_NONE;
	return rdl_identities_mode(registry->identities, identity);
}

static void add(uint32_t *count, int by)
{
	__atomic_store_n(count, *count + (uint32_t)by, __ATOMIC_RELAXED);
}

void rdl_tally_kind(struct rdl_registry *registry, const struct rdl_record *record, int by)
{
	unsigned mode = mode_of(registry, record->identity);
	unsigned minor = record->minor < RDL_TALLY_MINORS ? record->minor : RDL_TALLY_MINORS - 1;
	unsigned kind =
		(minor * RDL_TALLY_MODES + mode) * RDL_TALLY_BINDINGS + letters_of(record->binding);

	add(&registry->tally.kinds[kind], by);
}

void rdl_tally_end(struct rdl_registry *registry, const struct rdl_record *record, int by)
{
	if ((uint64_t)record->lifetime_s + registry->expiry_grace_s < RDL_TALLY_SPAN_S)
		add(&registry->tally.minutes[rdl_wheel_end(&registry->wheel, record) / 60 %
					     RDL_TALLY_MINUTES],
			by);
}

uint32_t rdl_registry_kind(
	const struct rdl_registry *registry, unsigned number, struct rdl_kind *kind)
{
	unsigned mode = number / RDL_TALLY_BINDINGS % RDL_TALLY_MODES;

	assert(number < RDL_KINDS);
	*kind = (struct rdl_kind){
		.minor = (uint8_t)(number / RDL_TALLY_BINDINGS / RDL_TALLY_MODES),
		.mode = (enum rdl_identity_mode)mode,
		.binding = binding_of(number % RDL_TALLY_BINDINGS),
	};
	return __atomic_load_n(&registry->tally.kinds[number], __ATOMIC_RELAXED);
}

void rdl_registry_ends(
	const struct rdl_registry *registry, uint64_t now_ms, uint64_t ends[RDL_ENDS_MINUTES])
{
	uint32_t minute = rdl_registry_second(registry, now_ms) / 60;

	for (unsigned i = 0; i < RDL_ENDS_MINUTES; i++)
		ends[i] +=
			__atomic_load_n(&registry->tally.minutes[(minute + i) % RDL_TALLY_MINUTES],
				__ATOMIC_RELAXED);
}
