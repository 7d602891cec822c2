/* SPDX-License-Identifier: BSD-3-Clause */
#include "monitor.h"

#include <stdlib.h>

#include "clock.h"
#include "device.h"
#include "log.h"
#include "vicinity.h"

/* A core that makes no round for so long stands still: it does a million a second. */
#define STANDS_MS 1000
/* A link takes seconds to come up behind a port that has just been started. */
#define LINK_MS 5000
/* Between two lines about the same continuing loss. */
#define LOSS_MS 10000

static const enum rdl_stat shed_stats[] = {
#define X(name, help) RDL_STAT_drop_##name,
	RDL_STATS_SHED(X)
#undef X
};
#define SHED_STATS RDL_ARRAY_LEN(shed_stats)

/* A port, and what is known of it. */
struct port_watch {
	struct monitor_port now, said; /* what the log was told */
	bool settled; /* its link was up once, or had the time to be */
	unsigned interface; /* the kernel's, by number; 0: the driver's word is good */
	struct rdl_gate losses;
	struct vicinity vicinity;
};

struct monitor {
	struct watched watched;
	uint64_t opened_ms;
	struct port_watch ports[PORTS_MAX];
	struct rdl_stall workers[WORKERS_MAX], shards[SHARDS_MAX];
	enum rdl_fill fill;
	struct rdl_gate shedding;
	uint64_t shed[SHED_STATS]; /* as the log was told */
};

static struct rdl_log_kind stands = { RDL_LOG_KIND(
	RDL_LOG_WARN, "core", "stands still or goes on") };
static struct rdl_log_kind links = { RDL_LOG_KIND(RDL_LOG_WARN, "port", "link changes") };
static struct rdl_log_kind fills = { RDL_LOG_KIND(RDL_LOG_WARN, "load", "table fills or empties") };

/* ---- cores ---- */

static void look_at_core(
	struct rdl_stall *stall, const struct load *load, const char *role, unsigned index)
{
	uint64_t worst_ms, now = rdl_clock_ms();

	switch (rdl_stall_look(stall, load_age_ms(load), STANDS_MS, &worst_ms)) {
	case RDL_STALL_STANDS:
		rdl_log_some(&stands, now, "stands still %s=%u round_age_ms=%llu", role, index,
			(unsigned long long)worst_ms);
		break;
	case RDL_STALL_GOES_ON:
		rdl_log_some(&stands, now, "goes on %s=%u stood_ms=%llu", role, index,
			(unsigned long long)worst_ms);
		break;
	case RDL_STALL_NOTHING:
		break;
	}
}

static void look_at_cores(struct monitor *monitor)
{
	const struct watched *watched = &monitor->watched;

	for (unsigned w = 0; w < watched->conf->workers; w++)
		look_at_core(&monitor->workers[w], &watched->workers[w]->load, "worker", w);
	for (unsigned s = 0; s < watched->conf->shards; s++)
		look_at_core(&monitor->shards[s], &watched->owners->cores[s]->load, "shard", s);
}

bool monitor_cores_go_on(const struct monitor *monitor)
{
	const struct rdl_conf *conf = monitor->watched.conf;
	bool go_on = true;

	for (unsigned w = 0; w < conf->workers; w++)
		go_on &= monitor->workers[w].worst_ms == 0;
	for (unsigned s = 0; s < conf->shards; s++)
		go_on &= monitor->shards[s].worst_ms == 0;
	return go_on;
}

/* ---- ports ---- */

static void store(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED);
}

static void read_port(const struct watched *watched, unsigned p, struct port_watch *port)
{
	struct rdl_pktio_health health;
	bool was_up = port->now.link != 0;

	rdl_pktio_health(watched->pktio, p, &health);
	/* af_packet has a link even when its interface is down, or gone. */
	if (port->interface != 0)
		health.link = device_kernel_link(port->interface, &health.there);
	store(&port->now.there, health.there);
	store(&port->now.link, health.there && health.link);
	if (port->now.link && !was_up)
		rdl_neighbours_link_up(watched->neighbours, p);
	/* What it counted stays. */
	if (!health.there)
		return;
	store(&port->now.rx_missed, health.rx_missed);
	store(&port->now.rx_no_buffer, health.rx_no_buffer);
	store(&port->now.rx_errors, health.rx_errors);
	store(&port->now.tx_errors, health.tx_errors);
}

static bool has_link(const struct watched *watched, unsigned p, const struct port_watch *port)
{
	bool there;

	return port->interface != 0 ? device_kernel_link(port->interface, &there)
				    : rdl_pktio_has_link(watched->pktio, p);
}

static void say_link(const struct monitor *monitor, unsigned p, struct port_watch *port)
{
	uint64_t now_ms = rdl_clock_ms();

	port->settled |= port->interface != 0 || port->now.link || !port->now.there ||
			 now_ms - monitor->opened_ms >= LINK_MS;
	if (!port->settled)
		return;
	if (port->now.there == port->said.there && port->now.link == port->said.link)
		return;
	rdl_log_some(&links, now_ms, "%s port=%u device=%s",
		!port->now.there ? "its device is gone, and needs a restart to come back"
		: port->now.link ? "link up"
				 : "link down",
		p, monitor->watched.conf->ports[p].device);
	port->said.there = port->now.there;
	port->said.link = port->now.link;
}

static void say_losses(unsigned p, struct port_watch *port)
{
	struct monitor_port *now = &port->now, *said = &port->said;
	uint64_t swallowed;

	if (now->rx_missed == said->rx_missed && now->rx_no_buffer == said->rx_no_buffer &&
		now->rx_errors == said->rx_errors && now->tx_errors == said->tx_errors)
		return;
	if (!rdl_gate_pass(&port->losses, rdl_clock_ms(), 1, LOSS_MS, &swallowed))
		return;
	rdl_log_warn("port",
		"the NIC lost packets port=%u rx_missed=%llu rx_no_buffer=%llu rx_errors=%llu "
		"tx_errors=%llu",
		p, (unsigned long long)(now->rx_missed - said->rx_missed),
		(unsigned long long)(now->rx_no_buffer - said->rx_no_buffer),
		(unsigned long long)(now->rx_errors - said->rx_errors),
		(unsigned long long)(now->tx_errors - said->tx_errors));
	said->rx_missed = now->rx_missed;
	said->rx_no_buffer = now->rx_no_buffer;
	said->rx_errors = now->rx_errors;
	said->tx_errors = now->tx_errors;
}

static void look_at_ports(struct monitor *monitor)
{
	for (unsigned p = 0; p < monitor->watched.conf->port_count; p++) {
		read_port(&monitor->watched, p, &monitor->ports[p]);
		say_link(monitor, p, &monitor->ports[p]);
		say_losses(p, &monitor->ports[p]);
		vicinity_look(&monitor->ports[p].vicinity, monitor->watched.neighbours,
			&monitor->watched.interfaces[p], p);
	}
}

/* ---- load ---- */

void watched_stats(const struct watched *watched, struct rdl_stats *sum)
{
	for (unsigned w = 0; w < watched->conf->workers; w++)
		rdl_stats_sum(sum, &watched->workers[w]->pipeline.stats);
	owners_stats(watched->owners, sum);
}

void watched_orders(const struct watched *watched, struct rdl_orders_counts *sum)
{
	uint64_t *to = (uint64_t *)sum;

	for (unsigned s = 0; s < watched->conf->shards; s++) {
		const uint64_t *from =
			(const uint64_t *)&watched->owners->cores[s]->dialogues.counts;

		for (size_t i = 0; i < sizeof(*sum) / sizeof(uint64_t); i++)
			to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	}
}

/* " registry_full=12 tx_full=1": what is new since the log was told; false when nothing is. */
static bool put_shed(const struct monitor *monitor, const uint64_t sums[], char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < SHED_STATS && used < len; i++) {
		uint64_t more = sums[i] - monitor->shed[i];

		/* Their names begin with drop_. */
		if (more > 0)
			used += (size_t)snprintf(text + used, len - used, " %s=%llu",
				rdl_stat_name(shed_stats[i]) + 5, (unsigned long long)more);
	}
	return used > 0;
}

static void look_at_shedding(struct monitor *monitor, const struct rdl_stats *sum)
{
	uint64_t sums[SHED_STATS], swallowed;
	char text[SHED_STATS * 48]; /* a name, and a number of 20 digits */

	for (size_t i = 0; i < SHED_STATS; i++)
		sums[i] = rdl_stats_get(sum, shed_stats[i]);
	if (!put_shed(monitor, sums, text, sizeof(text)) ||
		!rdl_gate_pass(&monitor->shedding, rdl_clock_ms(), 1, LOSS_MS, &swallowed))
		return;
	rdl_log_warn("load", "requests are shed%s", text);
	memcpy(monitor->shed, sums, sizeof(sums));
}

static void look_at_table(struct monitor *monitor, const struct rdl_stats *sum)
{
	static const char *const words[] = { "the table has room again", "the table is nearly full",
		"the table is full" };
	uint64_t used = rdl_stats_get(sum, RDL_STAT_registrations);
	uint64_t room = monitor->watched.conf->memory.registrations;

	enum rdl_fill fill = rdl_fill_next(monitor->fill, used, room);
	if (fill == monitor->fill)
		return;
	monitor->fill = fill;
	rdl_log_some(&fills, rdl_clock_ms(), "%s registrations=%llu registrations_max=%llu",
		words[fill], (unsigned long long)used, (unsigned long long)room);
}

/* ---- all of it ---- */

struct monitor *monitor_open(const struct watched *watched)
{
	struct monitor *monitor = calloc(1, sizeof(*monitor));
	char name[IF_NAMESIZE];

	if (monitor == NULL) {
		rdl_log_error("start", "no memory to watch the ports");
		return NULL;
	}
	monitor->watched = *watched;
	monitor->opened_ms = rdl_clock_ms();
	for (unsigned p = 0; p < watched->conf->port_count; p++) {
		struct port_watch *port = &monitor->ports[p];

		if (device_interface(watched->conf->ports[p].device, name))
			port->interface = if_nametoindex(name);
		read_port(watched, p, port);
		/* Where things are well there is nothing to say. */
		port->said = port->now;
		port->said.there = port->said.link = 1;
		say_link(monitor, p, port);
	}
	return monitor;
}

void monitor_look(struct monitor *monitor)
{
	struct rdl_stats sum = { { 0 } };

	watched_stats(&monitor->watched, &sum);
	look_at_cores(monitor);
	look_at_ports(monitor);
	look_at_shedding(monitor, &sum);
	look_at_table(monitor, &sum);
	rdl_log_rest(rdl_clock_ms());
}

void monitor_look_at_links(struct monitor *monitor)
{
	for (unsigned p = 0; p < monitor->watched.conf->port_count; p++) {
		struct port_watch *port = &monitor->ports[p];

		if (!port->now.there ||
			has_link(&monitor->watched, p, port) == (port->now.link != 0))
			continue;
		read_port(&monitor->watched, p, port);
		say_link(monitor, p, port);
	}
}

void monitor_close(struct monitor *monitor)
{
	free(monitor);
}

const struct monitor_port *monitor_port(const struct monitor *monitor, unsigned port)
{
	return &monitor->ports[port].now;
}
