/* Calls go from the asking loop to the client's own loop, wait there until fewer than the allowed
   number are under way, become transfers of one curl multi handle, and go back to the loop that
   asked. Everything of curl happens on the client's thread. curl says which sockets to watch and
   when to wake it; it must not be entered from inside those callbacks, so they only arrange what
   the loop does next. */
#include "net/http_client.h"

#include <assert.h>
#include <pthread.h>

#include "base/mem.h"
#include "net/thread.h"
#include "net/uv/http_transfer_uv.h"
#include "net/uv/loop_uv.h"

enum { CLIENT_SPARES = 64 }; /* curl handles kept between calls */

struct http_client {
    struct http_client_config config;
    struct loop *loop;
    struct thread *thread;
    struct loop_task stop;
    CURLM *multi;
    struct loop_timer wake; /* when curl wants to look at its clocks */
    struct ring waiting;
    size_t running;
    CURL *spares[CLIENT_SPARES];
    size_t spare_count;

    pthread_mutex_t lock; /* for the rest */
    bool ending;
    struct ring all;
    size_t count;
};

#define CALL_OF(pointer, member)                                                                   \
    ((struct client_call *)(void *)((char *)(pointer)-offsetof(struct client_call, member)))

static void ring_init(struct ring *ring)
{
    ring->prev = ring->next = ring;
}

static void ring_remove(struct ring *member)
{
    member->prev->next = member->next;
    member->next->prev = member->prev;
    ring_init(member);
}

static void ring_add(struct ring *ring, struct ring *member)
{
    member->prev = ring->prev;
    member->next = ring;
    ring->prev->next = member;
    ring->prev = member;
}

/* The end of a call */

static void call_tell(struct client_call *call)
{
    call->result.body = buf_slice(&call->response);
    call->done(call->user, &call->result);
}

/* On the loop that asked. */
static void call_arrive(struct loop_task *task)
{
    struct client_call *call = (struct client_call *)(void *)task;
    struct http_client *client = call->client;
    /* NULL: the client is gone, and has told the outcome itself. */
    if (client) {
        pthread_mutex_lock(&client->lock);
        ring_remove(&call->all);
        client->count--;
        pthread_mutex_unlock(&client->lock);
        call_tell(call);
    }
    call_free(call);
}

static void call_end(struct client_call *call, enum http_outcome outcome, unsigned status,
                     const char *reason)
{
    call->result = (struct http_result){.outcome = outcome, .status = status, .reason = reason};
    call->over = true;
    call->task.run = call_arrive;
    loop_post(call->loop, &call->task);
}

static void call_start(struct client_call *call)
{
    struct http_client *client = call->client;
    uint64_t now = loop_mono_ms(client->loop);
    uint64_t due = call->deadline.due_mono_ms;
    loop_timer_stop(client->loop, &call->deadline);
    call->easy = client->spare_count ? client->spares[--client->spare_count] : curl_easy_init();
    assert(call->easy); /* out of memory */
    call_set_options(call, due > now ? due - now : 1);
    client->running++;
    CURLMcode failed = curl_multi_add_handle(client->multi, call->easy);
    assert(failed == CURLM_OK);
}

static void client_start_waiting(struct http_client *client)
{
    while (client->running < client->config.connections_max &&
           client->waiting.next != &client->waiting) {
        struct client_call *call = CALL_OF(client->waiting.next, waiting);
        ring_remove(&call->waiting);
        call_start(call);
    }
}

static void call_drop_easy(struct client_call *call)
{
    struct http_client *client = call->client;
    curl_multi_remove_handle(client->multi, call->easy);
    client->running--;
    if (client->spare_count < CLIENT_SPARES) {
        curl_easy_reset(call->easy);
        client->spares[client->spare_count++] = call->easy;
    } else {
        curl_easy_cleanup(call->easy);
    }
    call->easy = NULL;
}

static void call_finish(struct client_call *call, CURLcode code)
{
    enum http_outcome outcome = call_outcome(call, code);
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call_drop_easy(call);
    const char *reason = call_reason(call, code);
    if (outcome == HTTP_ANSWERED)
        call_end(call, outcome, (unsigned)status, "");
    else
        call_end(call, outcome, 0, reason);
}

static void client_reap(struct http_client *client)
{
    const struct CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result; /* the message goes with its handle */
        char *call;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        call_finish((struct client_call *)(void *)call, code);
    }
    client_start_waiting(client);
}

/* Sockets and clocks of curl */

struct client_socket {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t fd;
};

static void socket_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
    struct client_socket *socket = poll->data;
    struct http_client *client = socket->client;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    int running;
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(client->multi, socket->fd, flags, &running);
    client_reap(client);
}

static int client_watch(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    struct http_client *client = user;
    struct client_socket *socket = known;
    if (what == CURL_POLL_REMOVE) {
        if (!socket) return 0;
        uv_poll_stop(&socket->poll);
        uv_close((uv_handle_t *)&socket->poll, socket_closed);
        curl_multi_assign(client->multi, fd, NULL);
        return 0;
    }
    if (!socket) {
        socket = MEM_NEW(struct client_socket);
        *socket = (struct client_socket){.client = client, .fd = fd};
        int failed = uv_poll_init_socket(&client->loop->uv, &socket->poll, fd);
        assert(failed == 0);
        socket->poll.data = socket;
        curl_multi_assign(client->multi, fd, socket);
    }
    int events = 0;
    if (what & CURL_POLL_IN) events |= UV_READABLE;
    if (what & CURL_POLL_OUT) events |= UV_WRITABLE;
    uv_poll_start(&socket->poll, events, socket_ready);
    return 0;
}

static void client_wake(struct loop_timer *timer)
{
    struct http_client *client =
        (struct http_client *)(void *)((char *)timer - offsetof(struct http_client, wake));
    int running;
    curl_multi_socket_action(client->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    client_reap(client);
}

static int client_set_wake(CURLM *multi, long delay_ms, void *user)
{
    struct http_client *client = user;
    if (delay_ms < 0)
        loop_timer_stop(client->loop, &client->wake);
    else
        loop_timer_start(client->loop, &client->wake, (uint64_t)delay_ms);
    return 0;
}

/* Calls that come in */

static void call_waited(struct loop_timer *timer)
{
    struct client_call *call = CALL_OF(timer, deadline);
    ring_remove(&call->waiting);
    call_end(call, HTTP_TIMED_OUT, 0, "too many other calls were under way");
}

/* On the client's loop. */
static void call_enter(struct loop_task *task)
{
    struct client_call *call = (struct client_call *)(void *)task;
    struct http_client *client = call->client;
    if (call->refused) {
        call_end(
            call, HTTP_REFUSED_URL, 0,
            "not an http or https URL, or bytes in it, the method or a header that must not be");
        return;
    }
    ring_add(&client->waiting, &call->waiting);
    call->deadline.fire = call_waited;
    loop_timer_start(client->loop, &call->deadline, call->timeout_ms);
    client_start_waiting(client);
}

bool http_client_send(struct http_client *client, struct loop *loop, const struct http_call *asked,
                      void (*done)(void *user, const struct http_result *result), void *user)
{
    assert(asked->timeout_ms > 0);
    struct client_call *call = call_new(asked);
    call->client = client;
    call->allow_private = client->config.allow_private;
    call->loop = loop;
    call->done = done;
    call->user = user;
    call->task.run = call_enter;
    pthread_mutex_lock(&client->lock);
    bool room = !client->ending &&
                client->count < client->config.connections_max + client->config.waiting_max;
    if (room) {
        ring_add(&client->all, &call->all);
        client->count++;
    }
    pthread_mutex_unlock(&client->lock);
    if (room)
        loop_post(client->loop, &call->task);
    else
        call_free(call);
    return room;
}

/* The client's life */

static void client_stop(struct loop_task *task)
{
    struct http_client *client =
        (struct http_client *)(void *)((char *)task - offsetof(struct http_client, stop));
    loop_stop(client->loop);
}

static void client_run(void *user)
{
    struct http_client *client = user;
    loop_run(client->loop);
    /* The lock keeps nobody out who may still come: they are on the thread that waits for us. */
    for (struct ring *at = client->all.next; at != &client->all; at = at->next) {
        struct client_call *call = CALL_OF(at, all);
        if (call->easy) call_drop_easy(call);
    }
    while (client->spare_count > 0)
        curl_easy_cleanup(client->spares[--client->spare_count]);
    curl_multi_cleanup(client->multi);
    loop_free(client->loop);
}

static void client_init_curl(void)
{
    CURLcode failed = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(failed == CURLE_OK);
}

struct http_client *http_client_new(const struct http_client_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, client_init_curl);
    assert(config->connections_max > 0);
    struct http_client *client = MEM_NEW(struct http_client);
    client->config = *config;
    client->loop = loop_new();
    client->wake.fire = client_wake;
    client->stop.run = client_stop;
    ring_init(&client->waiting);
    ring_init(&client->all);
    pthread_mutex_init(&client->lock, NULL);
    client->multi = curl_multi_init();
    assert(client->multi);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, client_watch);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, client_set_wake);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)config->connections_max);
    client->thread = thread_start("http-client", client_run, client);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client) return;
    pthread_mutex_lock(&client->lock);
    client->ending = true;
    pthread_mutex_unlock(&client->lock);
    loop_post(client->loop, &client->stop);
    thread_join(client->thread);
    while (client->all.next != &client->all) {
        struct client_call *call = CALL_OF(client->all.next, all);
        ring_remove(&call->all);
        call->client = NULL;
        /* One that is over has its task in the asking loop still: there its memory goes. */
        bool over = call->over;
        if (!over)
            call->result =
                (struct http_result){.outcome = HTTP_BROKEN, .reason = "the program is ending"};
        call_tell(call);
        if (!over) call_free(call);
    }
    pthread_mutex_destroy(&client->lock);
    mem_free(client);
}
