/* SPDX-License-Identifier: BSD-3-Clause */
/* A server of lines and its clients, in one process. */
#include "support.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lines.h"
#include "talk.h"

#define CLIENTS_MAX 3
#define OUT_OCTETS 8192
/* Longer than any step of a test takes, and never waited for. */
#define PATIENCE_MS 20000

static char folder[] = "/tmp/rdl-lines-XXXXXX";
static char path[64];
static unsigned closed_count; /* by the server's thread; read when it has ended */

/* Says what it heard; "keep" and "flood" do so. */
static void answer(struct rdl_lines_client *client, const char *text, size_t len)
{
	char line[RDL_LINES_MAX + 2];

	if (len == 4 && memcmp(text, "keep", 4) == 0)
		client->keeps = true;
	int n = snprintf(line, sizeof(line), "<%.*s>\n", (int)len, text);
	if (!rdl_lines_put(client, line, (size_t)n)) {
		rdl_lines_count(&client->lines->counts.let_go);
		client->dead = true;
	}
}

static void closed(struct rdl_lines_client *client)
{
	closed_count++;
}

static bool is_polite;

static void farewell(struct rdl_lines *lines)
{
	if (!is_polite)
		return;
	for (unsigned i = 0; i < lines->client_count; i++)
		assert_true(rdl_lines_put(lines->clients[i], "bye\n", 4));
}

static struct rdl_lines *server_at(const char *at, unsigned idle_ms)
{
	return rdl_lines_open(&(struct rdl_lines_config){
		.area = "test",
		.at = { .path = at, .file = "test.conf", .line = 7 },
		.clients_max = CLIENTS_MAX,
		.out_octets = OUT_OCTETS,
		.idle_ms = idle_ms,
		.line = answer,
		.closed = closed,
		.stop = farewell,
	});
}

static struct rdl_lines *started(unsigned idle_ms)
{
	struct rdl_lines *lines = server_at(path, idle_ms);

	assert_non_null(lines);
	assert_int_equal(rdl_lines_start(lines), 0);
	return lines;
}

static int connected(void)
{
	int fd = talk_to(path);

	assert_true(fd >= 0);
	return fd;
}

/* Reads just so much as is expected; "" is the end. */
static void hears(int fd, const char *expected)
{
	char text[512];
	size_t want = strlen(expected), got = 0;

	do {
		struct pollfd wait = { .fd = fd, .events = POLLIN };

		assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
		ssize_t n = recv(fd, text + got, want > 0 ? want - got : 1, 0);
		if (want == 0) {
			/* Reset: the server did not read all that it was sent. */
			assert_true(n <= 0);
			return;
		}
		assert_true(n > 0);
		got += (size_t)n;
	} while (got < want);
	assert_memory_equal(text, expected, want);
}

static void lines_however_they_come(void **state)
{
	struct rdl_lines *lines = started(PATIENCE_MS);
	int a = connected(), b = connected();

	talk_say(a, "one\ntwo\nthr");
	hears(a, "<one>\n<two>\n");
	talk_say(b, "\n");
	hears(b, "<>\n");
	talk_say(a, "ee\n");
	hears(a, "<three>\n");
	/* Who says nothing more still hears, and that what was no line is none. */
	talk_say(b, "last\nhalf");
	assert_int_equal(shutdown(b, SHUT_WR), 0);
	hears(b, "<last>\n{\"error\":\"the last line has no end, and is not taken\"}\n");
	hears(b, "");
	close(a);
	close(b);
	rdl_lines_stop(lines);
	assert_int_equal(lines->counts.accepted, 2);
	assert_int_equal(lines->counts.errors, 1);
	assert_int_equal(lines->counts.clients, 0);
	rdl_lines_close(lines);
}

static void the_last_word(void **state)
{
	struct rdl_lines *lines = started(PATIENCE_MS);
	int fd = connected();

	talk_say(fd, "one\n");
	hears(fd, "<one>\n");
	is_polite = true;
	rdl_lines_stop(lines);
	is_polite = false;
	hears(fd, "bye\n");
	hears(fd, "");
	close(fd);
	rdl_lines_close(lines);
}

static void a_line_too_long(void **state)
{
	struct rdl_lines *lines = started(PATIENCE_MS);
	char line[RDL_LINES_MAX + 1];
	int fd = connected();

	memset(line, 'x', sizeof(line));
	line[RDL_LINES_MAX - 1] = '\0';
	talk_say(fd, line);
	talk_say(fd, "\n");
	hears(fd, "<xxxx");
	close(fd);
	fd = connected();
	line[RDL_LINES_MAX - 1] = 'x';
	line[RDL_LINES_MAX] = '\0';
	talk_say(fd, line);
	hears(fd, "{\"error\":\"a line is longer than 4095 octets\"}\n");
	hears(fd, "");
	close(fd);
	rdl_lines_stop(lines);
	assert_int_equal(lines->counts.errors, 1);
	rdl_lines_close(lines);
}

static void no_more_than_so_many(void **state)
{
	struct rdl_lines *lines = started(PATIENCE_MS);
	int fds[CLIENTS_MAX];

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = connected();
		talk_say(fds[i], "hello\n");
		hears(fds[i], "<hello>\n");
	}
	int more = connected();
	hears(more, "{\"error\":\"too many connections\"}\n");
	hears(more, "");
	close(more);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		close(fds[i]);
	rdl_lines_stop(lines);
	assert_int_equal(lines->counts.turned_away, 1);
	assert_int_equal(lines->counts.accepted, CLIENTS_MAX);
	rdl_lines_close(lines);
}

static void who_says_nothing(void **state)
{
	struct rdl_lines *lines = started(1);
	int silent = connected();

	hears(silent, "{\"error\":\"no request in time\"}\n");
	hears(silent, "");
	close(silent);
	rdl_lines_close(lines);

	/* One that keeps may be silent. */
	lines = started(100);
	int keeps = connected();
	talk_say(keeps, "keep\n");
	hears(keeps, "<keep>\n");
	silent = connected();
	hears(silent, "{\"error\":\"no request in time\"}\n");
	talk_say(keeps, "still here\n");
	hears(keeps, "<still here>\n");
	/* So may one that has said all that it has to say. */
	assert_int_equal(shutdown(keeps, SHUT_WR), 0);
	int other = connected();
	talk_say(other, "hello\n");
	hears(other, "<hello>\n");
	assert_int_equal(__atomic_load_n(&lines->counts.clients, __ATOMIC_RELAXED), 2);
	close(other);
	close(silent);
	close(keeps);
	rdl_lines_close(lines);
}

static void who_does_not_read(void **state)
{
	struct rdl_lines *lines = started(PATIENCE_MS);
	int fd = connected(), other = connected();
	char text[2001];

	memset(text, 'y', sizeof(text) - 2);
	text[sizeof(text) - 2] = '\n';
	text[sizeof(text) - 1] = '\0';
	while (send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL) > 0)
		;
	/* Nobody else is held up. */
	talk_say(other, "hello\n");
	hears(other, "<hello>\n");
	close(fd);
	close(other);
	rdl_lines_stop(lines);
	assert_int_equal(lines->counts.let_go, 1);
	rdl_lines_close(lines);
}

static void the_end(void **state)
{
	struct rdl_lines *lines = started(PATIENCE_MS);
	int fd = connected();

	talk_say(fd, "hello\n");
	hears(fd, "<hello>\n");
	closed_count = 0;
	rdl_lines_stop(lines);
	assert_int_equal(closed_count, 1);
	hears(fd, "");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(talk_to(path), -1);
	close(fd);
	rdl_lines_stop(lines);
	rdl_lines_close(lines);
	rdl_lines_stop(NULL);
	rdl_lines_close(NULL);
}

/* Lines as long as the owner says, and a mode that it says. */
static void as_its_owner_says(void **state)
{
	struct rdl_lines *lines = rdl_lines_open(&(struct rdl_lines_config){
		.area = "test",
		.at = { .path = path, .mode = 0600, .file = "test.conf", .line = 7 },
		.clients_max = 1,
		.out_octets = OUT_OCTETS,
		.line_octets = 9,
		.idle_ms = PATIENCE_MS,
		.line = answer,
	});
	struct stat status;

	assert_non_null(lines);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(rdl_lines_start(lines), 0);
	int fd = connected();
	talk_say(fd, "12345678\n123456789\n");
	hears(fd, "<12345678>\n{\"error\":\"a line is longer than 8 octets\"}\n");
	hears(fd, "");
	close(fd);
	rdl_lines_close(lines);
}

static unsigned round_count; /* relaxed */

static int count_rounds(struct rdl_lines *lines)
{
	__atomic_store_n(&round_count, round_count + 1, __ATOMIC_RELAXED);
	return -1;
}

/* Each time one more round, and none that nobody asked for. */
static void woken(void **state)
{
	struct rdl_lines *lines = rdl_lines_open(&(struct rdl_lines_config){
		.area = "test",
		.at = { .path = path, .file = "test.conf", .line = 7 },
		.clients_max = 1,
		.out_octets = OUT_OCTETS,
		.line = answer,
		.work = count_rounds,
	});

	assert_non_null(lines);
	assert_int_equal(rdl_lines_start(lines), 0);
	for (unsigned i = 1; i <= 2; i++) {
		rdl_lines_wake(lines);
		while (__atomic_load_n(&round_count, __ATOMIC_RELAXED) < i)
			usleep(1000);
	}
	usleep(20000);
	assert_int_equal(__atomic_load_n(&round_count, __ATOMIC_RELAXED), 2);
	rdl_lines_close(lines);
}

static void a_socket_of_its_mode(void **state)
{
	struct rdl_lines *lines = server_at(path, PATIENCE_MS);
	struct stat status;

	assert_non_null(lines);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0660);
	/* It is served, or about to be. */
	assert_null(server_at(path, PATIENCE_MS));
	assert_int_equal(access(path, F_OK), 0);
	rdl_lines_close(lines);
	assert_int_equal(access(path, F_OK), -1);
}

static void what_is_in_the_way(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int left = socket(AF_UNIX, SOCK_STREAM, 0);

	/* A socket that a process left behind when it died makes way. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(left, (struct sockaddr *)&address, sizeof(address)), 0);
	close(left);
	rdl_lines_close(started(PATIENCE_MS));

	/* Whatever is no socket stays. */
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_null(server_at(path, PATIENCE_MS));
	assert_int_equal(unlink(path), 0);
}

static void its_folder_and_group(void **state)
{
	char deep[96], inner[80];
	struct stat status;

	snprintf(inner, sizeof(inner), "%s/run", folder);
	snprintf(deep, sizeof(deep), "%s/socket", inner);
	struct rdl_lines *lines = server_at(deep, PATIENCE_MS);
	assert_non_null(lines);
	assert_int_equal(stat(inner, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	rdl_lines_close(lines);
	assert_int_equal(rmdir(inner), 0);
	/* Only the last part: two are somebody's mistake. */
	snprintf(deep, sizeof(deep), "%s/a/b/socket", folder);
	assert_null(server_at(deep, PATIENCE_MS));
	assert_null(rdl_lines_open(&(struct rdl_lines_config){ .area = "test",
		.at = { .path = path, .group = "no such group", .file = "test.conf" } }));
	assert_int_equal(access(path, F_OK), -1);
}

static int begin(void **state)
{
	umask(022);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	return 0;
}

static int end(void **state)
{
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_however_they_come),
		cmocka_unit_test(the_last_word),
		cmocka_unit_test(a_line_too_long),
		cmocka_unit_test(no_more_than_so_many),
		cmocka_unit_test(who_says_nothing),
		cmocka_unit_test(who_does_not_read),
		cmocka_unit_test(the_end),
		cmocka_unit_test(as_its_owner_says),
		cmocka_unit_test(woken),
		cmocka_unit_test(a_socket_of_its_mode),
		cmocka_unit_test(what_is_in_the_way),
		cmocka_unit_test(its_folder_and_group),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
