/* HTTP/1.1 keep-alive load: N connections with one request in flight each, or several by
   pipelining, from one thread on plain epoll. A connection asks again as soon as it is answered, so
   the rate is what the server allows. Prints the rate of 2xx answers, how long answers took, the
   answers by class, and what this program itself cost.

   In the path, the headers and the body, {n} is the request's number in ten digits and {n:4} its
   last four digits. Every request therefore has the same size, and making one is writing digits. */
#include <argp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/slice.h"

#define REQUEST_MAX    (1 << 20)
#define SLOTS_MAX      4096
#define HEADERS_MAX    8
#define PIPELINE_MAX   64
#define ANSWER_MAX     (4 << 20) /* bytes of answers that are not whole yet, a connection */
#define READ_MAX       65536
#define EVENTS_MAX     256
#define LAST_ANSWER_NS 10000000000 /* how long the last answers are waited for */

/* Latencies: 32 steps for each power of two of nanoseconds, so a figure is 3 % too high at most. */
#define STEP_BITS   5
#define STEPS_COUNT (64 << STEP_BITS)

struct slot {
    size_t offset, digits;
};

struct connection {
    int fd;
    uint32_t in_flight, first; /* of sent_ns, a ring */
    uint64_t sent_ns[PIPELINE_MAX];
    struct buf bytes; /* that came and are no whole answer yet */
};

struct load {
    /* What was asked for. */
    const char *address, *path, *body, *headers[HEADERS_MAX];
    size_t header_count;
    uint64_t connections, pipeline, count, seconds, number;
    bool json;

    /* The request, and where its digits go. */
    struct buf request;
    struct slot slots[SLOTS_MAX];
    size_t slot_count;

    int epoll;
    struct connection *all;
    uint64_t begin_ns, end_ns, last_ns; /* the clock's; `last_ns`: of the last answer */
    uint64_t sent, answered, in_flight, broken, classes[6];
    uint64_t latencies[STEPS_COUNT];
};

static void die(const char *what)
{
    fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- Latencies ----------------------------------------------------------------------------- */

static size_t latency_step(uint64_t ns)
{
    if (ns < 1u << STEP_BITS) return (size_t)ns;
    unsigned power = 63 - (unsigned)__builtin_clzll(ns);
    return ((size_t)(power - STEP_BITS + 1) << STEP_BITS) +
           (size_t)((ns >> (power - STEP_BITS)) & ((1u << STEP_BITS) - 1));
}

/* The first value behind a step. */
static double latency_end_ms(size_t step)
{
    size_t power = step >> STEP_BITS, rest = (step & ((1u << STEP_BITS) - 1)) + 1;
    if (power == 0) return (double)rest / 1e6;
    return (double)((rest + (1u << STEP_BITS)) << (power - 1)) / 1e6;
}

static double latency_percentile_ms(const struct load *load, double share)
{
    double wanted = share * (double)load->answered, seen = 0;
    for (size_t i = 0; i < STEPS_COUNT; i++) {
        seen += (double)load->latencies[i];
        if (seen > 0 && seen >= wanted) return latency_end_ms(i);
    }
    return 0;
}

/* ---- The request --------------------------------------------------------------------------- */

/* {n} or {n:4} at `text`: how many digits, and what lies behind it. */
static size_t template_digits(const char *text, const char **out_rest)
{
    if (strncmp(text, "{n}", 3) == 0) {
        *out_rest = text + 3;
        return 10;
    }
    if (strncmp(text, "{n:", 3) != 0 || text[3] < '1' || text[3] > '9' || text[4] != '}') return 0;
    *out_rest = text + 5;
    return (size_t)(text[3] - '0');
}

static void request_add_template(struct load *load, const char *text)
{
    while (*text) {
        const char *rest;
        size_t digits = template_digits(text, &rest);
        if (digits > 0 && load->slot_count < SLOTS_MAX) {
            load->slots[load->slot_count++] = (struct slot){load->request.size, digits};
            buf_add(&load->request, slice_of("0000000000", digits));
            text = rest;
        } else {
            buf_add_byte(&load->request, *text++);
        }
    }
}

static size_t template_size(const char *text)
{
    size_t size = 0;
    while (*text) {
        const char *rest = text + 1;
        size_t digits = template_digits(text, &rest);
        size += digits > 0 ? digits : 1;
        text = rest;
    }
    return size;
}

static void request_make(struct load *load)
{
    struct buf *request = &load->request;
    buf_init(request, REQUEST_MAX);
    buf_add(request, load->body ? SLICE("POST ") : SLICE("GET "));
    request_add_template(load, load->path);
    buf_printf(request, " HTTP/1.1\r\nHost: %s", load->address);
    for (size_t i = 0; i < load->header_count; i++) {
        buf_add(request, SLICE("\r\n"));
        request_add_template(load, load->headers[i]);
    }
    if (load->body) buf_printf(request, "\r\nContent-Length: %zu", template_size(load->body));
    buf_add(request, SLICE("\r\n\r\n"));
    if (load->body) request_add_template(load, load->body);
    if (!request->full && load->slot_count < SLOTS_MAX) return;
    fprintf(stderr, "http_load: the request has more than %d bytes or %d numbers\n", REQUEST_MAX,
            SLOTS_MAX);
    exit(2);
}

static void request_number(struct load *load)
{
    uint64_t number = load->number++;
    for (size_t i = 0; i < load->slot_count; i++) {
        const struct slot *slot = &load->slots[i];
        uint64_t left = number;
        for (size_t at = slot->offset + slot->digits; at-- > slot->offset; left /= 10)
            load->request.at[at] = (char)('0' + left % 10);
    }
}

/* ---- Connections --------------------------------------------------------------------------- */

static void connection_break(struct load *load, struct connection *connection)
{
    load->broken += connection->in_flight;
    load->in_flight -= connection->in_flight;
    connection->in_flight = 0;
    close(connection->fd);
    connection->fd = -1;
}

static bool load_wants_more(const struct load *load, uint64_t now_ns)
{
    return now_ns < load->end_ns && (load->count == 0 || load->sent < load->count);
}

/* Fills the connection's pipeline. Sending waits for room, so that a request which does not go
   whole means a broken connection. */
static void connection_ask(struct load *load, struct connection *connection, uint64_t now_ns)
{
    while (connection->in_flight < load->pipeline && load_wants_more(load, now_ns)) {
        request_number(load);
        ssize_t size = send(connection->fd, load->request.at, load->request.size, MSG_NOSIGNAL);
        load->sent++;
        load->in_flight++;
        connection->sent_ns[(connection->first + connection->in_flight++) % PIPELINE_MAX] = now_ns;
        if (size == (ssize_t)load->request.size) continue;
        connection_break(load, connection);
        return;
    }
}

/* The size of the first answer in `bytes`, 0 while it is not whole, SIZE_MAX when it is none that
   we read: Godwit always tells the length. */
static size_t answer_size(struct slice bytes, unsigned *out_class)
{
    const char *end = memmem(bytes.at, bytes.size, "\r\n\r\n", 4);
    if (!end) return bytes.size < ANSWER_MAX ? 0 : SIZE_MAX;
    if (bytes.size < 12 || bytes.at[9] < '1' || bytes.at[9] > '5') return SIZE_MAX;
    struct slice head = slice_of(bytes.at, (size_t)(end - bytes.at)), line;
    uint64_t length = UINT64_MAX;
    while (slice_cut(&head, '\n', &line)) {
        static const struct slice name = {"content-length:", 15};
        if (line.size <= name.size || !slice_eq_nocase(slice_of(line.at, name.size), name))
            continue;
        if (!slice_u64(slice_trim(slice_from(line, name.size), " \r"), &length)) return SIZE_MAX;
    }
    if (length > ANSWER_MAX) return SIZE_MAX;
    size_t size = (size_t)(end + 4 - bytes.at) + (size_t)length;
    if (size > ANSWER_MAX) return SIZE_MAX;
    *out_class = (unsigned)(bytes.at[9] - '0');
    return size <= bytes.size ? size : 0;
}

static void connection_read(struct load *load, struct connection *connection)
{
    char *room = buf_reserve(&connection->bytes, READ_MAX);
    ssize_t size = room ? recv(connection->fd, room, READ_MAX, 0) : 0;
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        connection_break(load, connection);
        return;
    }
    buf_grew(&connection->bytes, (size_t)size);
    uint64_t now_ns = clock_ns();
    struct slice rest = buf_slice(&connection->bytes);
    size_t whole;
    unsigned class;
    while (rest.size > 0 && (whole = answer_size(rest, &class)) != 0) {
        if (whole == SIZE_MAX || connection->in_flight == 0) {
            connection_break(load, connection);
            return;
        }
        load->latencies[latency_step(now_ns - connection->sent_ns[connection->first])]++;
        connection->first = (connection->first + 1) % PIPELINE_MAX;
        connection->in_flight--;
        load->in_flight--;
        load->answered++;
        load->classes[class]++;
        load->last_ns = now_ns;
        rest = slice_from(rest, whole);
    }
    buf_drop(&connection->bytes, connection->bytes.size - rest.size);
    connection_ask(load, connection, now_ns);
}

static void load_connect(struct load *load)
{
    char host[64];
    const char *colon = strrchr(load->address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET};
    if (!colon || (size_t)(colon - load->address) >= sizeof host) die(load->address);
    snprintf(host, sizeof host, "%.*s", (int)(colon - load->address), load->address);
    to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) die(load->address);

    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->all = mem_alloc(load->connections * sizeof *load->all);
    for (size_t i = 0; i < load->connections; i++) {
        struct connection *connection = &load->all[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        buf_init(&connection->bytes, ANSWER_MAX + READ_MAX);
        connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connection->fd < 0) die("socket");
        if (connect(connection->fd, (struct sockaddr *)&to, sizeof to) != 0) die("connect");
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) die("epoll_ctl");
    }
}

/* ---- The whole ----------------------------------------------------------------------------- */

static void load_run(struct load *load)
{
    load->begin_ns = load->last_ns = clock_ns();
    load->end_ns = load->seconds ? load->begin_ns + load->seconds * 1000000000 : UINT64_MAX;
    for (size_t i = 0; i < load->connections; i++)
        connection_ask(load, &load->all[i], clock_ns());
    while (load->in_flight > 0) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(load->epoll, events, EVENTS_MAX, 1000);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection->fd >= 0) connection_read(load, connection);
        }
        if (clock_ns() - load->last_ns > LAST_ANSWER_NS) break;
    }
    load->broken += load->in_flight;
}

static double used_cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void load_report(const struct load *load, double cpu_s)
{
    double seconds = (double)(load->last_ns - load->begin_ns) / 1e9;
    double rate = seconds > 0 ? (double)load->classes[2] / seconds : 0;
    double cpu_us = load->answered ? cpu_s * 1e6 / (double)load->answered : 0;
    const char *form =
        load->json ? "{\"connections\":%llu,\"pipeline\":%llu,\"sent\":%llu,\"answered\":%llu,"
                     "\"unanswered\":%llu,\"2xx\":%llu,\"3xx\":%llu,\"4xx\":%llu,\"5xx\":%llu,"
                     "\"seconds\":%.3f,\"rate\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
                     "\"p999_ms\":%.3f,\"max_ms\":%.3f,\"cpu_s\":%.3f,\"cpu_us\":%.2f}\n"
                   : "%llu connections x %llu: %llu sent, %llu answered, %llu not; "
                     "2xx %llu, 3xx %llu, 4xx %llu, 5xx %llu\n"
                     "%.3f s, %.0f/s; p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, longest %.3f ms\n"
                     "this program used %.3f s of CPU, %.2f us an answer\n";
    typedef unsigned long long number;
    printf(form, (number)load->connections, (number)load->pipeline, (number)load->sent,
           (number)load->answered, (number)load->broken, (number)load->classes[2],
           (number)load->classes[3], (number)load->classes[4], (number)load->classes[5], seconds,
           rate, latency_percentile_ms(load, 0.5), latency_percentile_ms(load, 0.99),
           latency_percentile_ms(load, 0.999), latency_percentile_ms(load, 1), cpu_s, cpu_us);
}

/* A whole file as a string that stays until the end. */
static const char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = mem_alloc(REQUEST_MAX + 1);
    if (!file) die(path);
    text[fread(text, 1, REQUEST_MAX, file)] = '\0';
    if (ferror(file)) die(path);
    fclose(file);
    return text;
}

static const struct argp_option options[] = {
    {"path", 'p', "PATH", 0, "what to ask for (/)", 0},
    {"body", 'b', "TEXT", 0, "POST this; without it the requests are GET", 0},
    {"body-file", 'B', "FILE", 0, "POST what is in this file", 0},
    {"header", 'H', "NAME: VALUE", 0, "one more header; may be repeated", 0},
    {"connections", 'c', "N", 0, "how many (1)", 0},
    {"pipeline", 'P', "N", 0, "requests in flight on each connection (1)", 0},
    {"seconds", 's', "N", 0, "end after this time", 0},
    {"count", 'n', "N", 0, "or after so many requests (10000 when neither is given)", 0},
    {"first", 'f', "N", 0, "the first request's number (0)", 0},
    {"json", 'j', NULL, 0, "one line of JSON", 0},
    {0},
};

static error_t on_word(int key, char *text, struct argp_state *state)
{
    struct load *load = state->input;
    uint64_t *numbers[128] = {['c'] = &load->connections,
                              ['P'] = &load->pipeline,
                              ['s'] = &load->seconds,
                              ['n'] = &load->count,
                              ['f'] = &load->number};
    if (key > 0 && key < 128 && numbers[key]) {
        if (!slice_u64(slice_cstr(text), numbers[key])) argp_error(state, "%s is no number", text);
        return 0;
    }
    switch (key) {
    case 'p':
        load->path = text;
        return 0;
    case 'b':
        load->body = text;
        return 0;
    case 'B':
        load->body = read_file(text);
        return 0;
    case 'H':
        if (load->header_count == HEADERS_MAX) argp_error(state, "too many headers");
        load->headers[load->header_count++] = text;
        return 0;
    case 'j':
        load->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (load->address) argp_usage(state);
        load->address = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int count, char **words)
{
    struct load *load = MEM_NEW(struct load);
    *load = (struct load){.path = "/", .connections = 1, .pipeline = 1};
    struct argp argp = {
        .options = options,
        .parser = on_word,
        .args_doc = "ADDRESS:PORT",
        .doc = "HTTP load; {n} in the path, a header and the body is the request's number, {n:4} "
               "its last four digits. Exit status 1 when an answer was missing.",
    };
    argp_parse(&argp, count, words, 0, NULL, load);
    if (load->seconds == 0 && load->count == 0) load->count = 10000;
    if (load->pipeline < 1 || load->pipeline > PIPELINE_MAX || load->connections < 1) {
        fprintf(stderr, "http_load: connections from 1, pipeline from 1 to %d\n", PIPELINE_MAX);
        return 2;
    }
    request_make(load);
    load_connect(load);
    double cpu_s = used_cpu_s();
    load_run(load);
    load_report(load, used_cpu_s() - cpu_s);
    bool complete = load->broken == 0;
    mem_free(load->all);
    mem_free(load);
    return complete ? 0 : 1;
}
