/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "internal.h"

/* Room that answers leave to gap markers and errors. */
#define HEADROOM 4096

/* Whether whoever had it has left something in it that goes on. */
static bool is_in_use(const struct share *share)
{
	return share->outstanding + share->observations > 0;
}

/* Of two that are nobody's: one with what this user has left, or else the emptier one. */
static bool is_better(const struct share *share, const struct share *than, uid_t user)
{
	bool own = share->user == user && is_in_use(share);
	bool other = than->user == user && is_in_use(than);

	if (own != other)
		return own;
	return share->outstanding + share->observations < than->outstanding + than->observations;
}

/* There are as many as clients. */
static struct share *free_share(struct callers *callers, uid_t user)
{
	struct share *best = NULL;

	for (unsigned i = 0; i + 1 < callers->share_count; i++) {
		struct share *share = &callers->shares[i];

		if (share->caller == NULL && (best == NULL || is_better(share, best, user)))
			best = share;
	}
	assert(best != NULL);
	return best;
}

static uid_t user_of(int fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.uid;
}

struct caller *caller_of(struct callers *callers, struct rdl_lines_client *client)
{
	struct caller *caller = client->state;

	if (caller != NULL)
		return caller;
	caller = calloc(1, sizeof(*caller));
	if (caller == NULL) {
		rdl_lines_refuse(client, "no memory");
		return NULL;
	}
	caller->client = client;
	uid_t user = user_of(client->fd);
	caller->share = free_share(callers, user);
	/* What another user has left in it still counts as that one's. */
	if (!is_in_use(caller->share))
		caller->share->user = user;
	caller->share->caller = caller;
	caller->allowed = allow_for(callers, client->fd);
	client->state = caller;
	/* It may say nothing for as long as it likes. */
	client->keeps = true;
	return caller;
}

/* What he has begun goes on, and nobody is told. */
void caller_leaves(struct rdl_lines_client *client)
{
	struct caller *caller = client->state;

	if (caller == NULL)
		return;
	for (struct call *call = caller->share->calls; call != NULL; call = call->next)
		if (call->caller == caller)
			call->caller = NULL;
	caller->share->caller = NULL;
	client->state = NULL;
	free(caller);
}

void caller_tell(struct callers *callers, struct caller *caller, const void *line, size_t len)
{
	struct rdl_lines_client *client = caller->client;

	if (caller->lost == 0 && rdl_outbox_left(&client->out) < len + HEADROOM && !client->waits)
		rdl_lines_send(client);
	if (caller->lost > 0 || rdl_outbox_left(&client->out) < len + HEADROOM ||
		!rdl_lines_put(client, line, len)) {
		caller->lost++;
		callers_count(&callers->counts.lost, 1);
	}
}

void caller_catch_up(struct caller *caller)
{
	struct rdl_lines_client *client = caller->client;
	char line[64];

	/* Who says nothing more stays for the answers. */
	client->keeps = caller->awaits > 0 || !client->ended;
	if (caller->lost == 0 || rdl_outbox_left(&client->out) < client->out.room / 2)
		return;
	int len = snprintf(line, sizeof(line), "{\"state\":\"gap\",\"lost\":%llu}\n",
		(unsigned long long)caller->lost);

	/* Half of the buffer is room. */
	if (rdl_lines_put(client, line, (size_t)len))
		caller->lost = 0;
}
