/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices' DTLS, GnuTLS's as it is: what it sends and receives goes over the one socket. */
#include "load.h"

#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITES "NONE:+VERS-DTLS1.2:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+GROUP-ALL:+COMP-NULL"
#define GIVE_UP_MS 60000
/* GnuTLS takes a record at a time: of a datagram there are not so many. */
#define CALLS_MAX 64

struct device {
	struct load_secure *secure;
	uint32_t endpoint;
	gnutls_session_t tls; /* NULL: no handshake has begun */
	bool open; /* it is finished */
};

struct load_secure {
	const struct load *load;
	struct load_wire *wire;
	gnutls_datum_t key;
	struct rdl_span in; /* a datagram, until it has been read */
	bool wants_more; /* GnuTLS has asked for a datagram when there was none */
	uint8_t opened[LOAD_MESSAGE_MAX];
	struct device devices[];
};

static ssize_t push(gnutls_transport_ptr_t pointer, const void *octets, size_t len)
{
	struct device *device = pointer;
	struct load_secure *secure = device->secure;

	if (len > LOAD_MESSAGE_MAX) {
		gnutls_transport_set_errno(device->tls, EMSGSIZE);
		return -1;
	}
	memcpy(load_wire_message(secure->wire, load_source(secure->load, device->endpoint)), octets,
		len);
	load_wire_add(secure->wire, len);
	return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *octets, size_t room)
{
	struct device *device = pointer;
	struct rdl_span in = device->secure->in;

	if (in.len == 0) {
		device->secure->wants_more = true;
		gnutls_transport_set_errno(device->tls, EAGAIN);
		return -1;
	}
	device->secure->in.len = 0;
	memcpy(octets, in.data, in.len < room ? in.len : room);
	return (ssize_t)in.len;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
	struct load_secure *secure = ((struct device *)pointer)->secure;

	(void)ms;
	secure->wants_more = secure->in.len == 0;
	return secure->in.len > 0;
}

static void start(struct load_secure *secure, struct device *device)
{
	char name[LOAD_NAME_LEN + 1];
	gnutls_psk_client_credentials_t credentials;
	int bad = gnutls_init(&device->tls, GNUTLS_CLIENT | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK);

	load_name(device->endpoint, name);
	bad |= gnutls_priority_set_direct(device->tls, SUITES, NULL);
	bad |= gnutls_psk_allocate_client_credentials(&credentials);
	bad |= gnutls_psk_set_client_credentials(
		credentials, name, &secure->key, GNUTLS_PSK_KEY_RAW);
	bad |= gnutls_credentials_set(device->tls, GNUTLS_CRD_PSK, credentials);
	if (bad != 0) {
		fprintf(stderr, "load: no DTLS session for endpoint %u\n", device->endpoint);
		exit(1);
	}
	gnutls_dtls_set_timeouts(device->tls, secure->load->ack_timeout_ms, GIVE_UP_MS);
	gnutls_dtls_set_mtu(device->tls, LOAD_MESSAGE_MAX);
	gnutls_transport_set_ptr(device->tls, device);
	gnutls_transport_set_push_function(device->tls, push);
	gnutls_transport_set_pull_function(device->tls, pull);
	gnutls_transport_set_pull_timeout_function(device->tls, pull_timeout);
}

struct load_secure *load_secure_create(
	const struct load *load, struct load_wire *wire, struct rdl_span key)
{
	struct load_secure *secure =
		calloc(1, sizeof(*secure) + load->count * sizeof(secure->devices[0]));

	if (secure == NULL) {
		fprintf(stderr, "load: out of memory\n");
		return NULL;
	}
	secure->load = load;
	secure->wire = wire;
	secure->key = (gnutls_datum_t){ (uint8_t *)(uintptr_t)key.data, (unsigned)key.len };
	for (uint32_t i = 0; i < load->count; i++)
		secure->devices[i] = (struct device){ .secure = secure, .endpoint = i };
	return secure;
}

void load_secure_destroy(struct load_secure *secure)
{
	if (secure == NULL)
		return;
	for (uint32_t i = 0; i < secure->load->count; i++) {
		gnutls_psk_client_credentials_t credentials = NULL;
		gnutls_session_t tls = secure->devices[i].tls;

		if (tls == NULL)
			continue;
		if (gnutls_credentials_get(tls, GNUTLS_CRD_PSK, (void **)&credentials) == 0)
			gnutls_psk_free_client_credentials(credentials);
		gnutls_deinit(tls);
	}
	free(secure);
}

/* Until all that has come is read, also records that are none of the next flight. */
static enum load_verdict step(struct device *device, const char **why)
{
	struct load_secure *secure = device->secure;
	int result, calls = 0;

	do {
		secure->wants_more = false;
		result = gnutls_handshake(device->tls);
	} while (result == GNUTLS_E_AGAIN && !secure->wants_more && ++calls < CALLS_MAX);
	secure->in.len = 0;
	device->open = result == 0;
	*why = gnutls_strerror(result);
	if (result == 0)
		return LOAD_ANSWER;
	if (result == GNUTLS_E_TIMEDOUT)
		return LOAD_LOST;
	return gnutls_error_is_fatal(result) ? LOAD_WRONG_REQUEST : LOAD_NOTHING;
}

enum load_verdict load_secure_shake(struct load_secure *secure, uint32_t endpoint, const char **why)
{
	struct device *device = &secure->devices[endpoint];

	if (device->tls == NULL)
		start(secure, device);
	return step(device, why);
}

uint32_t load_secure_wait_ms(const struct load_secure *secure, uint32_t endpoint)
{
	uint32_t wait_ms = gnutls_dtls_get_timeout(secure->devices[endpoint].tls);

	/* Part of an answer has come: the server is to say the rest again. */
	return wait_ms > 0 ? wait_ms : secure->load->ack_timeout_ms;
}

/* The device that a datagram came to, which is there to be read; NULL: none has a session there. */
static struct device *receive(struct load_secure *secure, const struct load_datagram *datagram)
{
	uint32_t endpoint = datagram->to - secure->load->from;

	if (endpoint >= secure->load->count || secure->devices[endpoint].tls == NULL)
		return NULL;
	secure->in = datagram->octets;
	return &secure->devices[endpoint];
}

enum load_verdict load_secure_shaken(struct load_secure *secure,
	const struct load_datagram *datagram, uint32_t *endpoint, const char **why)
{
	struct device *device = receive(secure, datagram);

	if (device == NULL)
		return LOAD_NOTHING;
	*endpoint = device->endpoint;
	/* Its last flight may come a second time. */
	if (!secure->load->endpoints[*endpoint].waiting)
		return LOAD_LATE;
	return step(device, why);
}

bool load_secure_is_open(const struct load_secure *secure, uint32_t endpoint)
{
	return secure->devices[endpoint].open;
}

void load_secure_send(struct load_secure *secure, uint32_t endpoint, struct rdl_span message)
{
	if (gnutls_record_send(secure->devices[endpoint].tls, message.data, message.len) < 0) {
		fprintf(stderr, "load: endpoint %u: a record cannot be sent\n", endpoint);
		exit(1);
	}
}

struct rdl_span load_secure_open(struct load_secure *secure, const struct load_datagram *datagram)
{
	struct device *device = receive(secure, datagram);
	ssize_t len = 0;

	if (device != NULL)
		len = gnutls_record_recv(device->tls, secure->opened, sizeof(secure->opened));
	secure->in.len = 0;
	return (struct rdl_span){ secure->opened, len > 0 ? (size_t)len : 0 };
}
