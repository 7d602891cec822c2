/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * credentials: who devices prove to be, and which endpoints they may register then. A folder with
 * an LMDB database, which one process at a time writes (writing.h) and any number read meanwhile:
 * what is read is always the whole of one commit. A thread looks up through a reader of its own.
 * No polling core comes here: pages may have to come from a disk.
 *
 * Where there is a key file, whoever has not got it can neither read a key nor make a credential.
 */
#ifndef RDL_CREDENTIALS_H
#define RDL_CREDENTIALS_H

#include "endpoint.h"

/* Of a pre-shared key's identity, any octets. */
#define RDL_CREDENTIALS_IDENTITY_MAX 255
/* What psktool makes at most; GnuTLS takes any. */
#define RDL_CREDENTIALS_KEY_MAX 512
#define RDL_CREDENTIALS_DIGEST_LEN 32
/* Octets of a credential's names, an octet more for each. */
#define RDL_CREDENTIALS_NAMES_MAX 4096
#define RDL_CREDENTIALS_PROBLEM_MAX 512

enum rdl_credentials_mode {
	RDL_CREDENTIALS_PSK,
	/* A raw public key (RFC 7250). */
	RDL_CREDENTIALS_RPK,
};

struct rdl_credentials_identity {
	enum rdl_credentials_mode mode;
	/* PSK: the identity; RPK: the SHA-256 of its SubjectPublicKeyInfo. */
	struct rdl_span octets;
};

struct rdl_credential {
	/* 0: an RPK, whose key is public. */
	uint16_t key_len;
	uint16_t names_len;
	uint8_t key[RDL_CREDENTIALS_KEY_MAX];
	/* Endpoint names and patterns; see rdl_credentials_next_name(). */
	uint8_t names[RDL_CREDENTIALS_NAMES_MAX];
};

enum rdl_credentials_result {
	RDL_CREDENTIALS_OK,
	/* No such identity, or nothing new. */
	RDL_CREDENTIALS_NONE,
	/* More changed than is remembered: walk, and begin anew. */
	RDL_CREDENTIALS_GAP,
	RDL_CREDENTIALS_FAILED,
};

struct rdl_credentials_config {
	const char *directory;
	/* 32 octets, for nobody but its owner; NULL: keys lie in the database as they are. */
	const char *key_file;
	bool write;
	/* To write, and where there is none, the directory and what is in it are made. */
	bool make;
	/* Octets of address space of a new one; 0: the default. It grows as it must. */
	size_t map_len;
};

struct rdl_credentials;
struct rdl_credentials_reader;

/*
 * NULL, and the problem in words. Never twice in one process: LMDB's lock is a file's, and the
 * first close would end it.
 */
struct rdl_credentials *rdl_credentials_open(const struct rdl_credentials_config *config,
	char problem[RDL_CREDENTIALS_PROBLEM_MAX]) __attribute__((warn_unused_result));
/* NULL is fine. Its readers have been destroyed before. */
void rdl_credentials_close(struct rdl_credentials *credentials);
/* Forgets readers of processes that died, which would keep old pages: at least hourly. */
void rdl_credentials_reap(struct rdl_credentials *credentials);

/* For one thread; NULL when there is no memory, or the 126 that LMDB has are taken. */
struct rdl_credentials_reader *rdl_credentials_reader_create(struct rdl_credentials *credentials)
	__attribute__((warn_unused_result));
void rdl_credentials_reader_destroy(struct rdl_credentials_reader *reader);

/*
 * Fills in *credential, which is the caller's to wipe. NONE: nobody of that identity, which may
 * have any length. FAILED: the database does not answer, or the record is none of ours.
 */
enum rdl_credentials_result rdl_credentials_look_up(struct rdl_credentials_reader *reader,
	struct rdl_credentials_identity identity, struct rdl_credential *credential)
	__attribute__((warn_unused_result));
void rdl_credentials_wipe(struct rdl_credential *credential);

/*
 * May whoever proved this identity, which has these names, register this endpoint? Without names:
 * the one that equals its identity, octet by octet. A name with '*' or '?' is a pattern
 * (rdl_glob_match()).
 */
bool rdl_credentials_permit(
	struct rdl_credentials_identity identity, struct rdl_span names, struct rdl_span endpoint);
/* The first of *names, which lose it; false: there is none left. */
bool rdl_credentials_next_name(struct rdl_span *names, struct rdl_span *name);

typedef void (*rdl_credentials_walk_fn)(
	void *context, struct rdl_credentials_identity identity, struct rdl_span names);

/*
 * Tells of each credential of that mode whose identity begins so, in the order of octets, all as of
 * one commit, whose number goes into *position. Whoever else must follow a map that grew waits
 * until it is over.
 */
enum rdl_credentials_result rdl_credentials_walk(struct rdl_credentials_reader *reader,
	struct rdl_credentials_identity prefix, rdl_credentials_walk_fn tell, void *context,
	uint64_t *position) __attribute__((warn_unused_result));

/* One identity that was added, removed, or given another key or other names. */
struct rdl_credentials_change {
	struct rdl_credentials_identity identity;
	/* It was there, it is there. */
	bool before, after;
	struct rdl_span names_before, names_after;
};
typedef void (*rdl_credentials_change_fn)(
	void *context, const struct rdl_credentials_change *change);

/* How many changes the database remembers. */
#define RDL_CREDENTIALS_CHANGES 65536

/*
 * Tells of what changed after *position, in its order, and moves *position behind it, by one for
 * each change. NONE: nothing did, which takes a microsecond to find out. GAP: too much. FAILED: it
 * does not answer, or no more than was told. After both *position is where it was.
 */
enum rdl_credentials_result rdl_credentials_changes(struct rdl_credentials_reader *reader,
	uint64_t *position, rdl_credentials_change_fn tell, void *context)
	__attribute__((warn_unused_result));

/*
 * The SHA-256 of the public key that a PEM text holds, as a device would send it; false: it holds
 * none.
 */
bool rdl_credentials_digest_pem(struct rdl_span pem, uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN]);

#endif
