/* SPDX-License-Identifier: BSD-3-Clause */
/* A session's life from its handshake on: established, kept, moved, ended. */
#include "internal.h"

#define SEQUENCE_MAX ((UINT64_C(1) << 48) - 1)

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

void rdl_dtls_end_handle(struct rdl_dtls *dtls, uint32_t handle)
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
		rdl_dtls_end_handle(dtls, (uint32_t)session);
}

void rdl_dtls_fail(struct rdl_dtls *dtls, uint64_t session)
{
	const struct rdl_dtls_session *s = rdl_dtls_find(dtls, session);

	if (s != NULL && s->state == RDL_DTLS_HANDSHAKE)
		rdl_dtls_end_handle(dtls, (uint32_t)session);
}

static bool is_revoked(const struct rdl_dtls *dtls, uint32_t identity, uint8_t incarnation)
{
	const uint8_t *incarnations = dtls->config.incarnations;

	return incarnations != NULL &&
	       __atomic_load_n(&incarnations[identity], __ATOMIC_ACQUIRE) != incarnation;
}

void rdl_dtls_take_keys(struct rdl_dtls_session *session, const struct rdl_dtls_keys *keys)
{
	session->suite = keys->suite;
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
		rdl_dtls_end_handle(dtls, rdl_dtls_handle(dtls, before));
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
	rdl_dtls_end_handle(dtls, dtls->oldest);
	return true;
}

static void open_session(struct rdl_dtls *dtls, struct rdl_dtls_session *session,
	const struct rdl_dtls_keys *keys, uint32_t now_s)
{
	rdl_dtls_places_give(&dtls->places, session->handshake.place);
	session->hello = (uint32_t)session->handshake.hello;
	rdl_dtls_take_keys(session, keys);
	/* Keys first: others look at what is open. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	session->state = RDL_DTLS_OPEN;
	session->established = now_s & 0xffff;
	session->deadline_s = rdl_dtls_deadline(now_s, dtls->config.idle_s);
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
		rdl_dtls_end_handle(dtls, (uint32_t)name);
	dtls->config.release(dtls->config.context, keys->identity);
	return false;
}

void rdl_dtls_keep(struct rdl_dtls *dtls, uint64_t name, uint32_t seconds, uint32_t now_s)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);
	bool was, is = seconds != 0;

	if (session == NULL || session->state != RDL_DTLS_OPEN)
		return;
	was = session->registered;
	session->registered = is;
	session->restored = 0;
	session->deadline_s = rdl_dtls_deadline(now_s, is ? seconds : dtls->config.idle_s);
	if (is && !was) {
		rdl_dtls_idle_take(dtls, (uint32_t)name);
		session->registration = RDL_DTLS_NONE;
		dtls->counts.registered++;
	} else if (was && !is) {
		rdl_dtls_idle_put(dtls, (uint32_t)name);
		dtls->counts.registered--;
	}
}

static struct rdl_dtls_session *find_registered(struct rdl_dtls *dtls, uint64_t name)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	return session != NULL && session->state == RDL_DTLS_OPEN && session->registered ? session
											 : NULL;
}

void rdl_dtls_set_registration(struct rdl_dtls *dtls, uint64_t name, uint32_t registration)
{
	struct rdl_dtls_session *session = find_registered(dtls, name);

	if (session != NULL)
		session->registration = registration;
}

uint32_t rdl_dtls_registration(struct rdl_dtls *dtls, uint64_t name)
{
	const struct rdl_dtls_session *session = find_registered(dtls, name);

	return session != NULL ? session->registration : RDL_DTLS_NONE;
}

void rdl_dtls_touch(struct rdl_dtls *dtls, struct rdl_dtls_session *session, uint32_t now_s)
{
	if (session->registered)
		return;
	session->deadline_s = rdl_dtls_deadline(now_s, dtls->config.idle_s);
	if (session->newer == RDL_DTLS_NONE)
		return;
	uint32_t handle = rdl_dtls_handle(dtls, session);
	rdl_dtls_idle_take(dtls, handle);
	rdl_dtls_idle_put(dtls, handle);
}

/*
 * With a Connection ID, or it could not move: found without its address. Of such, one at most is
 * known at an address, and none beside one without: however many move to where one is, a record
 * from there costs no more.
 */
void rdl_dtls_move(struct rdl_dtls *dtls, struct rdl_dtls_session *session, uint64_t address)
{
	uint32_t handle = rdl_dtls_handle(dtls, session);
	struct rdl_dtls_session *there;

	rdl_dtls_index_take(dtls, handle);
	session->address = address;
	there = rdl_dtls_find_address(dtls, address, RDL_DTLS_OPEN);
	if (there != NULL && there->peer_cid_len == RDL_DTLS_NO_CID)
		return;
	if (there != NULL)
		rdl_dtls_index_take(dtls, rdl_dtls_handle(dtls, there));
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

const struct rdl_dtls_counts *rdl_dtls_counts(const struct rdl_dtls *dtls)
{
	return &dtls->counts;
}
