/* SPDX-License-Identifier: BSD-3-Clause */
/* A session's life: begun, established, kept, moved, ended. */
#include "internal.h"

#define SEQUENCE_MAX ((UINT64_C(1) << 48) - 1)

uint64_t rdl_dtls_address(const struct rdl_dtls *dtls, const struct rdl_datagram *datagram)
{
	struct {
		struct rdl_peer peer;
		struct rdl_local local;
	} __attribute__((packed)) who = { datagram->peer, datagram->local };

	return rdl_siphash(&dtls->config.address_key, &who, sizeof(who));
}

struct rdl_dtls_session *rdl_dtls_find(struct rdl_dtls *dtls, uint64_t session)
{
	uint32_t handle = (uint32_t)session;

	if (dtls->rows[handle >> 24] == NULL || (handle & 0xffffff) >= dtls->slots)
		return NULL;
	struct rdl_dtls_session *s = rdl_dtls_at(dtls, handle);
	return s->state != RDL_DTLS_FREE && s->generation == session >> 32 ? s : NULL;
}

void rdl_dtls_prefetch(const struct rdl_dtls *dtls, uint64_t session)
{
	uint32_t handle = (uint32_t)session;

	if (dtls->rows[handle >> 24] != NULL && (handle & 0xffffff) < dtls->slots)
		RDL_PREFETCH_WRITE(rdl_dtls_at(dtls, handle));
}

/* Rows lie one behind the other. */
uint32_t rdl_dtls_handle(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session)
{
	size_t at = (size_t)(session - dtls->rows[dtls->config.worker]);
	size_t partition = dtls->config.worker + at / dtls->slots * dtls->config.workers;

	return (uint32_t)(partition << 24 | at % dtls->slots);
}

uint64_t rdl_dtls_name(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session)
{
	return (uint64_t)session->generation << 32 | rdl_dtls_handle(dtls, session);
}

unsigned rdl_dtls_worker(const struct rdl_dtls *dtls, uint64_t session)
{
	return rdl_dtls_partition(session) % dtls->config.workers;
}

unsigned rdl_dtls_handshaker(const struct rdl_dtls *dtls, uint64_t session)
{
	return (unsigned)(session & 0xffffff) % dtls->config.handshakers;
}

static void forget_open(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

	if (session->registered)
		dtls->counts.registered--;
	else
		rdl_dtls_idle_take(dtls, handle);
	dtls->open--;
	dtls->counts.open[session->suite][session->mode]--;
	dtls->config.release(dtls->config.context, session->identity);
}

static void end(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

	rdl_dtls_index_take(dtls, handle);
	if (session->state == RDL_DTLS_OPEN)
		forget_open(dtls, handle);
	else
		rdl_dtls_places_give(&dtls->places, session->handshake.place);
	rdl_dtls_slot_give(dtls, handle);
	dtls->counts.handshakes = dtls->places.used;
}

void rdl_dtls_end(struct rdl_dtls *dtls, uint64_t session)
{
	if (rdl_dtls_find(dtls, session) != NULL)
		end(dtls, (uint32_t)session);
}

void rdl_dtls_fail(struct rdl_dtls *dtls, uint64_t session)
{
	const struct rdl_dtls_session *s = rdl_dtls_find(dtls, session);

	if (s != NULL && s->state == RDL_DTLS_HANDSHAKE)
		end(dtls, (uint32_t)session);
}

static uint64_t network_of(const struct rdl_dtls *dtls, const struct rdl_peer *peer)
{
	struct rdl_span prefix = rdl_peer_prefix(peer);

	return rdl_siphash(&dtls->config.address_key, prefix.data, prefix.len);
}

/* Ends a handshake because of another, and returns its name. */
static uint64_t evict(struct rdl_dtls *dtls, uint32_t handle, uint64_t *count)
{
	uint64_t name = rdl_dtls_name(dtls, rdl_dtls_at(dtls, handle));

	end(dtls, handle);
	++*count;
	return name;
}

static uint64_t add_handshake(
	struct rdl_dtls *dtls, const struct rdl_dtls_session *what, uint64_t network)
{
	uint32_t handle = rdl_dtls_slot_take(dtls);

	/* Only where generations have been used up. */
	if (RDL_UNLIKELY(handle == RDL_DTLS_NONE))
		return 0;
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	session->state = RDL_DTLS_HANDSHAKE;
	session->address = what->address;
	session->deadline_s = what->deadline_s;
	session->handshake.hello = what->handshake.hello;
	session->handshake.place = rdl_dtls_places_take(&dtls->places, network, handle);
	rdl_dtls_index_put(dtls, handle);
	return rdl_dtls_name(dtls, session);
}

enum rdl_dtls_begin rdl_dtls_begin(struct rdl_dtls *dtls, const struct rdl_datagram *datagram,
	uint64_t hello, uint32_t now_s, uint64_t *name, uint64_t *evicted)
{
	const struct rdl_dtls_session what = {
		.address = rdl_dtls_address(dtls, datagram),
		.deadline_s = now_s + dtls->config.handshake_s,
		.handshake.hello = hello,
	};
	const struct rdl_dtls_session *other =
		rdl_dtls_find_address(dtls, what.address, RDL_DTLS_HANDSHAKE);
	uint64_t network = network_of(dtls, &datagram->peer);
	uint32_t giving_way;

	*name = *evicted = 0;
	if (other != NULL && other->handshake.hello == hello) {
		*name = rdl_dtls_name(dtls, other);
		return RDL_DTLS_GOES_ON;
	}
	if (other != NULL) {
		*evicted = evict(dtls, rdl_dtls_handle(dtls, other), &dtls->counts.replaced);
	} else if (!rdl_dtls_places_ask(&dtls->places, network, &giving_way)) {
		dtls->counts.shed++;
		return RDL_DTLS_SHED;
	} else if (giving_way != RDL_DTLS_NO_PLACE) {
		*evicted = evict(dtls, giving_way, &dtls->counts.crowded);
	}
	*name = add_handshake(dtls, &what, network);
	dtls->counts.handshakes = dtls->places.used;
	if (*name == 0) {
		dtls->counts.shed++;
		return RDL_DTLS_SHED;
	}
	dtls->counts.begun++;
	return RDL_DTLS_BEGUN;
}

static bool is_revoked(const struct rdl_dtls *dtls, uint32_t identity, uint8_t incarnation)
{
	const uint8_t *incarnations = dtls->config.incarnations;

	return incarnations != NULL &&
	       __atomic_load_n(&incarnations[identity], __ATOMIC_ACQUIRE) != incarnation;
}

static void take_keys(struct rdl_dtls_session *session, const struct rdl_dtls_keys *keys)
{
	session->suite = keys->suite & 3u;
	session->mode = keys->mode & 3u;
	session->identity = keys->identity;
	session->incarnation = keys->incarnation;
	session->plaintext_max = keys->plaintext_max;
	session->peer_cid_len = keys->peer_cid_len;
	memcpy(session->peer_cid, keys->peer_cid, sizeof(session->peer_cid));
	memcpy(session->read_key, keys->read_key, sizeof(session->read_key));
	memcpy(session->write_key, keys->write_key, sizeof(session->write_key));
	memcpy(session->read_salt, keys->read_salt, sizeof(session->read_salt));
	memcpy(session->write_salt, keys->write_salt, sizeof(session->write_salt));
	session->read_sequence = keys->read_sequence & SEQUENCE_MAX;
	session->write_sequence = keys->write_sequence & SEQUENCE_MAX;
	session->window = RDL_DTLS_WINDOW_FULL;
}

/*
 * Whoever has just proved itself at an address is who is there now. Without a Connection ID nobody
 * could tell its records from those of the one before; with one, that one may have moved away, and
 * is found without its address.
 */
static void make_way(struct rdl_dtls *dtls, uint64_t address)
{
	struct rdl_dtls_session *before = rdl_dtls_find_address(dtls, address, RDL_DTLS_OPEN);

	if (before == NULL)
		return;
	if (before->peer_cid_len == RDL_DTLS_NO_CID)
		end(dtls, rdl_dtls_handle(dtls, before));
	else
		rdl_dtls_index_take(dtls, rdl_dtls_handle(dtls, before));
}

/* True when one more may be open: where all are, the least used without a registration ends. */
static bool make_room(struct rdl_dtls *dtls)
{
	if (dtls->open < dtls->open_max)
		return true;
	dtls->counts.full++;
	if (dtls->oldest == RDL_DTLS_NONE)
		return false;
	end(dtls, dtls->oldest);
	return true;
}

static void open_session(struct rdl_dtls *dtls, struct rdl_dtls_session *session,
	const struct rdl_dtls_keys *keys, uint32_t now_s)
{
	rdl_dtls_places_give(&dtls->places, session->handshake.place);
	take_keys(session, keys);
	session->state = RDL_DTLS_OPEN;
	session->established = now_s & 0xffff;
	session->deadline_s = now_s + dtls->config.idle_s;
	rdl_dtls_idle_put(dtls, rdl_dtls_handle(dtls, session));
	dtls->open++;
	dtls->counts.open[session->suite][session->mode]++;
	dtls->counts.handshakes = dtls->places.used;
	dtls->counts.established++;
}

bool rdl_dtls_establish(
	struct rdl_dtls *dtls, uint64_t name, const struct rdl_dtls_keys *keys, uint32_t now_s)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);
	bool is_known = session != NULL && session->state == RDL_DTLS_HANDSHAKE;

	if (is_known && !is_revoked(dtls, keys->identity, keys->incarnation)) {
		make_way(dtls, session->address);
		if (make_room(dtls)) {
			open_session(dtls, session, keys, now_s);
			return true;
		}
	}
	dtls->counts.refused++;
	if (is_known)
		end(dtls, (uint32_t)name);
	dtls->config.release(dtls->config.context, keys->identity);
	return false;
}

static uint32_t after(uint32_t now_s, uint32_t seconds)
{
	return seconds < UINT32_MAX - now_s ? now_s + seconds : UINT32_MAX;
}

void rdl_dtls_keep(struct rdl_dtls *dtls, uint64_t name, uint32_t seconds, uint32_t now_s)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);
	bool was, is = seconds != 0;

	if (session == NULL || session->state != RDL_DTLS_OPEN)
		return;
	was = session->registered;
	session->registered = is;
	session->deadline_s = after(now_s, is ? seconds : dtls->config.idle_s);
	if (is && !was) {
		rdl_dtls_idle_take(dtls, (uint32_t)name);
		dtls->counts.registered++;
	} else if (was && !is) {
		rdl_dtls_idle_put(dtls, (uint32_t)name);
		dtls->counts.registered--;
	}
}

void rdl_dtls_touch(struct rdl_dtls *dtls, struct rdl_dtls_session *session, uint32_t now_s)
{
	if (session->registered)
		return;
	session->deadline_s = after(now_s, dtls->config.idle_s);
	if (session->newer == RDL_DTLS_NONE)
		return;
	uint32_t handle = rdl_dtls_handle(dtls, session);
	rdl_dtls_idle_take(dtls, handle);
	rdl_dtls_idle_put(dtls, handle);
}

void rdl_dtls_move(struct rdl_dtls *dtls, struct rdl_dtls_session *session, uint64_t address)
{
	uint32_t handle = rdl_dtls_handle(dtls, session);

	rdl_dtls_index_take(dtls, handle);
	session->address = address;
	rdl_dtls_index_put(dtls, handle);
}

bool rdl_dtls_is_over(
	const struct rdl_dtls *dtls, const struct rdl_dtls_session *session, uint32_t now_s)
{
	if (session->deadline_s != UINT32_MAX && now_s >= session->deadline_s)
		return true;
	return session->state == RDL_DTLS_OPEN &&
	       is_revoked(dtls, session->identity, session->incarnation);
}

void rdl_dtls_sweep(struct rdl_dtls *dtls, uint32_t now_s, unsigned budget)
{
	while (budget-- > 0) {
		uint32_t handle = dtls->hand;

		/* None behind it was ever used. */
		if (handle == RDL_DTLS_NONE || handle == dtls->fresh) {
			dtls->hand = (uint32_t)dtls->config.worker << 24;
			return;
		}
		dtls->hand = rdl_dtls_slot_next(dtls, handle);
		const struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
		if (session->state == RDL_DTLS_FREE || !rdl_dtls_is_over(dtls, session, now_s))
			continue;
		++*(now_s >= session->deadline_s ? &dtls->counts.expired : &dtls->counts.revoked);
		end(dtls, handle);
	}
}

const struct rdl_dtls_counts *rdl_dtls_counts(const struct rdl_dtls *dtls)
{
	return &dtls->counts;
}
