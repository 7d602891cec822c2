/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_read.h"
#include "inspect.h"

/* ---- members ---- */

static void add_name(struct rdl_cursor *line, const char *name)
{
	rdl_cursor_text(line, ",\"");
	rdl_cursor_text(line, name);
	rdl_cursor_text(line, "\":");
}

static void add_number(struct rdl_cursor *line, const char *name, uint64_t value)
{
	add_name(line, name);
	rdl_cursor_decimal(line, value);
}

static void add_text(struct rdl_cursor *line, const char *name, struct rdl_span text)
{
	add_name(line, name);
	rdl_cursor_json(line, text);
}

static void add_word(struct rdl_cursor *line, const char *name, const char *word)
{
	add_text(line, name, (struct rdl_span){ (const uint8_t *)word, strlen(word) });
}

static void add_yes(struct rdl_cursor *line, const char *name)
{
	add_name(line, name);
	rdl_cursor_text(line, "true");
}

static void add_peer(struct rdl_cursor *line, const struct rdl_peer *peer)
{
	char text[RDL_ADDRESS_TEXT];

	rdl_peer_address_text(peer, text);
	add_word(line, "address", text);
	add_number(line, "port", peer->port);
}

static void add_head(struct rdl_cursor *line, const struct rdl_entry_head *head)
{
	add_number(line, "slot", head->handle);
	add_number(line, "generation", head->generation);
}

/* How long it is from when the group was written to a second of the registry's. */
static void add_left(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry, uint32_t second)
{
	uint64_t at_ms = log->epoch_ms + (uint64_t)second * 1000, now_ms = entry->stamp->run_ms;

	if (log->has_epoch)
		add_number(line, "left_s", at_ms > now_ms ? (at_ms - now_ms) / 1000 : 0);
}

/* ---- entries, by their kind ---- */

static void add_facts(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry, const struct rdl_entry_registration *registration)
{
	add_text(line, "endpoint", registration->name);
	add_number(line, "lwm2m_minor", registration->minor);
	add_number(line, "lifetime_s", registration->lifetime_s);
	uint32_t end = registration->kept && registration->deadline < log->kept_until
			       ? log->kept_until
			       : registration->deadline;
	add_left(line, log, entry, end);
	add_peer(line, &registration->peer);
	if (registration->identity.mode != RDL_IDENTITY_NONE) {
		add_word(
			line, "identity_mode", rdl_identity_mode_text(registration->identity.mode));
		add_text(line, "identity", registration->identity.octets);
	}
	add_number(line, "list", registration->list);
	if (registration->objects.len > 0)
		add_number(line, "list_octets", registration->objects.len);
	if (registration->from != RDL_HANDLE_NONE)
		add_number(line, "from_slot", registration->from);
}

static bool add_registration(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry)
{
	struct rdl_entry_registration registration;

	if (!rdl_entry_read_registration(entry->octets, &registration))
		return false;
	add_word(line, "kind", "registration");
	add_head(line, &registration.head);
	add_facts(line, log, entry, &registration);
	return true;
}

static bool add_renewal(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry)
{
	struct rdl_entry_renewal renewal;

	if (!rdl_entry_read_renewal(entry->octets, &renewal))
		return false;
	add_word(line, "kind", "renewal");
	add_head(line, &renewal.head);
	if ((renewal.head.flags & RDL_ENTRY_LIFETIME) != 0)
		add_number(line, "lifetime_s", renewal.lifetime_s);
	add_left(line, log, entry, renewal.deadline);
	if ((renewal.head.flags & RDL_ENTRY_PEER) != 0)
		add_peer(line, &renewal.peer);
	if ((renewal.head.flags & RDL_ENTRY_UPDATE) != 0)
		add_yes(line, "update");
	return true;
}

static bool add_ended(struct rdl_cursor *line, const struct rdl_journal_entry *entry)
{
	struct rdl_entry_ended ended;

	if (!rdl_entry_read_ended(entry->octets, &ended))
		return false;
	add_word(line, "kind", "ended");
	add_head(line, &ended.head);
	if ((ended.head.flags & RDL_ENTRY_REMOVED) != 0)
		add_yes(line, "removed");
	return true;
}

/* Its name is there as far as one without a registration keeps it. */
static bool add_tombstone(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry)
{
	struct rdl_entry_tombstone tombstone;

	if (!rdl_entry_read_tombstone(entry->octets, &tombstone))
		return false;
	add_word(line, "kind", "tombstone");
	add_head(line, &tombstone.head);
	if (tombstone.name_len == tombstone.name.len)
		add_text(line, "endpoint", tombstone.name);
	add_left(line, log, entry, tombstone.deadline);
	return true;
}

static bool add_session(struct rdl_cursor *line, const struct rdl_journal_entry *entry)
{
	struct rdl_entry_session session;

	if (!rdl_entry_is_session(entry->octets, &session))
		return false;
	const struct rdl_entry_head head = { 0, session.handle, session.generation };
	add_word(line, "kind", "session");
	add_head(line, &head);
	add_number(line, "records", session.read_sequence);
	if (session.seconds == 0)
		add_yes(line, "left");
	return true;
}

static bool add_generations(struct rdl_cursor *line, const struct rdl_journal_entry *entry)
{
	struct rdl_entry_generations generations;

	if (!rdl_entry_read_generations(entry->octets, &generations))
		return false;
	add_word(line, "kind", "generations");
	add_head(line, &generations.head);
	add_number(line, "slots", 1 + generations.others.len / sizeof(uint32_t));
	return true;
}

static bool add_sweep(struct rdl_cursor *line, struct inspect_log *log,
	const struct rdl_journal_entry *entry, const char *kind)
{
	struct rdl_entry_sweep sweep;

	if (!rdl_entry_read_sweep(entry->octets, &sweep) || sweep.format > RDL_ENTRY_FORMAT)
		return false;
	log->has_epoch = true;
	log->epoch_ms = sweep.epoch_ms;
	log->kept_until = sweep.kept_until;
	add_word(line, "kind", kind);
	add_number(line, "shard_of", sweep.shards);
	return true;
}

static bool add_event(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry)
{
	static const char *const changes[] = { [RDL_CHANGE_NONE] = "none",
		[RDL_CHANGE_REGISTERED] = "registered",
		[RDL_CHANGE_REPLACED] = "replaced",
		[RDL_CHANGE_UPDATED] = "updated",
		[RDL_CHANGE_RENEWED] = "renewed",
		[RDL_CHANGE_DEREGISTERED] = "de-registered",
		[RDL_CHANGE_EXPIRED] = "expired",
		[RDL_CHANGE_REMOVED] = "removed" };
	struct rdl_entry_event event;

	if (!rdl_entry_read_event(entry->octets, &event))
		return false;
	add_word(line, "kind", "event");
	add_word(line, "event", changes[event.kind]);
	add_head(line, &event.registration.head);
	add_facts(line, log, entry, &event.registration);
	return true;
}

/* The same as kept, and when. */
static void add_place(struct rdl_cursor *line, const struct inspect_log *log,
	const struct rdl_journal_entry *entry)
{
	rdl_cursor_text(line, "{\"run\":");
	rdl_cursor_decimal(line, log->run);
	add_number(line, "shard", log->shard);
	add_number(line, "position", entry->position);
	add_number(line, "time_ms", entry->stamp->wall_ms);
}

bool inspect_entry(
	struct inspect_log *log, const struct rdl_journal_entry *entry, struct rdl_cursor *line)
{
	enum rdl_entry_kind kind =
		entry->octets.len > 0 ? (enum rdl_entry_kind)entry->octets.data[0] : 0;
	bool good = false;

	add_place(line, log, entry);
	switch (kind) {
	case RDL_ENTRY_REGISTRATION:
		good = add_registration(line, log, entry);
		break;
	case RDL_ENTRY_RENEWAL:
		good = add_renewal(line, log, entry);
		break;
	case RDL_ENTRY_ENDED:
		good = add_ended(line, entry);
		break;
	case RDL_ENTRY_TOMBSTONE:
		good = add_tombstone(line, log, entry);
		break;
	case RDL_ENTRY_GENERATIONS:
		good = add_generations(line, entry);
		break;
	case RDL_ENTRY_SWEEP_BEGIN:
		good = add_sweep(line, log, entry, "sweep_begins");
		break;
	case RDL_ENTRY_SESSION:
		good = add_session(line, entry);
		break;
	case RDL_ENTRY_EVENT:
		good = add_event(line, log, entry);
		break;
	case RDL_ENTRY_SWEEP_END:
		add_word(line, "kind", "sweep_ends");
		good = true;
		break;
	case RDL_ENTRY_KINDS:
	default:
		good = (unsigned)kind >= RDL_ENTRY_OTHERS && (unsigned)kind < RDL_ENTRY_OTHERS_END;
		if (good)
			add_word(line, "kind", "sealed");
		break;
	}
	rdl_cursor_text(line, "}");
	return good && !line->failed;
}
