/* SPDX-License-Identifier: BSD-3-Clause */
/* The terminal: views, one after the other, and keys. */
#include "top.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ncurses.h>

#include "source.h"

#define ESCAPE 27
#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS 60000

struct screen {
	struct source source;
	struct view view;
	enum view_order order;
	unsigned interval_ms;
	unsigned first; /* line shown at the top */
	bool frozen, help, left;
	/* Empty: everything is shown; else this one. */
	char endpoint[RDL_ENDPOINT_MAX + 1];
};

static void show(struct screen *screen)
{
	screen->view.count = 0;
	source_view(&screen->source, &screen->view, screen->order,
		screen->endpoint[0] != '\0' ? screen->endpoint : NULL);
}

static void look(struct screen *screen)
{
	source_take(&screen->source);
	show(screen);
}

static attr_t attributes(enum view_style style)
{
	static const attr_t styles[] = { [VIEW_PLAIN] = A_NORMAL,
		[VIEW_STRONG] = A_BOLD,
		[VIEW_HEAD] = A_REVERSE,
		[VIEW_ALARM] = A_BOLD };

	return styles[style] | (style == VIEW_ALARM && has_colors() ? COLOR_PAIR(1) : 0);
}

static const char *const help[] = { "q        leave", "space    freeze, and go on",
	"s        sort what is lost: by rate, total, name", "e, Enter  look at one endpoint",
	"Esc      back to everything", "+ -      a longer, a shorter interval",
	"arrows, page keys, Home, End: scroll", "h, ?     this" };

static void draw(struct screen *screen)
{
	unsigned rows = LINES > 1 ? (unsigned)LINES - 1 : 0;

	if (screen->first >= screen->view.count)
		screen->first = screen->view.count > 0 ? screen->view.count - 1 : 0;
	erase();
	for (unsigned i = 0; i < rows; i++) {
		unsigned number = screen->first + i;

		if (screen->help && i < RDL_ARRAY_LEN(help)) {
			mvaddnstr((int)i, 0, help[i], COLS);
		} else if (!screen->help && number < screen->view.count) {
			const struct view_line *line = &screen->view.lines[number];

			attrset((int)attributes(line->style));
			mvaddnstr((int)i, 0, line->text, COLS);
			if (line->style == VIEW_HEAD)
				hline(' ', COLS);
		}
	}
	attrset((int)A_DIM);
	mvprintw(LINES - 1, 0, "%severy %.1f s   q leave  space freeze  s sort  e endpoint  h help",
		screen->frozen ? "FROZEN   " : "", screen->interval_ms / 1000.0);
	attrset((int)A_NORMAL);
	refresh();
}

/* A name is typed in the last line; none, or none that is left out, changes nothing. */
static void ask_endpoint(struct screen *screen)
{
	char name[sizeof(screen->endpoint)] = "";

	mvaddstr(LINES - 1, 0, "endpoint: ");
	clrtoeol();
	echo();
	curs_set(1);
	timeout(-1);
	if (getnstr(name, (int)sizeof(name) - 1) == OK && name[0] != '\0') {
		strcpy(screen->endpoint, name);
		screen->first = 0;
	}
	noecho();
	curs_set(0);
}

static void scroll_by(struct screen *screen, int lines)
{
	int first = (int)screen->first + lines;

	screen->first = first > 0 ? (unsigned)first : 0;
}

static void change_interval(struct screen *screen, unsigned ms)
{
	if (ms >= INTERVAL_MIN_MS && ms <= INTERVAL_MAX_MS)
		screen->interval_ms = ms;
}

/* True: what is shown is another thing now. */
static bool press(struct screen *screen, int key)
{
	switch (key) {
	case 'q':
		screen->left = true;
		return false;
	case ' ':
		screen->frozen = !screen->frozen;
		return false;
	case 's':
		screen->order = (screen->order + 1) % VIEW_ORDERS;
		return true;
	case 'e':
	case '\n':
	case KEY_ENTER:
		ask_endpoint(screen);
		return true;
	case ESCAPE:
		screen->endpoint[0] = '\0';
		screen->help = false;
		screen->first = 0;
		return true;
	case 'h':
	case '?':
		screen->help = !screen->help;
		return false;
	case '+':
		change_interval(screen, screen->interval_ms * 2);
		return false;
	case '-':
		change_interval(screen, screen->interval_ms / 2);
		return false;
	case KEY_UP:
		scroll_by(screen, -1);
		return false;
	case KEY_DOWN:
		scroll_by(screen, 1);
		return false;
	case KEY_PPAGE:
		scroll_by(screen, -LINES);
		return false;
	case KEY_NPAGE:
		scroll_by(screen, LINES);
		return false;
	case KEY_HOME:
		screen->first = 0;
		return false;
	case KEY_END:
		scroll_by(screen, VIEW_LINES_MAX);
		return false;
	default:
		return false;
	}
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void follow(struct screen *screen)
{
	long long next = now_ms() + screen->interval_ms;

	while (!screen->left) {
		draw(screen);
		long long left = next - now_ms();
		timeout(screen->frozen ? -1 : left > 0 ? (int)left : 0);
		int key = getch();
		if (key != ERR && press(screen, key))
			show(screen);
		if (screen->frozen || now_ms() < next)
			continue;
		look(screen);
		next = now_ms() + screen->interval_ms;
	}
}

/* What the client says on standard error would stand in the middle of the screen. */
static void on_screen(struct screen *screen)
{
	int standard = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* That it does not know the terminal it says there, and ends. */
	initscr();
	if (nowhere >= 0)
		dup2(nowhere, STDERR_FILENO);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	set_escdelay(50);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(1, COLOR_RED, -1);
	}
	follow(screen);
	endwin();
	if (standard >= 0)
		dup2(standard, STDERR_FILENO);
	close(standard);
	close(nowhere);
}

/* Views as text, for scripts and for reports. */
static void print_all(struct screen *screen, unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		usleep(screen->interval_ms * 1000);
		look(screen);
		for (unsigned i = 0; i < screen->view.count; i++)
			puts(screen->view.lines[i].text);
		if (n + 1 < count)
			putchar('\n');
		fflush(stdout);
	}
}

int top_run(const struct top_options *options)
{
	static struct screen screen;

	if (options->batch == 0 && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		fputs("rdline-top: this is no terminal: --batch N prints N views\n", stderr);
		return 1;
	}
	setlocale(LC_ALL, "");
	screen.interval_ms = options->interval_ms;
	source_open(&screen.source, options);
	look(&screen);
	if (screen.source.samples == 0) {
		fprintf(stderr, "rdline-top: %s: %s\n",
			options->url != NULL ? options->url : options->telemetry,
			screen.source.problem);
		source_close(&screen.source);
		return 1;
	}
	if (options->batch > 0)
		print_all(&screen, options->batch);
	else
		on_screen(&screen);
	source_close(&screen.source);
	return 0;
}
