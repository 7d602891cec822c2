/* SPDX-License-Identifier: BSD-3-Clause */
/* main: options, and lines of standard input. */
#include "device.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] =
	"usage: device [option...]      a LwM2M device, told by lines what to do\n"
	"  --to ADDRESS            the server (192.0.2.1), at the port of CoAP or of DTLS\n"
	"  --endpoint NAME         (device)\n"
	"  --identity NAME         by DTLS, with this PSK identity\n"
	"  --key TEXT              and this key (secret)\n"
	"  --lifetime S            (300)\n"
	"  --version V             of LwM2M (1.1)\n"
	"  --binding B             (none)\n"
	"  --query TEXT            one more parameter of the Register; may be said again\n"
	"  --root PATH             the alternate path (none)\n"
	"  --objects LIST          of the Register (a list of what there is)\n"
	"lines: register; update [QUERY...]; deregister; send TEXT; set PATH TEXT; fill PATH "
	"OCTETS;\n"
	"  delay PATH MS (-1: an ACK, and nothing more); sleep (hears nothing); wake; move (to a "
	"new\n"
	"  port, and session); quit\n";

#define FDS 64

void device_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

/* What came while it slept is lost. libcoap's sockets are among the first descriptors. */
static void lose_datagrams(void)
{
	char octets[2048];
	int type;

	for (int fd = 3; fd < FDS; fd++) {
		socklen_t len = sizeof(type);

		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM)
			while (recv(fd, octets, sizeof(octets), MSG_DONTWAIT) >= 0)
				;
	}
}

/* Octets that tell their places: as long as they must be. */
static void fill(struct device *device, const char *path, size_t len)
{
	uint8_t *octets = malloc(len + 1);

	if (octets == NULL)
		abort();
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(i ^ i >> 8);
	(void)objects_set(device, path, octets, len);
	free(octets);
}

/* Commands with a path and something more. False: it is none. */
static bool obey_path(
	struct device *device, const char *command, const char *path, const char *rest)
{
	if (strcmp(command, "set") == 0) {
		(void)objects_set(device, path, (const uint8_t *)rest, strlen(rest));
	} else if (strcmp(command, "fill") == 0) {
		fill(device, path, strtoul(rest, NULL, 10));
	} else if (strcmp(command, "delay") == 0) {
		struct value *value = objects_find(device, path);

		if (value == NULL)
			return false;
		value->delay_ms = atoi(rest);
	} else {
		return false;
	}
	return true;
}

/* False at the end. */
static bool obey(struct device *device, char *line, bool *asleep)
{
	char *rest = line;
	const char *command = strsep(&rest, " ");
	char none[1] = "";

	rest = rest != NULL ? rest : none;
	if (strcmp(command, "quit") == 0)
		return false;
	if (strcmp(command, "register") == 0) {
		registration_register(device);
	} else if (strcmp(command, "update") == 0) {
		registration_update(device, rest);
	} else if (strcmp(command, "deregister") == 0) {
		registration_deregister(device);
	} else if (strcmp(command, "send") == 0) {
		registration_send(device, rest);
	} else if (strcmp(command, "sleep") == 0) {
		*asleep = true;
	} else if (strcmp(command, "wake") == 0) {
		*asleep = false;
		lose_datagrams();
	} else if (strcmp(command, "move") == 0) {
		if (!registration_open(device))
			return false;
	} else {
		const char *path = strsep(&rest, " ");

		if (!obey_path(device, command, path + (*path == '/'), rest != NULL ? rest : none))
			device_say("unknown %s", command);
	}
	return true;
}

/* What has come on standard input. False at the end. */
static bool obey_all(struct device *device, bool *asleep)
{
	static char lines[65536];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, lines + len, sizeof(lines) - len);
	char *end;

	if (n <= 0)
		return false;
	len += (size_t)n;
	while ((end = memchr(lines, '\n', len)) != NULL) {
		*end = '\0';
		if (!obey(device, lines, asleep))
			return false;
		len -= (size_t)(end + 1 - lines);
		memmove(lines, end + 1, len);
	}
	return true;
}

static void run(struct device *device)
{
	int libcoap = coap_context_get_coap_fd(device->context);
	bool asleep = false, going = true;

	while (going) {
		struct pollfd ready[] = { { .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = asleep ? -1 : libcoap, .events = POLLIN } };

		if (poll(ready, 2, -1) > 0 && ready[0].revents != 0)
			going = obey_all(device, &asleep);
		if (asleep)
			continue;
		(void)coap_io_process(device->context, COAP_IO_NO_WAIT);
		if (device->trigger) {
			char none[1] = "";

			device->trigger = false;
			registration_update(device, none);
		}
	}
}

static bool parse_server(const char *text, bool secure, coap_address_t *address)
{
	uint16_t port = htons(secure ? COAPS_DEFAULT_PORT : COAP_DEFAULT_PORT);

	coap_address_init(address);
	if (inet_pton(AF_INET, text, &address->addr.sin.sin_addr) == 1) {
		address->size = sizeof(address->addr.sin);
		address->addr.sin.sin_family = AF_INET;
		address->addr.sin.sin_port = port;
		return true;
	}
	address->size = sizeof(address->addr.sin6);
	address->addr.sin6.sin6_family = AF_INET6;
	address->addr.sin6.sin6_port = port;
	return inet_pton(AF_INET6, text, &address->addr.sin6.sin6_addr) == 1;
}

/* False: there is no such option. */
static bool parse_option(int option, const char *value, struct device *device)
{
	switch (option) {
	case 'e':
		device->endpoint = value;
		return true;
	case 'i':
		device->identity = value;
		return true;
	case 'k':
		device->key = value;
		return true;
	case 'l':
		device->lifetime = value;
		return true;
	case 'v':
		device->version = value;
		return true;
	case 'b':
		device->binding = value;
		return true;
	case 'q':
		if (device->query_count == DEVICE_QUERIES_MAX)
			return false;
		device->queries[device->query_count++] = value;
		return true;
	case 'r':
		device->root = value;
		return true;
	case 'o':
		device->objects = value;
		return true;
	default:
		return false;
	}
}

static bool parse(int argc, char **argv, struct device *device)
{
	static const struct option options[] = {
		{ "to", required_argument, NULL, 't' },
		{ "endpoint", required_argument, NULL, 'e' },
		{ "identity", required_argument, NULL, 'i' },
		{ "key", required_argument, NULL, 'k' },
		{ "lifetime", required_argument, NULL, 'l' },
		{ "version", required_argument, NULL, 'v' },
		{ "binding", required_argument, NULL, 'b' },
		{ "query", required_argument, NULL, 'q' },
		{ "root", required_argument, NULL, 'r' },
		{ "objects", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	const char *to = "192.0.2.1";
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 't')
			to = optarg;
		else if (!parse_option(option, optarg, device))
			return false;
	return optind == argc && parse_server(to, device->identity != NULL, &device->server);
}

int main(int argc, char **argv)
{
	static struct device device = {
		.key = "secret", .endpoint = "device", .lifetime = "300", .version = "1.1"
	};

	if (!parse(argc, argv, &device)) {
		fputs(usage, stderr);
		return 2;
	}
	coap_startup();
	device.context = coap_new_context(NULL);
	if (device.context == NULL)
		return 1;
	coap_set_app_data(device.context, &device);
	coap_context_set_block_mode(
		device.context, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);
	objects_start(&device);
	if (!registration_open(&device)) {
		fputs("device: cannot have a session\n", stderr);
		return 1;
	}
	run(&device);
	coap_session_release(device.session);
	coap_free_context(device.context);
	coap_cleanup();
	return 0;
}
