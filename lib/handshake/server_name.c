/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server_name (RFC 6066 section 3) that is no host name. Clients whose URI has an IPv6 address
 * say that address in it, which the RFC forbids and GnuTLS ends the handshake at, though the name
 * is of no use to anybody here: libcoap over GnuTLS and OpenSSL, Anjay over Mbed TLS. So GnuTLS
 * does not get to see that it is a host's.
 *
 * The type of the name must change after the message went into the hash of the handshake, which is
 * to be the client's, and before GnuTLS reads the extension. It shows us the message before both,
 * and between them calls nothing of ours but what writes its log.
 */
#include "handshake_internal.h"

#include <pthread.h>

#define HOST_NAME 0
#define NO_NAME 255
/* GnuTLS then says of each extension that it is going to read it, in a line that begins so. */
#define LOG_LEVEL 4
#define LOG_BEGIN "EXT["

/* The level is the process's. */
static pthread_mutex_t logging = PTHREAD_MUTEX_INITIALIZER;
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

const uint8_t *rdl_handshake_odd_name(const uint8_t *extension, unsigned len)
{
	for (unsigned at = 2; at + 3 <= len;) {
		unsigned name_len = rdl_get_be16(extension + at + 1);

		if (name_len > len - at - 3)
			return NULL;
		if (extension[at] == HOST_NAME)
			return is_host_name(extension + at + 3, name_len) ? NULL : extension + at;
		at += 3 + name_len;
	}
	return NULL;
}

static int find(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
	const gnutls_datum_t *message)
{
	struct rdl_handshake *handshake = gnutls_session_get_ptr(tls);

	(void)type;
	(void)when;
	(void)incoming;
	if (handshake->odd_name < message->size)
		type_at = message->data + handshake->odd_name;
	return 0;
}

static void hide(int level, const char *line)
{
	(void)level;
	if (type_at == NULL || strncmp(line, LOG_BEGIN, sizeof(LOG_BEGIN) - 1) != 0)
		return;
	*type_at = NO_NAME;
	type_at = NULL;
}

int rdl_handshake_go_on_unnamed(struct rdl_handshake *handshake)
{
	gnutls_handshake_set_hook_function(
		handshake->tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, find);
	(void)pthread_mutex_lock(&logging);
	gnutls_global_set_log_function(hide);
	gnutls_global_set_log_level(LOG_LEVEL);
	int error = gnutls_handshake(handshake->tls);
	gnutls_global_set_log_level(0);
	(void)pthread_mutex_unlock(&logging);
	type_at = NULL;
	gnutls_handshake_set_hook_function(
		handshake->tls, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, NULL);
	handshake->odd_name = 0;
	return error;
}
