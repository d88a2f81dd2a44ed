#include "cli/ask.h"

#include <stdio.h>

#include "base/arena.h"
#include "cli/server.h"
#include "net/tcp.h"

#define ANSWER_MAX (128u << 20)

struct asking {
    struct loop *loop;
    struct slice request;
    struct buf *answer;
    bool connected, answered;
};

static void on_connect(void *user, struct tcp *tcp)
{
    struct asking *asking = user;
    asking->connected = true;
    tcp_write(tcp, asking->request);
    tcp_write(tcp, SLICE("\n"));
}

static void on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct asking *asking = user;
    buf_add(asking->answer, bytes);
    if (bytes.at[bytes.size - 1] != '\n') return;
    asking->answered = true;
    loop_stop(asking->loop);
}

static void on_close(void *user, struct tcp *tcp, bool clean)
{
    struct asking *asking = user;
    loop_stop(asking->loop);
}

static const struct tcp_events events = {
    .on_connect = on_connect,
    .on_read = on_read,
    .on_close = on_close,
};

static bool ask_server(struct asking *asking, const struct config *config)
{
    struct arena arena = {0};
    struct tcp *tcp = tcp_connect(asking->loop, arena_printf(&arena, "unix:%s", config->control),
                                  &events, asking);
    loop_run(asking->loop);
    tcp_close(tcp, true);
    arena_done(&arena);
    return asking->answered;
}

static void on_reply(void *user, struct slice answer)
{
    struct asking *asking = user;
    buf_add(asking->answer, answer);
    asking->answered = true;
    loop_stop(asking->loop);
}

static bool ask_store(struct asking *asking, const struct config *config, char *out_problem)
{
    struct server_options options = {.config = config, .offline = true, .quiet = true};
    struct server *server = server_open(asking->loop, &options, out_problem);
    if (!server) return false;
    server_start(server);
    control_execute(server_control(server), asking->request, on_reply, asking);
    if (!asking->answered) loop_run(asking->loop);
    server_close(server);
    return true;
}

bool ask(const struct config *config, struct slice request, struct buf *out_answer,
         char *out_problem)
{
    struct asking asking = {.loop = loop_new(), .request = request, .answer = out_answer};
    bool answered = ask_server(&asking, config);
    if (!answered && asking.connected)
        snprintf(out_problem, 256, "the server at %.100s went away without an answer",
                 config->control);
    else if (!answered)
        answered = ask_store(&asking, config, out_problem);
    loop_free(asking.loop);
    return answered;
}
