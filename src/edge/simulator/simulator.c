#include "edge/simulator/simulator.h"

#include <stdio.h>

#include "base/mem.h"
#include "edge/simulator/inside.h"
#include "wire/json.h"
#include "wire/utf.h"

#define LINE_LIMIT      (256 * 1024) /* a payload of 65,535 octets in hexadecimal, and names */
#define SHORT_CODE_MAX  7
#define INBOUND_TICK_MS 10
#define NEVER           UINT64_MAX

/* SplitMix64 */
uint64_t simulator_random(struct simulator *simulator, uint64_t below)
{
    if (below <= 1) return 0;
    uint64_t x = simulator->random += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return (x ^ x >> 31) % below;
}

bool simulator_chance(struct simulator *simulator, uint32_t share)
{
    return share > 0 && simulator_random(simulator, 1000000) < share;
}

bool simulator_account(struct simulator *simulator, struct slice system_id, uint32_t *out)
{
    for (uint32_t i = 0; i < simulator->account_count; i++) {
        const struct account *account = &simulator->accounts[i];
        if (!slice_eq(slice_of(account->system_id, account->system_id_size), system_id)) continue;
        *out = i;
        return true;
    }
    if (simulator->account_count == ACCOUNTS_MAX ||
        system_id.size > sizeof simulator->accounts->system_id)
        return false;
    size_t size = (simulator->account_count + 1) * sizeof(struct account);
    simulator->accounts = mem_resize(simulator->accounts, size);
    struct account *account = &simulator->accounts[simulator->account_count];
    *account = (struct account){.system_id_size = (uint32_t)system_id.size};
    if (system_id.size) memcpy(account->system_id, system_id.at, system_id.size);
    *out = simulator->account_count++;
    return true;
}

/* Parcels that wait for their time */

static void simulator_arm(struct simulator *simulator)
{
    uint64_t due, now = loop_mono_ms(simulator->loop);
    if (!parcel_next_due(&simulator->parcels, &due)) return;
    if (due >= simulator->parcel_armed_mono_ms) return;
    simulator->parcel_armed_mono_ms = due;
    loop_timer_start(simulator->loop, &simulator->parcel_timer, due > now ? due - now : 0);
}

void simulator_wait(struct simulator *simulator, uint32_t parcel, uint64_t delay_ms)
{
    parcel_wait(&simulator->parcels, parcel, loop_mono_ms(simulator->loop) + delay_ms);
    simulator_arm(simulator);
}

static void simulator_parcels_due(struct loop_timer *timer)
{
    struct simulator *simulator =
        (struct simulator *)(void *)((char *)timer - offsetof(struct simulator, parcel_timer));
    uint64_t now = loop_mono_ms(simulator->loop);
    uint32_t parcel;
    simulator->parcel_armed_mono_ms = NEVER;
    while ((parcel = parcel_due_now(&simulator->parcels, now)) != 0) {
        if (parcel_at(&simulator->parcels, parcel)->kind == PARCEL_RESPONSE) {
            /* What was due before this leaves before it. */
            deliver_all(simulator);
            submit_respond(simulator, parcel);
        } else {
            deliver_ready(simulator, parcel);
        }
    }
    deliver_all(simulator);
    simulator_arm(simulator);
}

/* Inbound messages */

static void keep_address(struct slice text, struct parcel_address *out)
{
    bool plus = text.size > 0 && text.at[0] == '+';
    struct slice rest = slice_from(text, plus ? 1 : 0);
    uint64_t number;
    *out = (struct parcel_address){.ton = SMPP_TON_ALPHANUMERIC, .npi = SMPP_NPI_UNKNOWN};
    if (slice_u64(rest, &number)) {
        text = rest;
        out->ton = plus || rest.size > SHORT_CODE_MAX ? SMPP_TON_INTERNATIONAL : SMPP_TON_UNKNOWN;
        out->npi = SMPP_NPI_ISDN;
    }
    out->size = (uint8_t)(text.size < sizeof out->digits ? text.size : sizeof out->digits - 1);
    if (out->size) memcpy(out->digits, text.at, out->size);
}

static struct inbound_segment *keep_segment(const struct segment_list *list, size_t i,
                                            enum segment_form form, uint16_t reference)
{
    const struct segment *from = &list->at[i];
    struct inbound_segment *segment = mem_alloc(sizeof *segment + from->size);
    bool by_tlv = form == SEGMENT_SAR && from->total > 1;
    segment->data_coding = list->encoding == ENCODING_UCS2 ? SMPP_CODING_UCS2 : SMPP_CODING_DEFAULT;
    segment->esm_class = from->has_header ? SMPP_ESM_UDHI : 0;
    segment->reference = reference;
    segment->total = by_tlv ? from->total : 0;
    segment->number = from->number;
    segment->size = (uint16_t)from->size;
    memcpy(segment->bytes, from->bytes, from->size);
    return segment;
}

bool simulator_inject(struct simulator *simulator, const struct simulator_inbound *inbound)
{
    static const enum segment_form forms[] = {
        [SIMULATOR_LONG_UDH8] = SEGMENT_UDH8,
        [SIMULATOR_LONG_UDH16] = SEGMENT_UDH16,
        [SIMULATOR_LONG_SAR] = SEGMENT_SAR,
    };
    enum segment_form form = forms[simulator->options.long_form];
    struct parcel_pool *pool = &simulator->parcels;
    struct segment_list list;
    struct arena arena = {0};
    uint16_t reference = ++simulator->reference;
    bool cut = utf8_valid(inbound->text) &&
               segment_cut(inbound->text, form, reference, &arena, &list) &&
               list.count + pool->count <= pool->limit;
    for (size_t i = 0; cut && i < list.count; i++) {
        uint32_t index = parcel_new(pool, PARCEL_INBOUND);
        struct parcel *parcel = parcel_at(pool, index);
        keep_address(inbound->source, &parcel->source);
        keep_address(inbound->destination, &parcel->destination);
        parcel->inbound = keep_segment(&list, i, form, reference);
        parcel_push(pool, &simulator->inbound, index);
    }
    arena_done(&arena);
    if (cut) deliver_all(simulator);
    return cut;
}

/* How many of the option's inbound messages should have been made by now. */
static uint64_t inbound_wanted(const struct simulator *simulator)
{
    const struct simulator_options *options = &simulator->options;
    uint64_t elapsed_ms = loop_mono_ms(simulator->loop) - simulator->inbound_begin_mono_ms;
    if (options->inbound_rate == 0) return options->inbound_count ? options->inbound_count : 1;
    uint64_t wanted = 1 + elapsed_ms * options->inbound_rate / 1000;
    bool over = options->inbound_count && wanted > options->inbound_count;
    return over ? options->inbound_count : wanted;
}

static void simulator_inbound_due(struct loop_timer *timer)
{
    struct simulator *simulator =
        (struct simulator *)(void *)((char *)timer - offsetof(struct simulator, inbound_timer));
    const struct simulator_options *options = &simulator->options;
    const struct simulator_inbound inbound = {
        .source = slice_cstr(options->inbound_source),
        .destination = slice_cstr(options->inbound_destination),
        .text = slice_cstr(options->inbound_text),
    };
    if (!simulator->inbound_begin_mono_ms)
        simulator->inbound_begin_mono_ms = loop_mono_ms(simulator->loop);
    while (simulator->inbound_made < inbound_wanted(simulator)) {
        simulator->inbound_made++;
        if (!simulator_inject(simulator, &inbound)) break; /* one that found no room is skipped */
    }
    bool is_last = options->inbound_count && simulator->inbound_made >= options->inbound_count;
    if (options->inbound_rate == 0 || is_last) return;
    loop_timer_start(simulator->loop, timer, INBOUND_TICK_MS);
}

void simulator_begin_inbound(struct simulator *simulator)
{
    const struct simulator_options *options = &simulator->options;
    if (!options->inbound_text[0] || simulator->inbound_made || simulator->inbound_timer.heap_index)
        return;
    loop_timer_start(simulator->loop, &simulator->inbound_timer,
                     1000ull * options->inbound_after_s);
}

/* Life */

static void simulator_on_accept(void *user, struct tcp *tcp)
{
    struct simulator *simulator = user;
    uint32_t open = 0;
    for (uint32_t i = 0; i < simulator->peer_capacity; i++)
        open += simulator->peers[i] != NULL;
    if (open >= PEERS_MAX)
        tcp_close(tcp, true);
    else
        tcp_set_user(tcp, &peer_events, peer_new(simulator, tcp));
}

struct simulator *simulator_open(struct loop *loop, const struct simulator_options *options,
                                 char *out_error)
{
    char address[96];
    bool is_v6 = strchr(options->host, ':') != NULL;
    int size = snprintf(address, sizeof address, is_v6 ? "[%s]:%u" : "%s:%u", options->host,
                        (unsigned)options->port);
    struct simulator *simulator = MEM_NEW(struct simulator);
    simulator->listener = tcp_listen(loop, slice_of(address, (size_t)size), false,
                                     simulator_on_accept, simulator, out_error);
    if (!simulator->listener) {
        mem_free(simulator);
        return NULL;
    }
    simulator->loop = loop;
    simulator->options = *options;
    simulator->random = options->seed;
    simulator->next_id = options->id_first;
    simulator->tokens_mono_ms = loop_mono_ms(loop);
    simulator->tokens_milli = 1000;
    simulator->parcel_armed_mono_ms = NEVER;
    simulator->parcel_timer.fire = simulator_parcels_due;
    simulator->inbound_timer.fire = simulator_inbound_due;
    parcel_pool_init(&simulator->parcels, options->pending_max);
    buf_init(&simulator->out, SMPP_SIZE_MAX);
    buf_init(&simulator->line, LINE_LIMIT);
    return simulator;
}

void simulator_configure(struct simulator *simulator, const struct simulator_options *options)
{
    struct clock *clock = simulator->options.clock;
    simulator->options = *options;
    simulator->options.clock = clock;
    simulator->parcels.limit = options->pending_max;
}

void simulator_cut(struct simulator *simulator)
{
    for (uint32_t i = 0; i < simulator->peer_capacity; i++) {
        if (!simulator->peers[i]) continue;
        simulator->counts.cuts++;
        peer_close(simulator->peers[i], true);
    }
}

void simulator_close(struct simulator *simulator)
{
    if (!simulator) return;
    tcp_listener_close(simulator->listener);
    simulator_cut(simulator);
    loop_timer_stop(simulator->loop, &simulator->parcel_timer);
    loop_timer_stop(simulator->loop, &simulator->inbound_timer);
    parcel_pool_done(&simulator->parcels);
    mem_free(simulator->peers);
    mem_free(simulator->accounts);
    buf_done(&simulator->out);
    buf_done(&simulator->line);
    mem_free(simulator);
}

struct slice simulator_address(const struct simulator *simulator)
{
    return tcp_listener_address(simulator->listener);
}

struct simulator_counts simulator_counts(const struct simulator *simulator)
{
    struct simulator_counts counts = simulator->counts;
    counts.waiting = simulator->parcels.count;
    return counts;
}
