/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline: start in stages, serve until told to stop,
 * undo the stages in reverse. The main thread never polls.
 */
#include "daemon.h"

#include <assert.h>
#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>

#include <rte_eal.h>

#include "control_socket.h"
#include "dpdk_log.h"
#include "instance.h"
#include "log.h"
#include "monitor.h"
#include "publisher.h"
#include "signals.h"
#include "version.h"

#define EXIT_USAGE 2

static void usage(FILE *out)
{
	fputs("usage: rdline [-t] -c FILE\n"
	      "  -c, --config FILE  serve as FILE says, in the foreground, until SIGTERM or "
	      "SIGINT\n"
	      "  -t, --test         only check FILE: print what is wrong with it, exit 0 or 1\n"
	      "  -V, --version      print the version\n"
	      "  -h, --help         print this\n",
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
	char addresses[512];

	addresses_text(conf, addresses, sizeof(addresses));
	rdl_log_info("start",
		"ready addresses=%s port=%u workers=%u shards=%u registrations=%llu "
		"memory_mb=%llu start_ms=%llu telemetry=%s",
		addresses, conf->coap.port, conf->workers, conf->shards,
		(unsigned long long)conf->memory.registrations,
		(unsigned long long)(daemon_memory(daemon) >> 20),
		(unsigned long long)(rdl_clock_ms() - daemon->started_ms),
		instance_telemetry_path());
}

/* Everything is set up: launches it, and looks after it until the end. */
static int work(struct daemon *daemon)
{
	daemon_assign(daemon);
	int ret = daemon_launch(daemon);

	if (ret == 0 && (publisher_start(daemon) != 0 || control_socket_start(daemon) != 0))
		ret = -1;
	signals_started();
	if (ret == 0) {
		log_ready(daemon);
		dpdk_log_shown(true);
		while (signals_wait(MONITOR_MS) == 0)
			monitor_look(daemon->monitor);
	}
	control_socket_stop(daemon);
	publisher_stop(daemon);
	daemon_telemetry_stop(daemon);
	daemon_join(daemon);
	return ret;
}

/* EAL is up. */
static int run(struct daemon *daemon)
{
	int ret = -1;

	if (daemon_setup(daemon) == 0 && daemon_setup_shards(daemon) == 0 &&
		monitor_open(daemon) == 0 && daemon_telemetry(daemon) == 0 && !signals_end_asked())
		ret = work(daemon);
	daemon_telemetry_stop(daemon);
	monitor_close(daemon->monitor);
	daemon_teardown(daemon);
	rte_eal_cleanup();
	return ret;
}

static int serve(struct daemon *daemon)
{
	int ret = -1;

	signals_may_not_leave();
	if (instance_claim(daemon->conf) != 0 || daemon_keys(daemon) != 0)
		return -1;
	struct rdl_policy *policy = daemon_policy(daemon, daemon->conf);
	if (policy == NULL) {
		rdl_log_error("start", "no memory for the policy");
		return -1;
	}
	daemon->policy = policy;
	if (publisher_open(daemon) == 0 && control_socket_open(daemon) == 0 &&
		daemon_plan_lcores(daemon) == 0 && daemon_eal(daemon) == 0)
		ret = run(daemon);
	control_socket_close(daemon);
	publisher_close(daemon);
	rdl_policy_destroy(policy);
	/* Told to end, it has done what it was told, however far it had come. */
	return signals_end_asked() ? 0 : ret;
}

/* Reads the file, and says what is wrong with it: in the log, a line each. */
static struct rdl_conf *load(const char *path)
{
	char *text = NULL, *rest = NULL;
	size_t len;
	FILE *errors = open_memstream(&text, &len);

	if (errors == NULL)
		return rdl_conf_load(path, stderr);
	struct rdl_conf *conf = rdl_conf_load(path, errors);
	fclose(errors);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		rdl_log_line(RDL_LOG_ERROR, "", line);
	free(text);
	return conf;
}

static int check(const char *path)
{
	struct rdl_conf *conf = rdl_conf_load(path, stdout);
	int ret = conf != NULL ? EXIT_SUCCESS : EXIT_FAILURE;

	rdl_conf_free(conf);
	return ret;
}

static_assert((int)RDL_LOG_ERROR == RDL_CONF_LOG_ERROR && (int)RDL_LOG_WARN == RDL_CONF_LOG_WARN &&
		      (int)RDL_LOG_INFO == RDL_CONF_LOG_INFO &&
		      (int)RDL_LOG_DEBUG == RDL_CONF_LOG_DEBUG,
	"the configuration's levels are the log's");

static int start(const char *path)
{
	static struct daemon daemon;

	rdl_clock_start();
	daemon.started_ms = rdl_clock_ms();
	daemon.socket_id = -1; /* any NUMA node */
	rdl_log_open();
	if (signals_begin() != 0)
		return EXIT_FAILURE;
	signals_may_leave(NULL, 0); /* a long list of names takes its time, too */
	struct rdl_conf *conf = load(path);
	if (conf == NULL)
		return EXIT_FAILURE;
	rdl_log_show((enum rdl_log_level)conf->log_level);
	daemon.conf = conf;
	int ret = serve(&daemon) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	rdl_conf_free(conf);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "test", no_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	bool check_only = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:tVh", longs, NULL)) != -1) {
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
	return check_only ? check(path) : start(path);
}
