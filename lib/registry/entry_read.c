/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_read.h"

/* Reads what it can; what there is not, is 0, and `failed` is set. */
struct reader {
	const uint8_t *at, *end;
	bool failed;
};

static struct reader reader_of(struct rdl_span octets)
{
	return (struct reader){ octets.data, octets.data + octets.len, false };
}

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

static inline uint64_t take_number(struct reader *reader, size_t len)
{
	const uint8_t *at = take(reader, len);
	uint64_t number = 0;

	if (RDL_LIKELY(at != NULL))
		memcpy(&number, at, len);
	return number;
}

static uint8_t take_u8(struct reader *reader)
{
	return (uint8_t)take_number(reader, 1);
}

static uint16_t take_u16(struct reader *reader)
{
	return (uint16_t)take_number(reader, 2);
}

static uint32_t take_u32(struct reader *reader)
{
	return (uint32_t)take_number(reader, 4);
}

static uint64_t take_u64(struct reader *reader)
{
	return take_number(reader, 8);
}

static struct rdl_span take_span(struct reader *reader, size_t len)
{
	const uint8_t *at = take(reader, len);

	return (struct rdl_span){ at, at != NULL ? len : 0 };
}

/* All was there, and no more. */
static bool is_whole(const struct reader *reader)
{
	return !reader->failed && reader->at == reader->end;
}

static struct rdl_entry_head take_head(struct reader *reader)
{
	struct rdl_entry_head head;

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

	if (RDL_LIKELY(at != NULL))
		memcpy(peer.address + 16 - len, at, len);
	peer.port = take_u16(reader);
	return peer;
}

static struct rdl_local take_local(struct reader *reader)
{
	const uint8_t *at = take(reader, sizeof(struct rdl_local));
	struct rdl_local local = { 0 };

	if (RDL_LIKELY(at != NULL))
		memcpy(&local, at, sizeof(local));
	return local;
}

static struct rdl_entry_exchanges take_exchanges(struct reader *reader, uint8_t which)
{
	struct rdl_entry_exchanges exchanges = { .skips = which >> RDL_ENTRY_SKIPS_SHIFT };

	if ((which & RDL_ENTRY_REGISTER_EXCHANGE) != 0)
		exchanges.of_register = take_u64(reader);
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		if ((which & RDL_ENTRY_EXCHANGE(i)) == 0)
			continue;
		exchanges.other[i].exchange = take_u64(reader);
		exchanges.other[i].second = take_u32(reader);
		exchanges.other[i].generation = take_u8(reader);
		exchanges.other[i].facts = take_u8(reader) & 7;
	}
	return exchanges;
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

static bool is_identity(const struct rdl_identity *identity)
{
	return identity->octets.len > 0 &&
	       (identity->mode == RDL_IDENTITY_PSK || identity->mode == RDL_IDENTITY_X509 ||
		       identity->mode == RDL_IDENTITY_RPK);
}

/* What few registrations have; false: it cannot be. */
static bool take_rare(struct reader *reader, struct rdl_entry_registration *entry)
{
	entry->from = RDL_HANDLE_NONE;
	entry->identity = (struct rdl_identity){ RDL_IDENTITY_NONE, { NULL, 0 } };
	if (RDL_LIKELY((entry->head.flags & (RDL_ENTRY_MOVED | RDL_ENTRY_IDENTITY)) == 0))
		return true;
	if ((entry->head.flags & RDL_ENTRY_MOVED) != 0) {
		entry->from = take_u32(reader);
		if (entry->from >> 24 != entry->head.handle >> 24 ||
			entry->from == entry->head.handle)
			return false;
	}
	if ((entry->head.flags & RDL_ENTRY_IDENTITY) == 0)
		return true;
	entry->identity.mode = (enum rdl_identity_mode)take_u8(reader);
	entry->identity.octets = take_span(reader, take_u8(reader));
	return is_identity(&entry->identity);
}

bool rdl_entry_read_registration(struct rdl_span octets, struct rdl_entry_registration *entry)
{
	struct reader reader = reader_of(octets);

	entry->head = take_head(&reader);
	uint8_t minor = take_u8(&reader);
	entry->minor = minor & (uint8_t)~RDL_ENTRY_KEPT;
	entry->kept = (minor & RDL_ENTRY_KEPT) != 0;
	size_t name_len = take_u8(&reader), parameters_len = take_u16(&reader);
	entry->local = take_local(&reader);
	uint8_t which = take_u8(&reader);
	entry->binding = take_u32(&reader);
	entry->lifetime_s = take_u32(&reader);
	entry->deadline = take_u32(&reader);
	entry->registered = take_u32(&reader);
	entry->list = take_u32(&reader);
	entry->peer = take_peer(&reader, entry->head.flags);
	entry->exchanges = take_exchanges(&reader, which);
	if (!take_rare(&reader, entry))
		return false;
	entry->name = take_span(&reader, name_len);
	entry->parameters = take_span(&reader, parameters_len);
	entry->objects = (struct rdl_span){ reader.at, (size_t)(reader.end - reader.at) };
	if ((entry->head.flags & RDL_ENTRY_LIST) == 0 && entry->objects.len > 0)
		return false;
	return !reader.failed && entry->name.len > 0 && entry->name.len <= RDL_ENDPOINT_MAX &&
	       entry->list != 0 && are_parameters(entry->parameters);
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

bool rdl_entry_copy_list(
	struct rdl_span octets, uint64_t copy[RDL_STORE_BLOCK_MAX / sizeof(uint64_t)])
{
	const struct rdl_object_list *list = (const struct rdl_object_list *)copy;

	if (octets.len < sizeof(*list) || octets.len > RDL_STORE_BLOCK_MAX)
		return false;
	memcpy(copy, octets.data, octets.len);
	if (list->len != octets.len || list->root_len > RDL_ROOT_MAX ||
		list->attributes_len > RDL_ATTRIBUTES_MAX)
		return false;
	return list->len == sizeof(*list) + list->link_count * sizeof(rdl_object_link) +
				    list->version_count * sizeof(struct rdl_object_version) +
				    list->format_count * sizeof(uint16_t) + list->root_len +
				    list->attributes_len &&
	       are_attributes(rdl_object_list_attributes(list));
}

bool rdl_entry_read_renewal(struct rdl_span octets, struct rdl_entry_renewal *entry)
{
	struct reader reader = reader_of(octets);

	memset(entry, 0, sizeof(*entry));
	entry->head = take_head(&reader);
	entry->deadline = take_u32(&reader);
	if ((entry->head.flags & RDL_ENTRY_UPDATE) != 0) {
		entry->exchange = take_u64(&reader);
		entry->second = take_u32(&reader);
		entry->local = take_local(&reader);
	}
	if ((entry->head.flags & RDL_ENTRY_LIFETIME) != 0)
		entry->lifetime_s = take_u32(&reader);
	if ((entry->head.flags & RDL_ENTRY_PEER) != 0)
		entry->peer = take_peer(&reader, entry->head.flags);
	return is_whole(&reader);
}

bool rdl_entry_read_ended(struct rdl_span octets, struct rdl_entry_ended *entry)
{
	struct reader reader = reader_of(octets);

	entry->head = take_head(&reader);
	entry->second = take_u32(&reader);
	entry->exchange = take_u64(&reader);
	return is_whole(&reader);
}

bool rdl_entry_read_tombstone(struct rdl_span octets, struct rdl_entry_tombstone *entry)
{
	struct reader reader = reader_of(octets);

	entry->head = take_head(&reader);
	entry->minor = take_u8(&reader);
	entry->name_len = take_u8(&reader);
	uint8_t which = take_u8(&reader);
	entry->deadline = take_u32(&reader);
	entry->registered = take_u32(&reader);
	entry->exchanges = take_exchanges(&reader, which);
	entry->name = take_span(&reader, entry->name_len <= RDL_NAME_INLINE
						 ? entry->name_len
						 : sizeof(struct rdl_endpoint_digest));
	return is_whole(&reader) && entry->name_len > 0 && entry->name_len <= RDL_ENDPOINT_MAX;
}

bool rdl_entry_read_generations(struct rdl_span octets, struct rdl_entry_generations *entry)
{
	struct reader reader = reader_of(octets);

	entry->head = take_head(&reader);
	entry->others = (struct rdl_span){ reader.at, (size_t)(reader.end - reader.at) };
	return !reader.failed && entry->others.len % sizeof(uint32_t) == 0;
}

static struct rdl_location take_location(struct reader *reader)
{
	uint8_t facts = take_u8(reader);

	return (struct rdl_location){ .version_class = rdl_version_class(facts >> 1),
		.rooted = (facts & 1) != 0,
		.handle = take_u32(reader),
		.generation = take_u32(reader) };
}

/* What stands before the entries in it. */
static bool take_event(struct reader *reader, struct rdl_entry_event *entry)
{
	memset(entry, 0, offsetof(struct rdl_entry_event, registration));
	take(reader, 1);
	uint8_t flags = take_u8(reader);
	entry->kind = (enum rdl_change_kind)take_u8(reader);
	entry->members = take_u8(reader);
	entry->time_ms = take_u64(reader);
	entry->deadline_ms = take_u64(reader);
	entry->registered = take_u32(reader);
	entry->updated = take_u32(reader);
	entry->has_old_location = (flags & RDL_ENTRY_OLD_LOCATION) != 0;
	entry->has_old_peer = (flags & RDL_ENTRY_OLD_PEER) != 0;
	if (entry->has_old_location)
		entry->old_location = take_location(reader);
	if (entry->has_old_peer)
		entry->old_peer = take_peer(reader, flags);
	return !reader->failed && entry->kind > RDL_CHANGE_NONE &&
	       entry->kind <= RDL_CHANGE_REMOVED && entry->members < 1u << RDL_MEMBER_COUNT;
}

static bool has_ended(const struct rdl_entry_event *entry)
{
	return entry->kind >= RDL_CHANGE_DEREGISTERED;
}

struct rdl_span rdl_entry_state(struct rdl_span octets)
{
	struct rdl_entry_event entry;
	struct reader reader = reader_of(octets);

	if (RDL_LIKELY(octets.len == 0 || octets.data[0] != RDL_ENTRY_EVENT))
		return octets;
	if (!take_event(&reader, &entry))
		return (struct rdl_span){ NULL, 0 };
	size_t left = (size_t)(reader.end - reader.at);
	return take_span(&reader, has_ended(&entry) ? RDL_ENTRY_ENDED_LEN : left);
}

bool rdl_entry_read_event(struct rdl_span octets, struct rdl_entry_event *entry)
{
	struct reader reader = reader_of(octets);

	if (octets.len == 0 || octets.data[0] != RDL_ENTRY_EVENT || !take_event(&reader, entry))
		return false;
	struct rdl_span left = { reader.at, (size_t)(reader.end - reader.at) };
	entry->state = left;
	if (has_ended(entry)) {
		entry->state = take_span(&reader, RDL_ENTRY_ENDED_LEN);
		left = (struct rdl_span){ reader.at, (size_t)(reader.end - reader.at) };
	}
	return !reader.failed && left.len > 0 && left.data[0] == RDL_ENTRY_REGISTRATION &&
	       rdl_entry_read_registration(left, &entry->registration);
}

bool rdl_entry_read_sweep(struct rdl_span octets, struct rdl_entry_sweep *entry)
{
	struct reader reader = reader_of(octets);

	take(&reader, 1);
	entry->format = take_u8(&reader);
	if (reader.failed || entry->format == 0)
		return false;
	if (entry->format > RDL_ENTRY_FORMAT)
		return true;
	entry->shard = take_u16(&reader);
	entry->shards = take_u16(&reader);
	entry->epoch_ms = take_u64(&reader);
	entry->kept_until = take_u32(&reader);
	entry->floor = take_u32(&reader);
	return is_whole(&reader) && entry->shard < entry->shards && entry->shards <= RDL_PARTITIONS;
}
