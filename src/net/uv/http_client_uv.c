#include "net/http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/address_public.h"
#include "net/thread.h"

/* An answer's body beyond what is kept is read and dropped up to here, so that the connection can
   be used again; what is longer is cut off. */
#define DROPPED_MAX (64 * 1024)

/* One request, from the loop that asks to the client's thread and back. */
struct call {
    struct call *next;
    struct http_client *client;
    struct loop *loop;
    struct loop_task task;
    void (*done)(void *user, const struct http_result *result);
    void *user;
    char *url, *method, *body;
    size_t body_size;
    uint64_t timeout_ms;
    struct curl_slist *headers;
    CURL *easy;
    struct buf answer;
    size_t dropped;
    bool refused; /* by the address it would have connected to */
    bool enough;  /* cut off on purpose */
    struct http_result result;
    char reason[CURL_ERROR_SIZE];
};

struct http_client {
    struct http_client_config config;
    struct thread *thread;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t timer;
    CURLM *multi;
    uv_mutex_t lock;
    struct call *posted, **posted_end; /* under the lock */
    atomic_size_t working;             /* not yet told */
    atomic_bool stopping;
    /* Of the thread. */
    struct call *waiting, **waiting_end; /* for a connection */
    struct call *active;
    size_t active_count;
};

/* ---- Ends --------------------------------------------------------------------------------------
 */

static void call_tell(struct loop_task *task)
{
    struct call *call = (struct call *)((char *)task - offsetof(struct call, task));
    call->result.body = buf_slice(&call->answer);
    call->result.reason = call->reason;
    call->done(call->user, &call->result);
    buf_done(&call->answer);
    curl_slist_free_all(call->headers);
    mem_free(call->url);
    mem_free(call->method);
    mem_free(call->body);
    mem_free(call);
}

static void call_end(struct call *call, enum http_outcome outcome)
{
    struct http_client *client = call->client;
    call->result.outcome = outcome;
    if (call->easy) {
        if (outcome == HTTP_ANSWERED) {
            long status = 0;
            curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
            call->result.status = (unsigned)status;
        }
        curl_multi_remove_handle(client->multi, call->easy);
        curl_easy_cleanup(call->easy);
        call->easy = NULL;
    }
    atomic_fetch_sub(&client->working, 1);
    call->task.run = call_tell;
    loop_post(call->loop, &call->task);
}

static enum http_outcome outcome_of(const struct call *call, CURLcode code)
{
    if (call->refused) return HTTP_REFUSED_URL;
    switch (code) {
    case CURLE_OK:
        return HTTP_ANSWERED;
    case CURLE_WRITE_ERROR:
        return call->enough ? HTTP_ANSWERED : HTTP_BROKEN;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return HTTP_REFUSED_URL;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return HTTP_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMED_OUT;
    default:
        return HTTP_BROKEN;
    }
}

/* ---- What curl calls ---------------------------------------------------------------------------
 */

static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    struct call *call = user;
    size_t room = call->answer.limit - call->answer.size;
    size_t kept = size < room ? size : room;
    buf_add(&call->answer, slice_of(bytes, kept));
    call->dropped += size - kept;
    call->enough = call->dropped > DROPPED_MAX;
    return call->enough ? 0 : size;
}

static bool is_allowed(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return address_is_public_v4(
            (const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address->sa_family == AF_INET6)
        return address_is_public_v6(
            (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return false;
}

/* The address that a connection is really made to, after every look-up. */
static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct call *call = user;
    if (!call->client->config.allow_private && !is_allowed(&address->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void collect(struct http_client *client);

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct http_client *client = poll->loop->data;
    int action = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
                 (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0) |
                 (status < 0 ? CURL_CSELECT_ERR : 0);
    uv_os_fd_t socket;
    int running;
    if (uv_fileno((uv_handle_t *)poll, &socket) == 0)
        curl_multi_socket_action(client->multi, socket, action, &running);
    collect(client);
}

static void poll_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *socket_user)
{
    struct http_client *client = user;
    uv_poll_t *poll = socket_user;
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(client->multi, socket, NULL);
        if (poll) uv_close((uv_handle_t *)poll, poll_closed);
        return 0;
    }
    if (!poll) {
        poll = MEM_NEW(uv_poll_t);
        if (uv_poll_init_socket(&client->uv, poll, socket) != 0) {
            mem_free(poll);
            return -1;
        }
        curl_multi_assign(client->multi, socket, poll);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(poll, events, on_ready) == 0 ? 0 : -1;
}

static void on_timer(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(client);
}

/* Never acts at once: curl must not be entered again from its own callback. */
static int on_timeout(CURLM *multi, long timeout_ms, void *user)
{
    struct http_client *client = user;
    if (timeout_ms < 0)
        uv_timer_stop(&client->timer);
    else
        uv_timer_start(&client->timer, on_timer, timeout_ms > 0 ? (uint64_t)timeout_ms : 1, 0);
    return 0;
}

/* ---- Calls in the works ------------------------------------------------------------------------
 */

static void prepare(struct call *call)
{
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Godwit");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    if (call->body_size > 0 || strcmp(call->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    }
    if (strcmp(call->method, "HEAD") == 0) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
}

static void start_waiting(struct http_client *client)
{
    while (client->waiting && client->active_count < client->config.connections_max) {
        struct call *call = client->waiting;
        client->waiting = call->next;
        if (!client->waiting) client->waiting_end = &client->waiting;
        call->easy = curl_easy_init();
        if (!call->easy) {
            call_end(call, HTTP_BROKEN);
            continue;
        }
        prepare(call);
        call->next = client->active;
        client->active = call;
        client->active_count++;
        curl_multi_add_handle(client->multi, call->easy);
    }
}

static void leave_active(struct http_client *client, struct call *call)
{
    struct call **link = &client->active;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    client->active_count--;
}

static void collect(struct http_client *client)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        char *private;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct call *call = (struct call *)(void *)private;
        leave_active(client, call);
        call_end(call, outcome_of(call, code));
    }
    start_waiting(client);
}

static void take_posted(struct http_client *client)
{
    uv_mutex_lock(&client->lock);
    struct call *posted = client->posted;
    client->posted = NULL;
    client->posted_end = &client->posted;
    uv_mutex_unlock(&client->lock);
    while (posted) {
        struct call *call = posted;
        posted = call->next;
        call->next = NULL;
        *client->waiting_end = call;
        client->waiting_end = &call->next;
    }
}

static void end_everything(struct http_client *client)
{
    while (client->active) {
        struct call *call = client->active;
        leave_active(client, call);
        call_end(call, HTTP_BROKEN);
    }
    while (client->waiting) {
        struct call *call = client->waiting;
        client->waiting = call->next;
        call_end(call, HTTP_BROKEN);
    }
    client->waiting_end = &client->waiting;
}

static void on_wake(uv_async_t *wake)
{
    struct http_client *client = wake->data;
    take_posted(client);
    if (!client->stopping) {
        start_waiting(client);
        return;
    }
    end_everything(client);
    curl_multi_cleanup(client->multi);
    uv_close((uv_handle_t *)&client->wake, NULL);
    uv_close((uv_handle_t *)&client->timer, NULL);
}

/* ---- Life --------------------------------------------------------------------------------------
 */

static void client_run(void *user)
{
    struct http_client *client = user;
    uv_run(&client->uv, UV_RUN_DEFAULT);
}

struct http_client *http_client_new(const struct http_client_config *config)
{
    static atomic_flag curl_is_ready = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&curl_is_ready)) curl_global_init(CURL_GLOBAL_DEFAULT);
    struct http_client *client = MEM_NEW(struct http_client);
    client->config = *config;
    client->posted_end = &client->posted;
    client->waiting_end = &client->waiting;
    uv_mutex_init(&client->lock);
    uv_loop_init(&client->uv);
    client->uv.data = client;
    uv_async_init(&client->uv, &client->wake, on_wake);
    client->wake.data = client;
    uv_timer_init(&client->uv, &client->timer);
    client->timer.data = client;
    client->multi = curl_multi_init();
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)config->connections_max);
    client->thread = thread_start("web", client_run, client);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client) return;
    client->stopping = true;
    uv_async_send(&client->wake);
    thread_join(client->thread);
    uv_loop_close(&client->uv);
    uv_mutex_destroy(&client->lock);
    mem_free(client);
}

bool http_client_send(struct http_client *client, struct loop *loop, const struct http_call *asked,
                      void (*done)(void *user, const struct http_result *result), void *user)
{
    if (atomic_fetch_add(&client->working, 1) >=
        client->config.connections_max + client->config.waiting_max) {
        atomic_fetch_sub(&client->working, 1);
        return false;
    }
    struct call *call = MEM_NEW(struct call);
    call->client = client;
    call->loop = loop;
    call->done = done;
    call->user = user;
    call->url = mem_copy(asked->url.at, asked->url.size);
    call->method = mem_copy(asked->method.at, asked->method.size);
    call->body = mem_copy(asked->body.at, asked->body.size);
    call->body_size = asked->body.size;
    call->timeout_ms = asked->timeout_ms;
    buf_init(&call->answer, asked->response_max);
    struct arena arena = {0};
    for (size_t i = 0; i < asked->header_count; i++) {
        const struct http_header *header = &asked->headers[i];
        struct slice line =
            arena_printf(&arena, "%.*s: %.*s", (int)header->name.size, header->name.at,
                         (int)header->value.size, header->value.at);
        call->headers = curl_slist_append(call->headers, line.at);
    }
    /* Waiting for "100 Continue" would only add a round trip. */
    call->headers = curl_slist_append(call->headers, "Expect:");
    arena_done(&arena);

    uv_mutex_lock(&client->lock);
    *client->posted_end = call;
    client->posted_end = &call->next;
    uv_mutex_unlock(&client->lock);
    uv_async_send(&client->wake);
    return true;
}
