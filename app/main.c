/* SPDX-License-Identifier: BSD-3-Clause */
/* rdline: start in stages, serve until told to stop, undo the stages in reverse. The main thread never polls. */
#include "daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>

#include "console.h"
#include "log.h"
#include "version.h"
#include "publisher.h"

#define EXIT_USAGE 2

static void usage(FILE *out)
{
	fputs("usage: rdline [-t] -c FILE\n"
	      "  -c FILE  serve as FILE says, in the foreground, until SIGTERM or SIGINT\n"
	      "  -t       only check FILE: print what is wrong with it, exit 0 or 1\n"
	      "  -V       print the version\n"
	      "  -h       print this\n",
		out);
}

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
	char addresses[512], path[256];

	addresses_text(conf, addresses, sizeof(addresses));
	rdl_log_info("start",
		"ready addresses=%s port=%u workers=%u shards=%u registrations=%llu "
		"memory_mb=%llu start_ms=%llu telemetry=%s",
		addresses, conf->coap.port, conf->workers, conf->shards,
		(unsigned long long)conf->memory.registrations,
		(unsigned long long)(daemon_memory(daemon) >> 20),
		(unsigned long long)(clock_ms() - daemon->started_ms),
		daemon_telemetry_path(daemon, path, sizeof(path)));
}

/* The signals that end us, blocked in every thread and taken by the main one alone. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int serve(struct daemon *daemon)
{
	sigset_t signals;
	int caught = 0, ret = -1;

	block_signals(&signals);
	if (daemon_keys(daemon) != 0)
		return -1;
	struct rdl_policy *policy = daemon_policy(daemon, daemon->conf);
	if (policy == NULL) {
		rdl_log_error("start", "no memory for the policy");
		return -1;
	}
	daemon->policy = policy;
	if (publisher_open(daemon) == 0 && console_open(daemon) == 0 &&
		daemon_plan_lcores(daemon) == 0 && daemon_eal(daemon) == 0) {
		if (daemon_setup(daemon) == 0 && daemon_setup_shards(daemon) == 0 &&
			daemon_telemetry(daemon) == 0) {
			daemon_assign(daemon);
			ret = daemon_launch(daemon);
			if (ret == 0 &&
				(publisher_start(daemon) != 0 || console_start(daemon) != 0))
				ret = -1;
			if (ret == 0) {
				log_ready(daemon);
				sigwait(&signals, &caught);
				rdl_log_info("stop", "signal=%d", caught);
			}
			console_stop(daemon);
			publisher_stop(daemon);
			daemon_join(daemon);
		}
		daemon_telemetry_stop(daemon);
		daemon_teardown(daemon);
		rte_eal_cleanup();
	}
	console_close(daemon);
	publisher_close(daemon);
	rdl_policy_destroy(policy);
	return ret;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	const char *path = NULL;
	bool check_only = false;
	int option;

	while ((option = getopt(argc, argv, "c:tVh")) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			check_only = true;
			break;
		case 'V':
			puts("rdline " RDL_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (path == NULL || optind != argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	clock_start();
	daemon.started_ms = clock_ms();
	daemon.socket_id = -1; /* any NUMA node */
	struct rdl_conf *conf = rdl_conf_load(path, check_only ? stdout : stderr);
	if (conf == NULL)
		return EXIT_FAILURE;
	int ret = EXIT_SUCCESS;
	if (!check_only) {
		rdl_log_level(conf->log_level);
		daemon.conf = conf;
		ret = serve(&daemon) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	rdl_conf_free(conf);
	return ret;
}
