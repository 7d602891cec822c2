/* SPDX-License-Identifier: BSD-3-Clause */
#include "store.h"

#include "memory.h"

#include <assert.h>
#include <stdlib.h>

#define PAGE 65536u
#define NO_PAGE UINT32_MAX
#define NO_BLOCK UINT16_MAX
/* So many times what it had at first. */
#define GROWN_MAX 4

struct rdl_store_page {
	uint32_t next, prev; /* in `unused`, or in `open` of its class */
	uint16_t used; /* blocks in use */
	uint16_t cut; /* blocks used at least once since the page got its class */
	uint16_t free; /* first of the others; each free block begins with the next one's number */
	uint8_t class;
	uint8_t part; /* enum part */
};

/* Whom a page's blocks are for, while it has any in use. */
enum part { FOR_ANYBODY, FOR_LIVE };

static size_t class_size(unsigned class)
{
	return (size_t)((class & 1) != 0 ? 48 : 32) << (class >> 1);
}

static unsigned class_of(size_t len)
{
	if (len <= 32)
		return 0;
	unsigned log2 = 63 - (unsigned)__builtin_clzll(len - 1);
	return 2 * (log2 - 5) + (len <= (size_t)3 << (log2 - 1) ? 1 : 2);
}

uint64_t rdl_store_block_octets(size_t len)
{
	return class_size(class_of(len));
}

static uint32_t pages_for(uint64_t octets)
{
	uint64_t pages = (octets + PAGE - 1) / PAGE;
	uint32_t most =
		UINT32_MAX / (PAGE / RDL_STORE_UNIT); /* what a block's name can tell apart */

	return pages < most ? (uint32_t)pages : most;
}

static void push(struct rdl_store *store, uint32_t *list, uint32_t page)
{
	store->pages[page].next = *list;
	store->pages[page].prev = NO_PAGE;
	if (*list != NO_PAGE)
		store->pages[*list].prev = page;
	*list = page;
}

static void detach(struct rdl_store *store, uint32_t *list, uint32_t page)
{
	const struct rdl_store_page *p = &store->pages[page];

	if (p->prev == NO_PAGE)
		*list = p->next;
	else
		store->pages[p->prev].next = p->next;
	if (p->next != NO_PAGE)
		store->pages[p->next].prev = p->prev;
}

uint64_t rdl_store_memory(uint64_t octets)
{
	uint64_t pages = pages_for(octets);

	return rdl_memory_octets(pages * PAGE) +
	       rdl_memory_octets(pages * sizeof(struct rdl_store_page)) + rdl_accounts_memory();
}

/* Units of so many pages that one account may hold. */
static uint32_t share_of(uint32_t pages, uint32_t percent)
{
	uint64_t units = (uint64_t)pages * (PAGE / RDL_STORE_UNIT);

	return percent > 0 && percent < 100 ? (uint32_t)(units * percent / 100) : UINT32_MAX;
}

/* How many pages are for whom, and what one account may hold. */
static void divide(struct rdl_store *store, const struct rdl_store_config *config)
{
	uint32_t put_by = pages_for(config->short_octets), live = store->page_count / 4;
	uint32_t beside = store->page_count - put_by;
	size_t short_len =
		config->short_len > RDL_STORE_SHORT ? config->short_len : RDL_STORE_SHORT + 1;

	assert(put_by <= store->page_count);
	if (live > beside / 2)
		live = beside / 2;
	store->left[FOR_LIVE] = live;
	store->left[FOR_ANYBODY] = store->page_count - live;
	uint32_t to_long = store->page_count / 2;
	if (to_long > beside - live)
		to_long = beside - live;
	store->long_left = (int32_t)to_long;
	store->long_class = class_of(short_len) + (config->short_len > RDL_STORE_SHORT);
	store->share = share_of(store->page_count, config->prefix_percent);
	store->live_share = share_of(live, config->prefix_percent);
	store->long_share = share_of(to_long, config->prefix_percent);
}

/* No page is in use. */
static void empty(struct rdl_store *store)
{
	store->unused = NO_PAGE;
	for (unsigned c = 0; c < RDL_STORE_CLASSES; c++)
		store->open[FOR_ANYBODY][c] = store->open[FOR_LIVE][c] = NO_PAGE;
	for (uint32_t page = store->page_count; page-- > 0;)
		push(store, &store->unused, page);
}

bool rdl_store_create(struct rdl_store *store, const struct rdl_store_config *config)
{
	store->page_count = pages_for(config->octets);
	store->arena = rdl_memory_alloc((uint64_t)store->page_count * PAGE, config->socket_id);
	store->pages =
		rdl_memory_alloc(store->page_count * sizeof(*store->pages), config->socket_id);
	if (!rdl_accounts_create(&store->accounts, &config->key, config->socket_id) ||
		store->arena == NULL || store->pages == NULL)
		return false;
	empty(store);
	divide(store, config);
	return true;
}

void rdl_store_destroy(struct rdl_store *store)
{
	struct rdl_store grown;

	if (rdl_store_has_grown(store)) {
		rdl_store_shrink(store, &grown);
		rdl_store_drop(&grown);
	}
	rdl_memory_free(store->arena);
	rdl_memory_free(store->pages);
	rdl_accounts_destroy(&store->accounts);
}

uint64_t rdl_store_octets_max(const struct rdl_store *store)
{
	return (uint64_t)store->page_count * PAGE;
}

static bool is_long(const struct rdl_store *store, unsigned class)
{
	return class >= store->long_class;
}

/* An unused page becomes one of this class; NO_PAGE when the part has no more of them. */
static uint32_t open_page(struct rdl_store *store, unsigned class, enum part part, bool again)
{
	bool limited = part == FOR_ANYBODY && is_long(store, class);

	if (store->left[part] == 0 || (limited && store->long_left <= 0 && !again))
		return NO_PAGE;
	store->left[part]--;
	store->long_left -= limited;
	uint32_t page = store->unused;
	detach(store, &store->unused, page);
	struct rdl_store_page *p = &store->pages[page];
	p->used = 0;
	p->cut = 0;
	p->free = NO_BLOCK;
	p->class = (uint8_t) class;
	p->part = (uint8_t)part;
	push(store, &store->open[part][class], page);
	return page;
}

static void close_page(struct rdl_store *store, uint32_t page)
{
	const struct rdl_store_page *p = &store->pages[page];

	detach(store, &store->open[p->part][p->class], page);
	push(store, &store->unused, page);
	store->left[p->part]++;
	store->long_left += p->part == FOR_ANYBODY && is_long(store, p->class);
}

/*
 * A page with a block of `class` to give, or of a bigger one where no page is left for it: a
 * stranger's short need never spends long blocks.
 */
static uint32_t find_page(
	struct rdl_store *store, unsigned class, const struct rdl_store_claim *claim)
{
	bool live = claim->live;
	unsigned end = live || is_long(store, class) ? RDL_STORE_CLASSES : store->long_class;
	enum part last = live ? FOR_LIVE : FOR_ANYBODY;
	uint32_t page;

	for (unsigned part = FOR_ANYBODY; part <= last && !claim->packs; part++)
		if ((page = store->open[part][class]) != NO_PAGE ||
			(page = open_page(store, class, part, claim->again)) != NO_PAGE)
			return page;
	for (unsigned c = class; c < end; c++)
		for (unsigned part = FOR_ANYBODY; part <= last; part++)
			if ((page = store->open[part][c]) != NO_PAGE)
				return page;
	for (unsigned part = FOR_ANYBODY; part <= last && claim->packs; part++)
		if ((page = open_page(store, class, part, claim->again)) != NO_PAGE)
			return page;
	return NO_PAGE;
}

/*
 * Charges an account for a block of a page; false when it may not hold that much: its share of what
 * the block is part of, what is kept, what newcomers' long blocks have, or the whole.
 */
static bool charge(struct rdl_store *store, const struct rdl_store_page *page,
	const struct rdl_store_claim *claim)
{
	uint32_t *held = &store->accounts.units[claim->account];
	uint32_t units = (uint32_t)(class_size(page->class) / RDL_STORE_UNIT);
	uint32_t share = store->share;

	if (page->part == FOR_LIVE)
		share = store->live_share;
	else if (!claim->live && is_long(store, page->class))
		share = store->long_share;
	if (!claim->again && (units > share || *held > share - units))
		return false;
	*held += units;
	return true;
}

uint32_t rdl_store_alloc(struct rdl_store *store, size_t len, const struct rdl_store_claim *claim)
{
	if (len > RDL_STORE_BLOCK_MAX)
		return RDL_STORE_NONE;
	uint32_t page = find_page(store, class_of(len), claim);
	if (page == NO_PAGE)
		return RDL_STORE_NONE;
	struct rdl_store_page *p = &store->pages[page];
	if (!charge(store, p, claim)) {
		if (p->used == 0)
			close_page(store, page);
		return RDL_STORE_NONE;
	}
	size_t size = class_size(p->class);
	uint8_t *octets = store->arena + (uint64_t)page * PAGE;
	uint16_t block = p->free;
	if (block == NO_BLOCK)
		block = p->cut++;
	else
		memcpy(&p->free, octets + block * size, sizeof(p->free));
	p->used++;
	if (p->used == PAGE / size)
		detach(store, &store->open[p->part][p->class], page);
	store->octets += size;
	return (uint32_t)(((uint64_t)page * PAGE + block * size) / RDL_STORE_UNIT + 1);
}

static uint32_t page_of(uint32_t block)
{
	return (uint32_t)((uint64_t)(block - 1) * RDL_STORE_UNIT / PAGE);
}

bool rdl_store_fits(const struct rdl_store *store, uint32_t block, size_t len)
{
	return len <= class_size(store->pages[page_of(block)].class);
}

void rdl_store_free(struct rdl_store *store, uint32_t block, uint16_t account)
{
	uint64_t offset = (uint64_t)(block - 1) * RDL_STORE_UNIT;
	uint32_t page = page_of(block);
	struct rdl_store_page *p = &store->pages[page];
	size_t size = class_size(p->class);
	uint32_t *held = &store->accounts.units[account];

	assert(block != RDL_STORE_NONE && p->used > 0 && offset % PAGE % size == 0);
	assert(*held >= size / RDL_STORE_UNIT);
	*held -= (uint32_t)(size / RDL_STORE_UNIT);
	if (p->used == PAGE / size)
		push(store, &store->open[p->part][p->class], page);
	memcpy(rdl_store_at(store, block), &p->free, sizeof(p->free));
	p->free = (uint16_t)(offset % PAGE / size);
	p->used--;
	store->octets -= size;
	if (p->used == 0)
		close_page(store, page);
}

/* ---- more than it has ---- */

bool rdl_store_grow(struct rdl_store *store)
{
	uint32_t had = store->page_count;
	uint32_t more = rdl_store_has_grown(store) ? store->own_count : had;
	uint32_t pages = pages_for((uint64_t)(had + more) * PAGE);

	if (pages != had + more || had >= GROWN_MAX * more)
		return false;
	uint8_t *arena = aligned_alloc(RDL_CACHE_LINE, (uint64_t)pages * PAGE);
	struct rdl_store_page *page = malloc(pages * sizeof(*page));
	if (arena == NULL || page == NULL) {
		free(arena);
		free(page);
		return false;
	}
	memcpy(arena, store->arena, (uint64_t)had * PAGE);
	memcpy(page, store->pages, had * sizeof(*page));
	if (rdl_store_has_grown(store)) {
		free(store->arena);
		free(store->pages);
	} else {
		store->own_arena = store->arena;
		store->own_pages = store->pages;
		store->own_count = had;
	}
	store->arena = arena;
	store->pages = page;
	store->page_count = pages;
	store->left[FOR_ANYBODY] += more;
	while (pages-- > had)
		push(store, &store->unused, pages);
	return true;
}

/* Pages are for whom they were for before any was in use. */
static void take_back(struct rdl_store *store, const struct rdl_store *grown)
{
	uint32_t used[2] = { 0 }, of_long = 0, page;

	for (page = grown->unused; page != NO_PAGE; page = grown->pages[page].next)
		grown->pages[page].used = 0;
	for (page = 0; page < grown->page_count; page++) {
		const struct rdl_store_page *p = &grown->pages[page];

		if (p->used == 0)
			continue;
		used[p->part]++;
		of_long += p->part == FOR_ANYBODY && is_long(grown, p->class);
	}
	store->left[FOR_ANYBODY] += used[FOR_ANYBODY] - (grown->page_count - grown->own_count);
	store->left[FOR_LIVE] += used[FOR_LIVE];
	store->long_left += (int32_t)of_long;
}

void rdl_store_shrink(struct rdl_store *store, struct rdl_store *grown)
{
	assert(rdl_store_has_grown(store));
	*grown = *store;
	take_back(store, grown);
	store->arena = store->own_arena;
	store->pages = store->own_pages;
	store->page_count = store->own_count;
	store->own_arena = NULL;
	store->own_pages = NULL;
	store->own_count = 0;
	store->octets = 0;
	rdl_accounts_empty(&store->accounts);
	empty(store);
}

void rdl_store_drop(struct rdl_store *grown)
{
	free(grown->arena);
	free(grown->pages);
}
