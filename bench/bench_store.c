/* How fast the SQLite store is: groups of sends, of answers and of receipts, each group one durable
   commit. One thread, no network: what the core's thread would wait for.
   bench_store [DIRECTORY [SENDS [ACCOUNTS GROUP [keeper]]]]; the directory decides which disk is
   measured.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store.h"

#define GROUP_MAX 1024

static double seconds_of(struct timespec at)
{
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return seconds_of(at);
}

static double cpu(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return seconds_of(at);
}

struct bench {
    struct store *store;
    char directory[256];
    size_t accounts, group, sends;
    struct id_source ids;
    struct account_id *account_ids;
    bool is_kept;
    struct store_keeper *keeper;
    pthread_t keeping;
    atomic_bool stop;
    double *waits; /* of every commit of a phase, seconds */
    /* One group. */
    struct store_op ops[GROUP_MAX];
    struct message messages[GROUP_MAX];
    struct recipient recipients[GROUP_MAX];
    struct attempt attempts[GROUP_MAX];
};

static void die(const char *what)
{
    fprintf(stderr, "bench_store: %s\n", what);
    exit(1);
}

static uint64_t next_id(struct bench *bench)
{
    return id_next(&bench->ids, 1790000000000);
}

static void write_or_die(struct bench *bench, size_t count)
{
    if (store_write(bench->store, bench->ops, count)) die(store_problem(bench->store));
    for (size_t i = 0; i < count; i++)
        if (bench->ops[i].result) die(err_name(bench->ops[i].result));
}

static void make_accounts(struct bench *bench)
{
    struct account account = {.sms_on = true, .name = "bench"};
    bench->account_ids = mem_alloc(bench->accounts * sizeof *bench->account_ids);
    struct account *accounts = mem_alloc(GROUP_MAX * sizeof *accounts);
    size_t ops = 0;
    for (size_t i = 0; i < bench->accounts; i++) {
        account.id.v = next_id(bench);
        bench->account_ids[i] = account.id;
        accounts[ops] = account;
        bench->ops[ops] = (struct store_op){.kind = STORE_PUT_ACCOUNT, .account = &accounts[ops]};
        bench->ops[ops + 1] = (struct store_op){
            .kind = STORE_LEDGER,
            .ledger = {{next_id(bench)}, account.id, ASSET_CREDIT, LEDGER_GRANT, 1000000000}};
        ops += 2;
        if (ops < GROUP_MAX && i + 1 < bench->accounts) continue;
        write_or_die(bench, ops);
        ops = 0;
    }
    mem_free(accounts);
}

static struct store_op send_op(struct bench *bench, size_t number, size_t at)
{
    static const char text[] = "Your code is 482913. It is valid for ten minutes; give it to "
                               "nobody, not even to us. https://example.org/v";
    uint64_t random = number * 2654435761u;
    struct message_id id = {next_id(bench)};
    struct recipient_id recipient = {number + 1};
    bench->messages[at] = (struct message){
        .id = id,
        .account = bench->account_ids[random % bench->accounts],
        .key = {1790000000000u << 20},
        .dialect = DIALECT_HEP,
        .refund = REFUND_NOT_TAKEN,
        .sender = SLICE("+2899682626"),
        .text = slice_of(text, sizeof text - 1),
        .segments = 1,
        .price = 1,
        .first_recipient = recipient,
        .recipient_count = 1,
        .supplied_recipient = SLICE("+447700900000"),
    };
    bench->recipients[at] = (struct recipient){
        .id = recipient,
        .message = id,
        .number = 447700900000 + random % 100000,
        .state = RECIPIENT_QUEUED,
        .provider = {1},
        .changed_at_ms = 1790000000000,
    };
    bench->attempts[at] = (struct attempt){
        .id = attempt_id_of(recipient, 1),
        .provider = {1},
        .segment = 1,
        .segments = 1,
        .intent_at_ms = 1790000000000,
    };
    return (struct store_op){.kind = STORE_ACCEPT,
                             .accept = {.message = &bench->messages[at],
                                        .recipient = &bench->recipients[at],
                                        .ledger = {next_id(bench)},
                                        .attempts = &bench->attempts[at],
                                        .attempt_count = 1}};
}

static struct store_op answer_op(struct bench *bench, size_t number, size_t at)
{
    return (struct store_op){
        .kind = STORE_ANSWER,
        .answer = {.attempt = attempt_id_of((struct recipient_id){number + 1}, 1),
                   .state = ATTEMPT_TAKEN,
                   .at_ms = 1790000000100,
                   .carrier_id = SLICE("7d3f0a915c2e48b6"),
                   .recipient_state = RECIPIENT_SENT,
                   .provider = {1}}};
}

static struct store_op receipt_op(struct bench *bench, size_t number, size_t at)
{
    return (struct store_op){
        .kind = STORE_RECEIPT,
        .receipt = {.attempt = attempt_id_of((struct recipient_id){number + 1}, 1),
                    .state = RECEIPT_DELIVERED,
                    .at_ms = 1790000002000,
                    .error = SLICE("000")}};
}

/* A third of everything at once, as it is when traffic flows: sends, the answers to those of some
   groups ago, and receipts for still older ones. */
#define ANSWER_LAG  512
#define RECEIPT_LAG 20000
static struct store_op mixed_op(struct bench *bench, size_t number, size_t at)
{
    size_t send = number / 3;
    if (number % 3 == 1 && send >= ANSWER_LAG) return answer_op(bench, send - ANSWER_LAG, at);
    if (number % 3 == 2 && send >= RECEIPT_LAG) return receipt_op(bench, send - RECEIPT_LAG, at);
    if (number % 3 == 0) return send_op(bench, send, at);
    return (struct store_op){.kind = STORE_PUT_META, .meta = {SLICE("bench"), SLICE("x")}};
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

typedef struct store_op (*op_maker)(struct bench *bench, size_t number, size_t at);

static void phase(struct bench *bench, const char *name, op_maker maker, size_t total)
{
    size_t commits = 0;
    double wall = now(), used = cpu();
    for (size_t done = 0; done < total; commits++) {
        size_t count = total - done < bench->group ? total - done : bench->group;
        for (size_t i = 0; i < count; i++)
            bench->ops[i] = maker(bench, done + i, i);
        double begin = now();
        write_or_die(bench, count);
        bench->waits[commits] = now() - begin;
        done += count;
    }
    wall = now() - wall;
    used = cpu() - used;
    qsort(bench->waits, commits, sizeof *bench->waits, compare_doubles);
    printf("%-8s %8zu %6zu %9.0f %8.2f %8.2f %8.2f %8.2f %8.2f\n", name, bench->accounts,
           bench->group, (double)total / wall, used * 1e6 / (double)total,
           bench->waits[commits / 2] * 1e3, bench->waits[commits * 99 / 100] * 1e3,
           bench->waits[commits * 999 / 1000] * 1e3, bench->waits[commits - 1] * 1e3);
    fflush(stdout);
}

static void *keep(void *user)
{
    struct bench *bench = user;
    while (!atomic_load(&bench->stop)) {
        store_keeper_tend(bench->keeper);
        usleep(20000);
    }
    return NULL;
}

static void store_begin(struct bench *bench)
{
    char url[512], problem[256];
    snprintf(url, sizeof url, "sqlite:%s/bench.db", bench->directory);
    bench->store = store_open(slice_cstr(url), problem);
    if (!bench->store) die(problem);
    bench->ids = (struct id_source){0};
    make_accounts(bench);
    if (!bench->is_kept) return;
    bench->stop = false;
    bench->keeper = store_keeper_open(bench->store);
    if (!bench->keeper || pthread_create(&bench->keeping, NULL, keep, bench)) die("no keeper");
}

static void store_end(struct bench *bench)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    if (bench->is_kept) {
        atomic_store(&bench->stop, true);
        pthread_join(bench->keeping, NULL);
        store_keeper_close(bench->keeper);
    }
    store_close(bench->store);
    mem_free(bench->account_ids);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/bench.db%s", bench->directory, suffixes[i]);
        unlink(path);
    }
}

static void print_read(const struct bench *bench, const char *what, size_t rows, double seconds)
{
    printf("%-8s %8zu %6s %9.0f rows/s, %.3f ms\n", what, bench->accounts, "",
           (double)rows / seconds, seconds * 1e3);
}

/* What a start reads to learn which attempts are open, out of so many. */
static void read_open(struct bench *bench, const char *what, size_t total)
{
    struct store_reader *reader = store_own_reader(bench->store);
    struct attempt_id after = {0};
    size_t count = 0;
    double wall = now();
    do {
        struct arena arena = {0};
        struct attempt *page;
        if (store_open_attempts(reader, 1, after, &arena, 4096, &page, &count)) die("read");
        if (count) after = page[count - 1].id;
        arena_done(&arena);
    } while (count);
    print_read(bench, what, total, now() - wall);
}

/* Pages that people and the core ask for, from a connection of their own. */
static void read_pages(struct bench *bench)
{
    struct store_reader *reader = store_reader_open(bench->store);
    struct message *messages;
    struct store_recipient *waiting;
    size_t count, turns = 20;
    double wall = now();
    for (size_t i = 0; i < turns; i++) {
        struct arena arena = {0};
        if (store_message_page(reader, bench->account_ids[0], (struct message_id){0}, &arena, 50,
                               &messages, &count))
            die("read");
        arena_done(&arena);
    }
    print_read(bench, "page 50", count, (now() - wall) / (double)turns);
    wall = now();
    for (size_t i = 0; i < turns; i++) {
        struct arena arena = {0};
        if (store_waiting_page(reader, (struct provider_id){1}, (struct recipient_id){0}, &arena,
                               1024, &waiting, &count))
            die("read");
        arena_done(&arena);
    }
    print_read(bench, "waiting", count, (now() - wall) / (double)turns);
    store_reader_close(reader);
}

static void row(struct bench *bench, size_t accounts, size_t group)
{
    bench->accounts = accounts;
    bench->group = group;
    /* A commit of one is slow: fewer of them say the same. */
    size_t total = group == 1 ? bench->sends / 20 : bench->sends;
    store_begin(bench);
    phase(bench, "accept", send_op, total);
    read_pages(bench);
    phase(bench, "answer", answer_op, total);
    read_open(bench, "open all", total);
    phase(bench, "receipt", receipt_op, total);
    read_open(bench, "open 0", total);
    store_end(bench);
    store_begin(bench);
    phase(bench, "mixed", mixed_op, total * 3);
    store_end(bench);
}

int main(int count, char **words)
{
    static const size_t rows[][2] = {{1, 64},   {100, 64},  {20000, 64}, {100, 1},
                                     {100, 16}, {100, 256}, {100, 1024}};
    struct bench *bench = MEM_NEW(struct bench);
    snprintf(bench->directory, sizeof bench->directory, "%s/bench-store-XXXXXX",
             count > 1 ? words[1] : "/tmp");
    if (!mkdtemp(bench->directory)) die("no directory");
    bench->sends = count > 2 ? strtoul(words[2], NULL, 10) : 200000;
    bench->is_kept = count > 5;
    bench->waits = mem_alloc(bench->sends * 3 * sizeof *bench->waits);
    printf("%-8s %8s %6s %9s %8s %8s %8s %8s %8s\n", "what", "accounts", "group", "ops/s", "us CPU",
           "p50 ms", "p99 ms", "p99.9", "max");
    if (count > 4)
        row(bench, strtoul(words[3], NULL, 10), strtoul(words[4], NULL, 10));
    else
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            row(bench, rows[i][0], rows[i][1]);
    rmdir(bench->directory);
    mem_free(bench->waits);
    mem_free(bench);
    return 0;
}
