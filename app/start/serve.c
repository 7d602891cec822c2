/* SPDX-License-Identifier: BSD-3-Clause */
/* Start in stages, serve until told to stop, undo the stages in reverse. */
#include "start.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>

#include <rte_eal.h>

#include "clock.h"
#include "daemon.h"
#include "dpdk_log.h"
#include "instance.h"
#include "log.h"
#include "notify.h"
#include "signals.h"

/*
 * All that is under way is answered and on the disk by then, or the process goes without. Nothing
 * is lost by that which was acknowledged, but where answers do not wait for the disk: there it has
 * longer for what is on its way to it.
 */
#define END_MS 5000
#define END_UNCONFIRMED_MS 15000

/* "192.0.2.1,2001:db8::1" of all ports. */
static void addresses_text(const struct rdl_conf *conf, char *text, size_t len)
{
	size_t used = 0;
	char address[INET6_ADDRSTRLEN];

	text[0] = '\0';
	for (unsigned p = 0; p < conf->port_count; p++) {
		const struct rdl_conf_port *port = &conf->ports[p];

		for (unsigned i = 0; i < port->ipv4_count && used < len; i++) {
			struct in_addr in = { .s_addr = htonl(port->ipv4[i].address) };

			inet_ntop(AF_INET, &in, address, sizeof(address));
			used += (size_t)snprintf(
				text + used, len - used, "%s%s", used > 0 ? "," : "", address);
		}
		for (unsigned i = 0; i < port->ipv6_count && used < len; i++) {
			inet_ntop(AF_INET6, port->ipv6[i].address, address, sizeof(address));
			used += (size_t)snprintf(
				text + used, len - used, "%s%s", used > 0 ? "," : "", address);
		}
	}
}

static void log_ready(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	char addresses[512], restored[128] = "";

	addresses_text(conf, addresses, sizeof(addresses));
	if (daemon->keeping != NULL) {
		const struct keeping_recovered *recovered = keeping_recovered(daemon->keeping);

		snprintf(restored, sizeof(restored),
			" restored=%llu restored_sessions=%llu restored_ms=%llu",
			(unsigned long long)recovered->registrations,
			(unsigned long long)recovered->sessions, (unsigned long long)recovered->ms);
	}
	rdl_log_info("start",
		"ready addresses=%s port=%u dtls_port=%u workers=%u shards=%u registrations=%llu "
		"memory_mb=%llu start_ms=%llu%s telemetry=%s",
		addresses, conf->coap.port, conf->dtls.port, conf->workers, conf->shards,
		(unsigned long long)conf->memory.registrations,
		(unsigned long long)(daemon_memory(daemon) >> 20),
		(unsigned long long)(rdl_clock_ms() - daemon->started_ms), restored,
		instance_telemetry_path());
	rdl_notify_serves("serves %s%s", addresses, restored);
}

struct rdl_event_facts daemon_facts(const struct daemon *daemon)
{
	return (struct rdl_event_facts){ .location_key = daemon->keys.location,
		.major = daemon->conf->lwm2m.version.major,
		.identities = daemon->dtls.identities };
}

struct feed_sources daemon_feed_sources(const struct daemon *daemon)
{
	struct feed_sources sources = { .instance = daemon->conf->instance,
		.boot = daemon->boot,
		.facts = daemon_facts(daemon),
		.shard_count = daemon->conf->shards,
		.worker_count = daemon->conf->workers,
		.recall = daemon->recall };

	for (unsigned s = 0; s < sources.shard_count; s++) {
		sources.events[s] = &daemon->owners.cores[s]->events;
		sources.deliveries[s] = daemon->owners.cores[s]->dialogues.deliveries;
	}
	for (unsigned w = 0; w < sources.worker_count; w++)
		sources.refusals[w] = daemon->workers[w]->pipeline.config.refusals;
	return sources;
}

static struct console_sources console_sources(struct daemon *daemon)
{
	struct console_sources sources = { .owners = &daemon->owners,
		.facts = daemon_facts(daemon),
		.registrations_max = daemon->conf->memory.registrations,
		.keeping = daemon->keeping,
		.recall = daemon->recall,
		.rulebook = &daemon->rulebook,
		.handshakers = daemon->handshakers,
		.clear_text = daemon->conf->coap.port != 0,
		.callers = daemon->callers,
		.worker_count = daemon->conf->workers };

	if (daemon->dtls.secured != NULL)
		sources.credential_changes = &handshakers_keeper(daemon->handshakers)->seen;
	for (unsigned w = 0; w < sources.worker_count; w++) {
		sources.refusals[w] = daemon->workers[w]->pipeline.config.refusals;
		sources.captures[w] = daemon->workers[w]->captures;
		sources.stats[w] = &daemon->workers[w]->pipeline.stats;
	}
	sources.port_count = daemon->conf->port_count;
	for (unsigned p = 0; p < sources.port_count; p++)
		sources.ports[p] = daemon->conf->ports[p].device;
	return sources;
}

/* All parts are there: the monitor and telemetry may look at them. */
static int look_on(struct daemon *daemon)
{
	const struct watched watched = { .conf = daemon->conf,
		.pktio = daemon->pktio,
		.interfaces = daemon->interfaces,
		.neighbours = daemon->neighbours,
		.workers = (const struct worker *const *)daemon->workers,
		.owners = &daemon->owners,
		.handshakers = daemon->handshakers,
		.keeping = daemon->keeping,
		.callers = daemon->callers,
		.recall = daemon->recall };

	daemon->monitor = monitor_open(&watched);
	if (daemon->monitor == NULL)
		return -1;
	daemon->scraped = (struct metrics_sources){ .watched = watched,
		.monitor = daemon->monitor,
		.feed = daemon->feed,
		.console = daemon->console,
		.started_ms = daemon->started_ms };
	daemon->telemetry = (struct telemetry){ .watched = watched,
		.rulebook = &daemon->rulebook,
		.facts = daemon_facts(daemon),
		.boot = daemon->boot,
		.started_ms = daemon->started_ms,
		.memory = daemon_memory(daemon),
		.monitor = daemon->monitor,
		.feed = daemon->feed,
		.console = daemon->console };
	return telemetry_start(&daemon->telemetry);
}

static void reload(struct daemon *daemon)
{
	rdl_notify_reloading();
	bool done = daemon_reload(daemon);
	rdl_notify_reloaded(done ? "the configuration was read again"
				 : "the last reload changed nothing, see the log");
}

/* How long the end may take. */
static unsigned end_ms(const struct rdl_conf *conf)
{
	bool waits =
		conf->state.directory.path == NULL || conf->state.durability == RDL_CONF_COMMIT;

	return waits ? END_MS : END_UNCONFIRMED_MS;
}

/* Once a second the main thread looks around, and at links in between. -1: the disk has failed. */
static int look_around(struct daemon *daemon)
{
	rdl_pktio_let_go(daemon->pktio);
	monitor_look(daemon->monitor);
	rdl_notify_alive(monitor_cores_go_on(daemon->monitor), "a core stands still, see the log");
	keeping_look(daemon->keeping);
	rdl_rulebook_reclaim(&daemon->rulebook);
	return keeping_has_failed(daemon->keeping) ? -1 : 0;
}

/* Told to end, it goes on for a while without new Registers: until when. 0: it does not. */
static uint64_t begin_drain(struct daemon *daemon, uint64_t now_ms)
{
	uint32_t drain_s = daemon->in_force->drain_s;

	if (drain_s == 0)
		return 0;
	rdl_log_info("stop", "takes no Registers any more drain_s=%u", drain_s);
	rdl_notify_stopping(drain_s, "takes no Registers any more, and ends in %u s", drain_s);
	lcores_drain(&daemon->lcores);
	signals_put_off(1000 * drain_s);
	return now_ms + UINT64_C(1000) * drain_s;
}

/*
 * Until it is time to end; or the disk ends it: -1. What that did not confirm nobody is told any
 * more, and another life of the process finds out what is there.
 */
static int look_after(struct daemon *daemon)
{
	uint64_t next_ms = rdl_clock_ms() + MONITOR_MS, end_ms = UINT64_MAX;

	for (;;) {
		uint64_t now_ms = rdl_clock_ms();

		if (now_ms >= next_ms) {
			next_ms = now_ms + MONITOR_MS;
			if (look_around(daemon) != 0)
				return -1;
		} else {
			monitor_look_at_links(daemon->monitor);
		}
		if (now_ms >= end_ms)
			return 0;
		uint64_t wait_ms = (end_ms < next_ms ? end_ms : next_ms) - now_ms;
		int signal = signals_wait(
			(unsigned)(wait_ms < MONITOR_LINKS_MS ? wait_ms : MONITOR_LINKS_MS));
		if (signal == SIGHUP && end_ms == UINT64_MAX)
			reload(daemon);
		else if (signal != 0 && signal != SIGHUP &&
			 (end_ms != UINT64_MAX || (end_ms = begin_drain(daemon, now_ms)) == 0))
			return 0;
	}
}

/* Everything is set up: launches it, and looks after it until the end. */
static int work(struct daemon *daemon)
{
	daemon_assign(daemon);
	const struct feed_sources lines = daemon_feed_sources(daemon);
	const struct console_sources shown = console_sources(daemon);
	int ret = keeping_start(daemon->keeping);

	signals_end_within(end_ms(daemon->conf));
	if (ret == 0)
		ret = handshakers_start(daemon->handshakers);
	/* What sessions send from now on, nobody has sent before. */
	if (ret == 0)
		ret = handshakers_wait(daemon->handshakers, signals_end_asked);
	if (ret == 0)
		ret = exception_start(daemon->exception);
	daemon_serve_keeping(daemon);
	/* Workers that are told to end wait for what those have: they must be there. */
	if (ret == 0)
		ret = lcores_launch(&daemon->lcores, daemon_waited_for(daemon->conf));
	if (ret == 0 && daemon->recall != NULL)
		ret = recall_start(daemon->recall);
	if (ret == 0 && (callers_start(daemon->callers, &daemon->owners) != 0 ||
				feed_start(daemon->feed, &lines) != 0 ||
				console_start(daemon->console, &shown) != 0 ||
				metrics_start(daemon->metrics, &daemon->scraped) != 0))
		ret = -1;
	if (ret == 0) {
		log_ready(daemon);
		dpdk_log_shown(true);
		ret = look_after(daemon);
	}
	signals_ending();
	rdl_notify_stopping(end_ms(daemon->conf) / 1000, "ends");
	/* Whatever the next ones take. */
	lcores_drain(&daemon->lcores);
	metrics_stop(daemon->metrics);
	console_stop(daemon->console);
	callers_stop(daemon->callers);
	feed_stop(daemon->feed);
	recall_stop(daemon->recall);
	telemetry_stop();
	lcores_join(&daemon->lcores);
	handshakers_stop(daemon->handshakers);
	keeping_stop(daemon->keeping);
	exception_stop(daemon->exception);
	signals_may_just_leave(ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	return ret;
}

/* By what is shared of DTLS. */
static int make_rules(struct daemon *daemon)
{
	struct rdl_rules *rules = daemon_rules(daemon, daemon->conf);

	if (rules == NULL) {
		rdl_log_error("start", "no memory for the rules");
		return -1;
	}
	rdl_rulebook_change(&daemon->rulebook, rules);
	return 0;
}

/* EAL is up. */
static int run(struct daemon *daemon)
{
	int ret = -1;

	signals_stay_with_us();
	rdl_notify_starting("sets up ports and shards");
	if (daemon_setup_dtls(daemon) == 0 && make_rules(daemon) == 0 &&
		daemon_setup(daemon) == 0 && daemon_setup_shards(daemon) == 0 &&
		daemon_setup_keeping(daemon) == 0 && look_on(daemon) == 0 && !signals_end_asked())
		ret = work(daemon);
	else /* nobody was served */
		signals_may_just_leave(signals_end_asked() ? EXIT_SUCCESS : EXIT_FAILURE);
	telemetry_stop();
	monitor_close(daemon->monitor);
	bool lost = daemon->pktio != NULL && rdl_pktio_has_lost(daemon->pktio);
	daemon_teardown(daemon);
	if (!lost)
		rte_eal_cleanup();
	return ret;
}

static int serve(struct daemon *daemon)
{
	int ret = -1;

	signals_may_not_leave();
	if (instance_claim(daemon->conf) != 0 || keeping_open(daemon->conf, &daemon->keeping) != 0)
		return -1;
	rdl_rulebook_init(&daemon->rulebook);
	rdl_notify_starting("takes memory and brings DPDK up");
	if (daemon_keys(daemon) == 0 && feed_open(daemon->conf, &daemon->feed) == 0 &&
		callers_open(daemon->conf, &daemon->callers) == 0 &&
		console_open(daemon->conf, &daemon->console) == 0 &&
		metrics_open(daemon->conf, &daemon->metrics) == 0 &&
		daemon_plan_lcores(daemon) == 0 && daemon_eal(daemon) == 0)
		ret = run(daemon);
	metrics_close(daemon->metrics);
	console_close(daemon->console);
	callers_close(daemon->callers);
	feed_close(daemon->feed);
	recall_close(daemon->recall);
	rdl_rulebook_close(&daemon->rulebook);
	keeping_close(daemon->keeping);
	/* Told to end, it has done what it was told, however far it had come. */
	return signals_end_asked() ? 0 : ret;
}

int start_check(const char *path)
{
	struct rdl_certificates *certificates = NULL;
	struct rdl_conf *conf = daemon_load(path, NULL, stdout, &certificates);
	int ret = conf != NULL ? EXIT_SUCCESS : EXIT_FAILURE;

	rdl_certificates_release(certificates);
	rdl_conf_free(conf);
	return ret;
}

int start_serve(const char *path)
{
	static struct daemon daemon;

	rdl_clock_start();
	daemon.started_ms = rdl_clock_ms();
	rdl_log_open();
	if (signals_begin(END_MS) != 0)
		return EXIT_FAILURE;
	rdl_notify_starting("reads the configuration");
	signals_may_leave(NULL, 0); /* a long list of names takes its time, too */
	struct rdl_conf *conf = daemon_read(path, NULL, &daemon.dtls.certificates);
	if (conf == NULL)
		return EXIT_FAILURE;
	rdl_log_show((enum rdl_log_level)conf->log_level);
	daemon.path = path;
	daemon.conf = daemon.in_force = conf;
	int ret = serve(&daemon) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	rdl_certificates_release(daemon.dtls.certificates);
	if (daemon.in_force != conf)
		rdl_conf_free(daemon.in_force);
	rdl_conf_free(conf);
	return ret;
}
