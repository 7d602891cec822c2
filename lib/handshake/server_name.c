/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server_name (RFC 6066 section 3) that names no host. Clients whose URI has an IPv6 address say
 * that address in it, which the RFC forbids: libcoap over GnuTLS and OpenSSL, Anjay over Mbed TLS.
 * Zephyr, told no name, says an empty one. GnuTLS ends the handshake at these, though the name is
 * of no use to anybody here. So GnuTLS does not get to see that the extension is one.
 *
 * The type of the extension must change after the message went into the hash of the handshake,
 * which is to be the client's, and before GnuTLS reads the extensions. It shows us the message
 * before both, and between them calls nothing of ours but what writes its log.
 */
#include "handshake_internal.h"

#include <pthread.h>

#define HOST_NAME 0
/* One of the types that RFC 8701 keeps for nobody: GnuTLS ignores what it does not know. */
#define NO_EXTENSION 0x0a0a
/* GnuTLS then says what the Hello has in it, in lines that begin so. */
#define LOG_LEVEL 4
#define LOG_BEGIN "HSK["

/* The level is the process's: it is up while any thread needs it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
/* In the message that this thread's GnuTLS is about to read. */
static _Thread_local uint8_t *type_at;

static bool is_host_name(const uint8_t *name, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		uint8_t small = name[i] | 0x20;

		if (name[i] != '-' && name[i] != '.' && !(name[i] >= '0' && name[i] <= '9') &&
			!(small >= 'a' && small <= 'z'))
			return false;
	}
	return true;
}

bool rdl_handshake_names_host(const uint8_t *extension, unsigned len)
{
	if (len < 2 || rdl_get_be16(extension) == 0 || rdl_get_be16(extension) != len - 2u)
		return false;
	for (unsigned at = 2; at < len;) {
		unsigned name_len = len - at < 3 ? 0 : rdl_get_be16(extension + at + 1);

		if (name_len == 0 || name_len > len - at - 3)
			return false;
		if (extension[at] == HOST_NAME)
			return is_host_name(extension + at + 3, name_len);
		at += 3 + name_len;
	}
	return true;
}

/* GnuTLS has put the message together, however many records it came in. */
static int find(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
	const gnutls_datum_t *message)
{
	struct rdl_handshake *handshake = gnutls_session_get_ptr(tls);

	(void)type;
	(void)when;
	(void)incoming;
	if (handshake->odd_name + 2u <= message->size)
		type_at = message->data + handshake->odd_name;
	handshake->odd_name = 0;
	return 0;
}

static void hide(int level, const char *line)
{
	(void)level;
	if (type_at == NULL || strncmp(line, LOG_BEGIN, sizeof(LOG_BEGIN) - 1) != 0)
		return;
	rdl_put_be16(type_at, NO_EXTENSION);
	type_at = NULL;
}

static void begin_log(void)
{
	(void)pthread_mutex_lock(&lock);
	if (users++ == 0) {
		gnutls_global_set_log_function(hide);
		gnutls_global_set_log_level(LOG_LEVEL);
	}
	(void)pthread_mutex_unlock(&lock);
}

static void end_log(void)
{
	(void)pthread_mutex_lock(&lock);
	if (--users == 0)
		gnutls_global_set_log_level(0);
	(void)pthread_mutex_unlock(&lock);
}

int rdl_handshake_go_on_unnamed(struct rdl_handshake *handshake)
{
	gnutls_handshake_set_hook_function(
		handshake->tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, find);
	begin_log();
	int error = gnutls_handshake(handshake->tls);
	end_log();
	type_at = NULL;
	gnutls_handshake_set_hook_function(
		handshake->tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, NULL);
	return error;
}
