/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's telemetry socket: a command a packet, a JSON object back. */
#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#define WAIT_S 5
/* DPDK cuts its replies at 16 KiB. */
#define REPLY_MAX 32768

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = WAIT_S };
	char greeting[1024];

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		recv(fd, greeting, sizeof(greeting), 0) > 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* What the command says, to be released; NULL: nothing that can be read. */
static json_t *ask(int fd, const char *command, const char *parameter)
{
	static char reply[REPLY_MAX];
	char request[64];
	json_t *object, *value;

	snprintf(request, sizeof(request), "/rdline/%s%s", command, parameter);
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return NULL;
	ssize_t len = recv(fd, reply, sizeof(reply), 0);
	if (len <= 0)
		return NULL;
	request[strcspn(request, ",")] = '\0';
	object = json_loadb(reply, (size_t)len, 0, NULL);
	value = json_incref(json_object_get(object, request));
	json_decref(object);
	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

static uint64_t number(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static void copy_text(char *to, size_t room, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	snprintf(to, room, "%s", text != NULL ? text : "");
}

static bool read_core(struct sample *sample, int fd, const char *role, unsigned index)
{
	struct sample_core *core = sample_core(sample, role, index);
	char parameter[16];

	snprintf(parameter, sizeof(parameter), ",%u", index);
	json_t *value = core != NULL ? ask(fd, role, parameter) : NULL;
	if (value == NULL)
		return false;
	core->busy = (double)number(value, "busy_cycles");
	core->idle = (double)number(value, "idle_cycles");
	core->ring_depth = number(value, "ring_depth");
	core->round_age_ms = number(value, "round_age_ms");
	json_decref(value);
	return true;
}

/* "le_10_us" and so on, in their order; at last "count". */
static void read_latency(struct sample *sample, const json_t *latency)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)latency, name, value)
	{
		unsigned long long bound_us;

		if (sscanf(name, "le_%llu_us", &bound_us) == 1)
			sample_replies(sample, bound_us, (uint64_t)json_integer_value(value));
	}
	if (latency != NULL)
		sample_replies(sample, UINT64_MAX, number(latency, "count"));
}

static bool read_all(struct sample *sample, int fd)
{
	json_t *info = ask(fd, "info", ""), *stats = ask(fd, "stats", ""), *value;
	bool good = info != NULL && stats != NULL;
	const char *name;

	copy_text(sample->version, sizeof(sample->version), info, "version");
	copy_text(sample->instance, sizeof(sample->instance), info, "instance");
	sample->uptime_s = number(info, "uptime");
	sample->registrations_max = number(info, "registrations_max");
	sample->ports = number(stats, "ports");
	sample->links_up = number(stats, "links_up");
	sample->rx_missed = number(stats, "nic_rx_missed");
	sample->rx_no_buffer = number(stats, "nic_rx_no_buffer");
	json_object_foreach(stats, name, value)
		sample_stat(sample, name, (uint64_t)json_integer_value(value));
	for (unsigned w = 0; good && w < number(info, "workers"); w++)
		good = read_core(sample, fd, "worker", w);
	for (unsigned s = 0; good && s < number(info, "shards"); s++)
		good = read_core(sample, fd, "shard", s);
	json_t *latency = good ? ask(fd, "latency", "") : NULL;
	read_latency(sample, latency);
	json_decref(latency);
	json_decref(info);
	json_decref(stats);
	return good;
}

const char *sample_by_telemetry(struct sample *sample, const char *path)
{
	int fd = connect_to(path);

	if (fd < 0)
		return strerror(errno);
	bool good = read_all(sample, fd);
	close(fd);
	return good ? NULL : "it does not say what a gateway says";
}
