/* SPDX-License-Identifier: BSD-3-Clause */
/* What an entry makes of a slot. */
#include "recovery_state.h"

#include "pace.h"

/* Reads what it can; what there is not, is 0, and `failed` is set. */
struct reader {
	const uint8_t *at, *end;
	bool failed;
};

static const uint8_t *take(struct reader *reader, size_t len)
{
	if (RDL_UNLIKELY((size_t)(reader->end - reader->at) < len)) {
		reader->failed = true;
		return NULL;
	}
	const uint8_t *at = reader->at;
	reader->at += len;
	return at;
}

static uint64_t take_number(struct reader *reader, size_t len)
{
	const uint8_t *at = take(reader, len);
	uint64_t number = 0;

	if (at != NULL)
		memcpy(&number, at, len);
	return number;
}

static uint8_t take_u8(struct reader *reader)
{
	return (uint8_t)take_number(reader, 1);
}

static uint32_t take_u32(struct reader *reader)
{
	return (uint32_t)take_number(reader, 4);
}

static struct rdl_span take_span(struct reader *reader, size_t len)
{
	const uint8_t *at = take(reader, len);

	return (struct rdl_span){ at, at != NULL ? len : 0 };
}

/* What all of them begin with. */
struct head {
	uint8_t flags;
	rdl_handle handle;
	uint32_t generation;
};

static struct head take_head(struct reader *reader)
{
	struct head head;

	take(reader, 1);
	head.flags = take_u8(reader);
	head.handle = take_u32(reader);
	head.generation = take_u32(reader);
	return head;
}

static struct rdl_peer take_peer(struct reader *reader, unsigned flags)
{
	size_t len = (flags & RDL_ENTRY_IPV4) != 0 ? 4 : 16;
	struct rdl_peer peer = { .address = { [10] = 0xff, [11] = 0xff } };
	const uint8_t *at = take(reader, len);

	if (at != NULL)
		memcpy(peer.address + 16 - len, at, len);
	peer.port = (uint16_t)take_number(reader, 2);
	return peer;
}

static struct rdl_local take_local(struct reader *reader)
{
	const uint8_t *at = take(reader, sizeof(struct rdl_local));
	struct rdl_local local = { 0 };

	if (at != NULL)
		memcpy(&local, at, sizeof(local));
	return local;
}

/* Seconds of the log's as ours. Neither of those that have no end, nor before our first. */
static uint32_t second_of_end(const struct rdl_recovery *recovery, uint32_t second)
{
	int64_t end = second + recovery->log.end_s;

	if (second == UINT32_MAX || end > UINT32_MAX)
		return UINT32_MAX;
	return end > 0 ? (uint32_t)end : 0;
}

/* These may lie before the first: they wrap. */
static uint32_t second_of_beginning(const struct rdl_recovery *recovery, uint32_t second)
{
	return (uint32_t)(second + recovery->log.begin_s);
}

struct exchanges {
	uint64_t of_register;
	struct {
		uint64_t exchange;
		uint32_t second;
		uint8_t generation, facts;
	} other[RDL_EXCHANGES];
};

static struct exchanges take_exchanges(
	const struct rdl_recovery *recovery, struct reader *reader, unsigned which)
{
	struct exchanges exchanges = { 0 };

	if ((which & RDL_ENTRY_REGISTER_EXCHANGE) != 0)
		exchanges.of_register = take_number(reader, 8);
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		if ((which & RDL_ENTRY_EXCHANGE(i)) == 0)
			continue;
		exchanges.other[i].exchange = take_number(reader, 8);
		exchanges.other[i].second = second_of_beginning(recovery, take_u32(reader));
		exchanges.other[i].generation = take_u8(reader);
		exchanges.other[i].facts = take_u8(reader) & 7;
	}
	return exchanges;
}

static void fill_exchanges(struct rdl_record *record, const struct exchanges *exchanges)
{
	record->register_exchange = exchanges->of_register;
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		record->exchange[i] = exchanges->other[i].exchange;
		record->exchange_second[i] = exchanges->other[i].second;
		record->exchange_generation[i] = exchanges->other[i].generation;
		record->exchange_facts[i] = exchanges->other[i].facts;
	}
}

/* The registry of a slot; *ours: it is of another recovery's. NULL besides: it cannot be. */
static struct rdl_registry *registry_of(
	struct rdl_recovery *recovery, const struct head *head, bool *ours)
{
	struct rdl_registry *registry = recovery->of_partition[head->handle >> 24];
	uint32_t slot = head->handle & 0xffffff;

	*ours = registry != NULL;
	if (registry == NULL)
		return NULL;
	if (head->generation == 0 || head->generation > RDL_GENERATION_MAX) {
		rdl_recovery_fail(recovery, "slot %#x has generation %u, which none can have",
			head->handle, head->generation);
		return NULL;
	}
	if (slot < registry->slab.slots)
		return registry;
	rdl_recovery_fail(recovery,
		"slot %u of partition %u was in use, and there are %u where so few registrations "
		"are to be held",
		slot, head->handle >> 24, registry->slab.slots);
	return NULL;
}

/* A registration as its entry has it. */
struct registration {
	struct head head;
	uint8_t minor;
	struct rdl_local local;
	rdl_binding binding;
	uint32_t lifetime_s, deadline, registered, list;
	struct rdl_peer peer;
	struct exchanges exchanges;
	rdl_handle from;
	struct rdl_identity identity;
	struct rdl_span name, parameters, objects;
};

static bool read_registration(
	struct rdl_recovery *recovery, struct rdl_span entry, struct registration *r)
{
	struct reader reader = { entry.data, entry.data + entry.len, false };
	uint8_t name_len, which;
	uint16_t parameters_len;

	r->head = take_head(&reader);
	r->minor = take_u8(&reader);
	name_len = take_u8(&reader);
	parameters_len = (uint16_t)take_number(&reader, 2);
	r->local = take_local(&reader);
	which = take_u8(&reader);
	r->binding = take_u32(&reader);
	r->lifetime_s = take_u32(&reader);
	r->deadline = second_of_end(recovery, take_u32(&reader));
	r->registered = second_of_beginning(recovery, take_u32(&reader));
	r->list = take_u32(&reader);
	r->peer = take_peer(&reader, r->head.flags);
	r->exchanges = take_exchanges(recovery, &reader, which);
	r->from = RDL_HANDLE_NONE;
	if ((r->head.flags & RDL_ENTRY_MOVED) != 0)
		r->from = take_u32(&reader);
	r->identity = (struct rdl_identity){ RDL_IDENTITY_NONE, { NULL, 0 } };
	if (RDL_UNLIKELY((r->head.flags & RDL_ENTRY_IDENTITY) != 0)) {
		r->identity.mode = (enum rdl_identity_mode)take_u8(&reader);
		r->identity.octets = take_span(&reader, take_u8(&reader));
	}
	r->name = take_span(&reader, name_len);
	r->parameters = take_span(&reader, parameters_len);
	r->objects = (struct rdl_span){ reader.at, (size_t)(reader.end - reader.at) };
	return !reader.failed;
}

/* Each an octet of length and so many octets. */
static bool are_parameters(struct rdl_span parameters)
{
	if (parameters.len > RDL_REGISTRY_PARAMETERS_MAX)
		return false;
	while (parameters.len > 0) {
		size_t len = (size_t)parameters.data[0] + 1;

		if (len > parameters.len)
			return false;
		parameters.data += len;
		parameters.len -= len;
	}
	return true;
}

static bool are_attributes(struct rdl_span octets)
{
	while (octets.len > 0) {
		if (octets.len < RDL_ATTRIBUTES_HEAD)
			return false;
		size_t len = RDL_ATTRIBUTES_HEAD + rdl_get_be16(octets.data + 4);
		if (len > octets.len)
			return false;
		octets.data += len;
		octets.len -= len;
	}
	return true;
}

/* An object list's parts are as long as its header says. */
static bool is_list(const struct rdl_object_list *list, size_t len)
{
	if (len < sizeof(*list) || list->len != len || list->root_len > RDL_ROOT_MAX ||
		list->attributes_len > RDL_ATTRIBUTES_MAX)
		return false;
	if (len != sizeof(*list) + list->link_count * sizeof(rdl_object_link) +
			   list->version_count * sizeof(struct rdl_object_version) +
			   list->format_count * sizeof(uint16_t) + list->root_len +
			   list->attributes_len)
		return false;
	return are_attributes(rdl_object_list_attributes(list));
}

static bool is_identity(const struct rdl_identity *identity)
{
	return identity->octets.len > 0 &&
	       (identity->mode == RDL_IDENTITY_PSK || identity->mode == RDL_IDENTITY_X509 ||
		       identity->mode == RDL_IDENTITY_RPK);
}

/* Says what is wrong with it. */
static bool check_registration(struct rdl_recovery *recovery, const struct registration *r)
{
	const char *what = NULL;
	bool brings = (r->head.flags & RDL_ENTRY_LIST) != 0;

	if (r->name.len == 0 || r->name.len > RDL_ENDPOINT_MAX)
		what = "name";
	else if (!are_parameters(r->parameters))
		what = "parameters";
	else if ((r->head.flags & RDL_ENTRY_IDENTITY) != 0 && !is_identity(&r->identity))
		what = "identity";
	else if (brings ? r->list == 0 : !rdl_recovery_has_list(recovery, r->list))
		what = "number of an object list";
	else if (!brings && r->objects.len > 0)
		what = "length";
	else if ((r->head.flags & RDL_ENTRY_MOVED) != 0 &&
		 (r->from >> 24 != r->head.handle >> 24 || r->from == r->head.handle))
		what = "former slot";
	if (what == NULL)
		return true;
	return rdl_recovery_fail(recovery, "the registration in slot %#x has a %s that cannot be",
		r->head.handle, what);
}

static struct rdl_store_claim claim_of(
	const struct rdl_registry *registry, const struct rdl_peer *peer)
{
	return (struct rdl_store_claim){ rdl_accounts_of(&registry->store.accounts, peer), true };
}

/* The list that comes with the registration gets its number. */
static bool add_list(
	struct rdl_recovery *recovery, struct rdl_registry *registry, const struct registration *r)
{
	struct rdl_store_claim claim = claim_of(registry, &r->peer);

	if (r->objects.len > sizeof(recovery->list))
		return rdl_recovery_fail(recovery, "an object list is too long");
	memcpy(recovery->list, r->objects.data, r->objects.len);
	const struct rdl_object_list *list = (const struct rdl_object_list *)recovery->list;
	if (!is_list(list, r->objects.len))
		return rdl_recovery_fail(
			recovery, "the object list of slot %#x is none", r->head.handle);
	return rdl_recovery_add_list(recovery, registry, r->list, list, &claim) ||
	       rdl_recovery_fail(recovery, "there is no room for an object list");
}

/* What a registration holds of the store, and its identity. */
struct holdings {
	uint32_t objects, extras, identity;
};

static bool take_store(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct registration *r, struct holdings *held)
{
	struct rdl_extras_want want = { .parameters = r->parameters };
	struct rdl_store_claim claim = claim_of(registry, &r->peer);

	if (r->name.len > RDL_NAME_INLINE)
		want.name = r->name;
	held->extras = RDL_STORE_NONE;
	held->objects = rdl_recovery_take_list(recovery, registry, r->list, &claim);
	if (held->objects == RDL_STORE_NONE)
		return false;
	if (RDL_LIKELY(rdl_extras_none(&want)))
		return true;
	held->extras = rdl_extras_create(&registry->store, &want, &claim);
	if (held->extras != RDL_STORE_NONE)
		return true;
	rdl_lists_release(&registry->lists, held->objects);
	return false;
}

/* Where there is no room, what is past its time gives way. */
static bool take_holdings(struct rdl_recovery *recovery, struct rdl_registry *registry,
	const struct registration *r, struct holdings *held)
{
	const struct rdl_recovery_log *log = &recovery->log;

	held->identity = 0;
	if (RDL_UNLIKELY(r->identity.mode != RDL_IDENTITY_NONE)) {
		held->identity = rdl_identities_intern(
			registry->identities, &r->identity, (struct rdl_span){ NULL, 0 });
		if (held->identity == 0)
			return rdl_recovery_fail(
				recovery, "there is no room for the identities of registrations");
	}
	if (RDL_LIKELY(take_store(recovery, registry, r, held)))
		return true;
	rdl_recovery_end_over(recovery, log->shard, log->shards,
		rdl_recovery_second(recovery, recovery->time_ms));
	if (take_store(recovery, registry, r, held))
		return true;
	rdl_registry_let_go(registry, held->identity);
	return rdl_recovery_fail(recovery,
		"there is no room for the object lists, long names and parameters of so many "
		"registrations");
}

static void fill(
	struct rdl_record *record, const struct registration *r, const struct holdings *held)
{
	size_t here = r->name.len < RDL_NAME_INLINE ? r->name.len : RDL_NAME_INLINE;

	record->generation = r->head.generation;
	record->state = RDL_RECORD_LIVE;
	record->minor = r->minor;
	record->name_len = (uint8_t)r->name.len;
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, r->name.data, here);
	record->local = r->local;
	record->peer = r->peer;
	record->identity = held->identity;
	record->binding = r->binding;
	record->lifetime_s = r->lifetime_s;
	record->deadline = r->deadline;
	record->objects = held->objects;
	record->extras = held->extras;
	record->queue = (r->head.flags & RDL_ENTRY_QUEUE) != 0;
	record->updated_previous = (r->head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0;
	record->registered_next = (r->head.flags & RDL_ENTRY_REGISTERED_NEXT) != 0;
	record->rooted = (r->head.flags & RDL_ENTRY_ROOTED) != 0;
	record->registered = r->registered;
	fill_exchanges(record, &r->exchanges);
	rdl_pace_carry(record, 0);
}

/* The slot is taken, by a registration or a tombstone that is still to be filled. */
static struct rdl_record *claim_slot(struct rdl_registry *registry, rdl_handle handle)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	if (record->state == RDL_RECORD_FREE)
		(void)rdl_slab_take(&registry->slab, handle); /* or it is used up, and was taken */
	else
		rdl_recovery_strip(registry, record);
	return record;
}

/* Also where it is not ours, a list may come with it. */
static bool apply_registration(struct rdl_recovery *recovery, struct rdl_span entry)
{
	struct registration r;
	struct holdings held;
	bool ours;

	if (!read_registration(recovery, entry, &r))
		return rdl_recovery_fail(recovery, "a registration is cut short");
	if (!check_registration(recovery, &r))
		return false;
	struct rdl_registry *registry = registry_of(recovery, &r.head, &ours);
	if (ours && registry == NULL)
		return false;
	if (RDL_UNLIKELY((r.head.flags & RDL_ENTRY_LIST) != 0) &&
		!add_list(recovery, ours ? registry : recovery->registries[0], &r))
		return false;
	if (!ours)
		return true;
	if (RDL_UNLIKELY(r.from != RDL_HANDLE_NONE) && rdl_slab_has(&registry->slab, r.from))
		rdl_recovery_free(registry, r.from, RDL_GENERATION_MAX);
	/* Nobody could prove any more to be the one whose it is. */
	if (RDL_UNLIKELY(r.identity.mode != RDL_IDENTITY_NONE && registry->identities == NULL)) {
		rdl_recovery_free(registry, r.head.handle, r.head.generation);
		return true;
	}
	if (!take_holdings(recovery, registry, &r, &held))
		return false;
	fill(claim_slot(registry, r.head.handle), &r, &held);
	return true;
}

/* A live record that an entry means; what it does not know yet will be told by the sweep. */
static struct rdl_record *live_of(
	struct rdl_recovery *recovery, struct rdl_registry *registry, const struct head *head)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, head->handle);

	if (RDL_LIKELY(record->state == RDL_RECORD_LIVE && record->generation == head->generation))
		return record;
	recovery->counts.skipped++;
	return NULL;
}

static bool apply_renewal(struct rdl_recovery *recovery, struct rdl_span entry)
{
	struct reader reader = { entry.data, entry.data + entry.len, false };
	struct head head = take_head(&reader);
	uint32_t deadline = second_of_end(recovery, take_u32(&reader));
	bool is_update = (head.flags & RDL_ENTRY_UPDATE) != 0, ours;
	struct rdl_local local = { 0 };
	struct rdl_peer peer = { 0 };
	uint32_t second = 0, lifetime_s = 0;
	uint64_t exchange = 0;

	if (is_update) {
		exchange = take_number(&reader, 8);
		second = second_of_beginning(recovery, take_u32(&reader));
		local = take_local(&reader);
	}
	if ((head.flags & RDL_ENTRY_LIFETIME) != 0)
		lifetime_s = take_u32(&reader);
	if ((head.flags & RDL_ENTRY_PEER) != 0)
		peer = take_peer(&reader, head.flags);
	if (reader.failed || reader.at != reader.end)
		return rdl_recovery_fail(recovery, "a renewal has another length than it says");
	struct rdl_registry *registry = registry_of(recovery, &head, &ours);
	if (registry == NULL)
		return !ours;
	struct rdl_record *record = live_of(recovery, registry, &head);
	if (record == NULL)
		return true;
	record->deadline = deadline;
	record->queue = (head.flags & RDL_ENTRY_QUEUE) != 0;
	record->updated_previous = (head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0;
	if ((head.flags & RDL_ENTRY_LIFETIME) != 0)
		record->lifetime_s = lifetime_s;
	if ((head.flags & RDL_ENTRY_PEER) != 0)
		record->peer = peer;
	if (is_update) {
		record->local = local;
		rdl_exchange_note(record, exchange, second);
	}
	return true;
}

static bool apply_ended(struct rdl_recovery *recovery, struct rdl_span entry)
{
	struct reader reader = { entry.data, entry.data + entry.len, false };
	struct head head = take_head(&reader);
	uint32_t second = second_of_beginning(recovery, take_u32(&reader));
	uint64_t exchange = take_number(&reader, 8);
	bool removed = (head.flags & RDL_ENTRY_REMOVED) != 0, ours;

	if (reader.failed || reader.at != reader.end)
		return rdl_recovery_fail(recovery, "the end of a registration is cut short");
	struct rdl_registry *registry = registry_of(recovery, &head, &ours);
	if (registry == NULL)
		return !ours;
	struct rdl_record *record = live_of(recovery, registry, &head);
	if (record == NULL)
		return true;
	if (!removed)
		rdl_exchange_note(record, exchange, second);
	rdl_recovery_end(registry, head.handle, second, removed);
	return true;
}

static bool apply_tombstone(struct rdl_recovery *recovery, struct rdl_span entry)
{
	struct reader reader = { entry.data, entry.data + entry.len, false };
	struct head head = take_head(&reader);
	uint8_t minor = take_u8(&reader), name_len = take_u8(&reader), which = take_u8(&reader);
	uint32_t deadline = second_of_end(recovery, take_u32(&reader));
	uint32_t registered = second_of_beginning(recovery, take_u32(&reader));
	struct exchanges exchanges = take_exchanges(recovery, &reader, which);
	bool is_long = name_len > RDL_NAME_INLINE, ours;
	size_t len = is_long ? sizeof(struct rdl_endpoint_digest) : name_len;
	struct rdl_span name = take_span(&reader, len);

	if (reader.failed || reader.at != reader.end || name_len == 0 ||
		name_len > RDL_ENDPOINT_MAX)
		return rdl_recovery_fail(recovery, "a tombstone has another length than it says");
	struct rdl_registry *registry = registry_of(recovery, &head, &ours);
	if (registry == NULL)
		return !ours;
	struct rdl_record *record = claim_slot(registry, head.handle);
	record->generation = head.generation;
	record->state = RDL_RECORD_TOMBSTONE;
	record->minor = minor;
	record->name_len = name_len;
	record->deadline = deadline;
	record->rooted = (head.flags & RDL_ENTRY_ROOTED) != 0;
	record->registered = registered;
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
	fill_exchanges(record, &exchanges);
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, name.data, name.len);
	return true;
}

static bool apply_generations(struct rdl_recovery *recovery, struct rdl_span entry)
{
	struct reader reader = { entry.data, entry.data + entry.len, false };
	struct head head = take_head(&reader);
	bool ours;

	if ((entry.len - RDL_ENTRY_HEAD) % sizeof(uint32_t) != 0)
		return rdl_recovery_fail(recovery, "generations are cut short");
	for (;;) {
		struct rdl_registry *registry = registry_of(recovery, &head, &ours);

		if (registry == NULL)
			return !ours;
		rdl_recovery_free(registry, head.handle, head.generation);
		if (reader.at == reader.end)
			return true;
		head.handle++;
		head.generation = take_u32(&reader);
	}
}

bool rdl_recovery_apply_slot(struct rdl_recovery *recovery, struct rdl_span entry)
{
	switch ((enum rdl_entry_kind)entry.data[0]) {
	case RDL_ENTRY_REGISTRATION:
		return apply_registration(recovery, entry);
	case RDL_ENTRY_RENEWAL:
		return apply_renewal(recovery, entry);
	case RDL_ENTRY_ENDED:
		return apply_ended(recovery, entry);
	case RDL_ENTRY_TOMBSTONE:
		return apply_tombstone(recovery, entry);
	case RDL_ENTRY_GENERATIONS:
	case RDL_ENTRY_SWEEP_BEGIN:
	case RDL_ENTRY_SWEEP_END:
		break;
	}
	return apply_generations(recovery, entry);
}
