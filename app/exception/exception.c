/* SPDX-License-Identifier: BSD-3-Clause */
#include "exception.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "device.h"
#include "log.h"
#include "tap.h"

#define BATCH 32
/* No frame of the kernel's is longer with its tags. */
#define MTU_MAX (RDL_KERNEL_FRAME_MAX - 22)
/* Between rounds that find nothing, from microseconds on up to a millisecond. */
#define PAUSE_MIN_NS 20000
#define PAUSE_MAX_NS 1000000
/* The same where the kernel wakes nobody. */
#define PAUSE_POLLING_NS 160000
/* Between two looks at the interfaces of those. */
#define LOOK_MS 100

struct rdl_channel_credit exception_credit(void)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_KERNEL_FRAME] = EXCEPTION_FRAMES } };
}

/* ---- from workers to the kernel ---- */

static bool give_to_kernel(struct exception *exception, const struct rdl_foreign_frame *frame)
{
	struct rdl_vhost *vhost = exception->vhosts[frame->port];
	int tap = exception->taps[frame->port];

	if (vhost == NULL)
		return tap >= 0 && exception_tap_write(tap, frame);
	return !exception->down[frame->port] && rdl_vhost_write(vhost, frame);
}

static bool take_from_worker(struct exception *exception, unsigned worker)
{
	struct rdl_channel *channel = &exception->workers[worker];
	void *batch[BATCH], *foreign[BATCH];
	unsigned count = 0, n = rdl_channel_take(channel, batch, BATCH);

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		if (*kind == RDL_KERNEL_FRAME) {
			exception->free[exception->free_count++] = batch[i];
			continue;
		}
		struct rdl_foreign_frame *frame = batch[i];
		frame->taken = give_to_kernel(exception, frame);
		foreign[count++] = frame;
	}
	rdl_channel_came_back(channel, n - count);
	if (count > 0)
		rdl_channel_give_back(channel, foreign, count);
	return n > 0;
}

/* ---- from the kernel to a worker ---- */

/* Somebody has taken it away: what still comes for it is counted as not taken. */
static void say_gone(unsigned port)
{
	rdl_log_warn("port", "the kernel's interface is gone, until a restart port=%u", port);
}

static void lose(struct exception *exception, unsigned port)
{
	say_gone(port);
	close(exception->taps[port]);
	exception->taps[port] = -1;
}

/* As exception_tap_read(). */
static int read_kernel(struct exception *exception, unsigned port, uint8_t *frame, size_t most)
{
	if (exception->vhosts[port] != NULL)
		return rdl_vhost_read(exception->vhosts[port], frame, most);
	if (exception->taps[port] < 0)
		return 0;
	int len = exception_tap_read(exception->taps[port], frame, most);
	if (len < 0)
		lose(exception, port);
	return len;
}

static bool take_from_kernel(struct exception *exception, unsigned port)
{
	unsigned worker = port % exception->worker_count, count = 0;
	void *batch[BATCH];

	while (count < BATCH && exception->free_count > 0) {
		struct rdl_kernel_frame *frame = exception->free[exception->free_count - 1];
		int len = read_kernel(exception, port, frame->octets, sizeof(frame->octets));

		if (len <= 0)
			break;
		frame->kind = RDL_KERNEL_FRAME;
		frame->port = (uint8_t)port;
		/* The worker counts it. */
		frame->len = len > RDL_KERNEL_FRAME_MAX ? 0 : (uint16_t)len;
		exception->free_count--;
		batch[count++] = frame;
	}
	if (count > 0)
		rdl_channel_send(&exception->workers[worker], batch, count);
	return count > 0;
}

/* ---- rounds ---- */

/* Frames for an interface that is down the kernel would take, and drop. */
static void look_at_vhosts(struct exception *exception)
{
	uint64_t now_ms = rdl_clock_coarse_ms();

	if (!exception->polls || now_ms - exception->looked_ms < LOOK_MS)
		return;
	exception->looked_ms = now_ms;
	for (unsigned p = 0; p < exception->port_count; p++) {
		bool there;

		if (exception->indices[p] == 0)
			continue;
		exception->down[p] = !device_kernel_link(exception->indices[p], &there);
		if (there)
			continue;
		say_gone(p);
		exception->indices[p] = 0;
	}
}

bool exception_step(struct exception *exception)
{
	bool worked = false;

	for (unsigned w = 0; w < exception->worker_count; w++)
		worked |= take_from_worker(exception, w);
	/* Workers that end take nothing more, and wait for what is theirs. */
	if (ending_is_asked(exception->ending))
		return worked;
	for (unsigned p = 0; p < exception->port_count; p++)
		worked |= take_from_kernel(exception, p);
	return worked;
}

/* Until the kernel sends something, or the time is over. Workers wake nobody. */
static void wait_for_kernel(const struct exception *exception, long ns)
{
	const struct timespec pause = { .tv_nsec = ns };
	struct pollfd polled[RDL_CONF_PORTS_MAX];
	unsigned count = 0;

	/* It may send what it likes while there is no room for more. */
	for (unsigned p = 0; p < exception->port_count && exception->free_count > 0; p++)
		if (exception->taps[p] >= 0)
			polled[count++] =
				(struct pollfd){ .fd = exception->taps[p], .events = POLLIN };
	(void)ppoll(polled, count, &pause, NULL);
}

static void *run(void *self)
{
	struct exception *exception = self;
	long pause_ns = PAUSE_MIN_NS, most_ns = exception->polls ? PAUSE_POLLING_NS : PAUSE_MAX_NS;

	while (!rdl_thread_is_stopping(&exception->thread)) {
		look_at_vhosts(exception);
		if (exception_step(exception)) {
			pause_ns = PAUSE_MIN_NS;
			continue;
		}
		wait_for_kernel(exception, pause_ns);
		pause_ns = pause_ns < most_ns / 2 ? pause_ns * 2 : most_ns;
	}
	return NULL;
}

/* ---- its life ---- */

void exception_init(struct exception *exception, const struct exception_config *config)
{
	memset(exception, 0, sizeof(*exception));
	exception->worker_count = config->conf->workers;
	exception->port_count = config->conf->port_count;
	exception->ending = config->ending;
	for (unsigned p = 0; p < RDL_CONF_PORTS_MAX; p++)
		exception->taps[p] = -1;
	for (unsigned i = 0; i < EXCEPTION_FRAMES; i++)
		exception->free[exception->free_count++] = &exception->frames[i];
}

/* Behind DPDK's device, and set up as any. */
static int open_vhost(struct exception *exception, const struct exception_config *config,
	const struct tap_config *tap, unsigned p, char *why, size_t len)
{
	const struct rdl_vhost_config vhost = {
		.number = p, .interface = tap->name, .mac = tap->mac, .node = config->nodes[p]
	};

	exception->vhosts[p] = rdl_vhost_open(&vhost, why, len);
	if (exception->vhosts[p] == NULL)
		return -1;
	exception->polls = true;
	exception->indices[p] = if_nametoindex(tap->name);
	return exception_tap_set_up(tap, why, len);
}

static int open_interface(
	struct exception *exception, const struct exception_config *config, unsigned p)
{
	const struct rdl_conf_port *port = &config->conf->ports[p];
	uint16_t mtu =
		config->mtus[p] == 0 || config->mtus[p] > MTU_MAX ? MTU_MAX : config->mtus[p];
	const struct tap_config tap = {
		.name = port->exception_interface, .mac = config->macs[p], .mtu = mtu
	};
	char why[192];
	int ret;

	if (port->exception == RDL_CONF_EXCEPTION_VIRTIO_USER)
		ret = open_vhost(exception, config, &tap, p, why, sizeof(why));
	else
		ret = exception->taps[p] = exception_tap_open(&tap, why, sizeof(why));
	if (ret < 0) {
		rdl_log_error("start", "%s:%u: port %s: %s", port->where.file, port->where.line,
			port->device, why);
		return -1;
	}
	rdl_log_info("port", "what is not ours is the kernel's port=%u interface=%s mtu=%u", p,
		tap.name, mtu);
	return 0;
}

struct exception *exception_open(const struct exception_config *config)
{
	struct exception *exception = malloc(sizeof(*exception));

	if (exception == NULL) {
		rdl_log_error("start", "no memory for the kernel's frames");
		return NULL;
	}
	exception_init(exception, config);
	for (unsigned p = 0; p < exception->port_count; p++) {
		if (config->conf->ports[p].exception == RDL_CONF_EXCEPTION_NONE)
			continue;
		if (open_interface(exception, config, p) != 0) {
			exception_close(exception);
			return NULL;
		}
	}
	return exception;
}

int exception_start(struct exception *exception)
{
	if (exception == NULL)
		return 0;
	return rdl_thread_start(&exception->thread, "exception", run, exception);
}

void exception_stop(struct exception *exception)
{
	if (exception != NULL)
		rdl_thread_stop(&exception->thread);
}

void exception_close(struct exception *exception)
{
	if (exception == NULL)
		return;
	exception_stop(exception);
	for (unsigned p = 0; p < exception->port_count; p++) {
		if (exception->taps[p] >= 0)
			close(exception->taps[p]);
		rdl_vhost_close(exception->vhosts[p]);
	}
	free(exception);
}
