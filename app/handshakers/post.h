/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * post: a handshaker's letters to its workers, those of a session in their order, and none before
 * the disk has what it tells. Its thread's alone.
 */
#ifndef RDL_HANDSHAKERS_POST_H
#define RDL_HANDSHAKERS_POST_H

#include "channel.h"
#include "letter.h"

/* For all workers together: some milliseconds of them. */
#define POST_LETTERS 2048

/* A letter that is not to leave before this position of the log is on the disk. */
struct post_waiting {
	struct rdl_dtls_letter *letter;
	uint64_t position;
};

struct post {
	struct rdl_channel *workers;
	unsigned worker_count;
	struct rdl_dtls_letter *free[POST_LETTERS];
	unsigned free_count;
	/* A ring, in the order in which they are to leave. */
	struct post_waiting waiting[POST_LETTERS];
	unsigned waiting_first, waiting_count;
};

void post_init(struct post *post, struct rdl_dtls_letter letters[POST_LETTERS],
	struct rdl_channel workers[], unsigned worker_count);

/* A letter about a session; there must be a free one. It is to be sent. */
struct rdl_dtls_letter *post_take(
	struct post *post, enum rdl_dtls_letter_kind kind, uint64_t session);
/* A worker has read it. */
void post_back(struct post *post, struct rdl_dtls_letter *letter);

/* At once, or behind those of its session that wait. */
void post_send(struct post *post, struct rdl_dtls_letter *letter);
/* Once the log is on the disk up to this position. */
void post_send_after(struct post *post, struct rdl_dtls_letter *letter, uint64_t position);
/* Sends the next one that waited for no more than what is confirmed. False: there is none. */
bool post_go_on(
	struct post *post, uint64_t confirmed, enum rdl_dtls_letter_kind *kind, uint64_t *session);

/* The letter that tells its worker of the session waits. */
bool post_opens_later(const struct post *post, uint64_t session);

#endif
