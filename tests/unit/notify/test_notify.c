/* SPDX-License-Identifier: BSD-3-Clause */
/* What a service manager hears, on a socket of the test's own. */
#include "support.h"

#include "notify.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int heard = -1;
static char folder[] = "/tmp/rdline-notify-XXXXXX";
static char path[64];

static int listen_there(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	heard = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (heard < 0 || bind(heard, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	return setenv("NOTIFY_SOCKET", path, 1);
}

static int leave(void **state)
{
	close(heard);
	unlink(path);
	return rmdir(folder);
}

/* The next message, or "" when there is none. */
static const char *next(void)
{
	static char message[1024];
	ssize_t len = recv(heard, message, sizeof(message) - 1, 0);

	message[len > 0 ? len : 0] = '\0';
	return message;
}

static void a_start_takes_its_time(void **state)
{
	rdl_notify_starting("reads the state, %llu entries so far", 12ull);
	assert_string_equal(next(), "EXTEND_TIMEOUT_USEC=60000000\n"
				    "STATUS=reads the state, 12 entries so far");
	rdl_notify_serves("serves %s", "192.0.2.1");
	assert_string_equal(next(), "READY=1\nSTATUS=serves 192.0.2.1");
	assert_string_equal(next(), "");
}

static void the_watchdog_is_fed_while_all_is_well(void **state)
{
	rdl_notify_serves("serves");
	(void)next();
	rdl_notify_alive(true, "wrong");
	assert_string_equal(next(), "WATCHDOG=1");
	/* What is wrong is said once, and feeds nothing. */
	rdl_notify_alive(false, "wrong");
	assert_string_equal(next(), "STATUS=wrong");
	rdl_notify_alive(false, "wrong");
	assert_string_equal(next(), "");
	rdl_notify_alive(true, "wrong");
	assert_string_equal(next(), "WATCHDOG=1\nSTATUS=serves");
	rdl_notify_alive(true, "wrong");
	assert_string_equal(next(), "WATCHDOG=1");
}

static void a_reload_begins_and_ends(void **state)
{
	rdl_notify_serves("serves");
	(void)next();
	rdl_notify_reloading();
	assert_string_equal(next(), "RELOADING=1\nSTATUS=reads the configuration again");
	rdl_notify_reloaded("nothing is changed");
	assert_string_equal(next(), "READY=1\nSTATUS=serves; nothing is changed");
	rdl_notify_stopping(7, "ends in %d s", 2);
	assert_string_equal(next(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=12000000\nSTATUS=ends in 2 s");
	/* What was served is shown no more. */
	rdl_notify_alive(false, "stands still");
	assert_string_equal(next(), "STATUS=stands still");
	rdl_notify_alive(true, "");
	assert_string_equal(next(), "WATCHDOG=1\nSTATUS=ends in 2 s");
}

static void a_long_status_is_cut(void **state)
{
	static const char head[] = "READY=1\nSTATUS=";
	char text[2 * RDL_NOTIFY_STATUS_MAX];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	rdl_notify_serves("%s", text);
	const char *message = next();
	assert_memory_equal(message, head, sizeof(head) - 1);
	assert_int_equal(strlen(message), sizeof(head) - 1 + RDL_NOTIFY_STATUS_MAX - 1);
}

/* It must not keep the gateway from its work. */
static void nobody_has_to_listen(void **state)
{
	unsetenv("NOTIFY_SOCKET");
	rdl_notify_serves("serves");
	rdl_notify_alive(true, "wrong");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	rdl_notify_alive(true, "wrong");
	rdl_notify_stopping(1, "ends");
	setenv("NOTIFY_SOCKET", path, 1);
	assert_string_equal(next(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_takes_its_time),
		cmocka_unit_test(the_watchdog_is_fed_while_all_is_well),
		cmocka_unit_test(a_reload_begins_and_ends),
		cmocka_unit_test(a_long_status_is_cut),
		cmocka_unit_test(nobody_has_to_listen),
	};

	return cmocka_run_group_tests(tests, listen_there, leave);
}
