/* SPDX-License-Identifier: BSD-3-Clause */
/* The end: nobody comes in any more, who is inside is waited for, who is connected is cut off. */
#include "fixture.h"

#include <pthread.h>
#include <sys/wait.h>

static int stopped;

static void *stops(void *unused)
{
	(void)unused;
	telemetry_stop();
	__atomic_store_n(&stopped, 1, __ATOMIC_RELEASE);
	return NULL;
}

#define QUESTION "/rdline/registration,a"
#define NULL_ANSWER "{\"/rdline/registration\":null}"

/*
 * Somebody in a process of its own, since all sockets of telemetry's in this one are hung up: asks,
 * says in the pipe what it heard, and stays until it is hung up on.
 */
static pid_t visitor(int *pipe_end)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char reply[128];
		int fd = connected();

		say(fd, QUESTION);
		ssize_t n = recv(fd, reply, sizeof(reply), 0);
		if (n <= 0 || write(ends[1], reply, (size_t)n) != n)
			_exit(1);
		_exit(recv(fd, reply, sizeof(reply), 0) > 0);
	}
	close(ends[1]);
	*pipe_end = ends[0];
	return child;
}

static void who_is_inside(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	char reply[128] = "";
	int answers, status;
	pthread_t thread;

	gateway_register("a", 60, list);
	free(list);
	/* A question is under way that no owner answers. */
	pid_t child = visitor(&answers);
	while (!rdl_mailbox_pending(&gateway_owners.cores[0]->question.mailbox) &&
		!rdl_mailbox_pending(&gateway_owners.cores[1]->question.mailbox))
		usleep(50);
	assert_int_equal(pthread_create(&thread, NULL, stops, NULL), 0);
	/* Nobody comes in any more: others are told so at once. */
	do
		say(socket_fd, "/rdline/stats");
	while (strcmp(heard_from(socket_fd), "{\"/rdline/stats\":null}") != 0);
	/* Nobody is cut off, however long that takes. */
	usleep(20000);
	say(socket_fd, "/rdline/registrations");
	assert_string_equal(heard_from(socket_fd), "{\"/rdline/registrations\":null}");
	assert_int_equal(__atomic_load_n(&stopped, __ATOMIC_ACQUIRE), 0);
	close(socket_fd);
	socket_fd = -1;
	/* It has its answer, and only then all are cut off. */
	own_clock_pass(QUESTION_WAIT_MS);
	assert_int_equal(read(answers, reply, sizeof(reply) - 1), strlen(NULL_ANSWER));
	assert_string_equal(reply, NULL_ANSWER);
	close(answers);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_null(telemetry_hold());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TELEMETRY_TEST(who_is_inside),
	};

	return RUN_TELEMETRY_TESTS(tests);
}
