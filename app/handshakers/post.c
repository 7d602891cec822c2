/* SPDX-License-Identifier: BSD-3-Clause */
#include "post.h"

#include <assert.h>

#include "sessions.h"

void post_init(struct post *post, struct rdl_dtls_letter letters[POST_LETTERS],
	struct rdl_channel workers[], unsigned worker_count)
{
	post->workers = workers;
	post->worker_count = worker_count;
	for (unsigned i = 0; i < POST_LETTERS; i++)
		post->free[i] = &letters[i];
	post->free_count = POST_LETTERS;
	post->waiting_first = post->waiting_count = 0;
}

struct rdl_dtls_letter *post_take(
	struct post *post, enum rdl_dtls_letter_kind kind, uint64_t session)
{
	assert(post->free_count > 0);
	struct rdl_dtls_letter *letter = post->free[--post->free_count];

	letter->kind = (uint8_t)kind;
	letter->session = session;
	return letter;
}

void post_back(struct post *post, struct rdl_dtls_letter *letter)
{
	post->free[post->free_count++] = letter;
}

static unsigned place(const struct post *post, unsigned n)
{
	return (post->waiting_first + n) % POST_LETTERS;
}

/* A letter of this session waits. */
static bool waits(const struct post *post, uint64_t session)
{
	for (unsigned n = post->waiting_count; n-- > 0;)
		if (post->waiting[place(post, n)].letter->session == session)
			return true;
	return false;
}

bool post_opens_later(const struct post *post, uint64_t session)
{
	for (unsigned n = 0; n < post->waiting_count; n++) {
		const struct rdl_dtls_letter *letter = post->waiting[place(post, n)].letter;

		if (letter->session == session && letter->kind == RDL_LETTER_ESTABLISHED)
			return true;
	}
	return false;
}

static void send_now(struct post *post, struct rdl_dtls_letter *letter)
{
	void *message = letter;
	unsigned worker = rdl_dtls_partition(letter->session) % post->worker_count;

	rdl_channel_send(&post->workers[worker], &message, 1);
}

void post_send_after(struct post *post, struct rdl_dtls_letter *letter, uint64_t position)
{
	post->waiting[place(post, post->waiting_count++)] =
		(struct post_waiting){ letter, position };
}

void post_send(struct post *post, struct rdl_dtls_letter *letter)
{
	if (waits(post, letter->session))
		post_send_after(post, letter, 0);
	else
		send_now(post, letter);
}

bool post_go_on(
	struct post *post, uint64_t confirmed, enum rdl_dtls_letter_kind *kind, uint64_t *session)
{
	struct post_waiting first = post->waiting[post->waiting_first];

	if (post->waiting_count == 0 || first.position > confirmed)
		return false;
	post->waiting_first = place(post, 1);
	post->waiting_count--;
	/* Once sent it is its worker's. */
	*kind = (enum rdl_dtls_letter_kind)first.letter->kind;
	*session = first.letter->session;
	send_now(post, first.letter);
	return true;
}
