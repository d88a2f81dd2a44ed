/* What the tests of the simulator share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/sim/sim.h"
#include "net/tcp.h"

/* A client and an echoing server on loops of their own. */
struct party {
    struct loop *loop;
    struct tcp *tcp;
    struct buf got;
    size_t reads, longest, connects, closes;
    bool clean;
    bool echo;
    uint64_t last_ms;
};

struct scene {
    struct party client, server;
    struct tcp_listener *listener;
};

static inline void party_connect(void *user, struct tcp *tcp)
{
    struct party *party = user;
    party->connects++;
    party->last_ms = sim_now();
}

static inline void party_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct party *party = user;
    buf_add(&party->got, bytes);
    party->reads++;
    if (bytes.size > party->longest) party->longest = bytes.size;
    party->last_ms = sim_now();
    if (party->echo) tcp_write(tcp, bytes);
}

static inline void party_closed(void *user, struct tcp *tcp, bool clean)
{
    struct party *party = user;
    party->closes++;
    party->clean = clean;
    party->last_ms = sim_now();
}

static const struct tcp_events party_events = {
    .on_connect = party_connect, .on_read = party_read, .on_close = party_closed};

static inline void scene_accept(void *user, struct tcp *tcp)
{
    struct scene *scene = user;
    assert_null(scene->server.tcp);
    scene->server.tcp = tcp;
    tcp_set_user(tcp, &party_events, &scene->server);
}

static inline void party_init(struct party *party)
{
    *party = (struct party){.loop = loop_new()};
    buf_init(&party->got, SIZE_MAX);
}

static inline void scene_listen(struct scene *scene)
{
    char error[256];
    *scene = (struct scene){0};
    party_init(&scene->client);
    party_init(&scene->server);
    scene->listener =
        tcp_listen(scene->server.loop, SLICE("10.0.0.1:2775"), false, scene_accept, scene, error);
    assert_non_null(scene->listener);
}

static inline void scene_connect(struct scene *scene)
{
    scene->client.tcp =
        tcp_connect(scene->client.loop, SLICE("10.0.0.1:2775"), &party_events, &scene->client);
}

static inline void step_all(void)
{
    while (sim_step())
        ;
}

static inline void scene_open(struct scene *scene)
{
    scene_listen(scene);
    scene_connect(scene);
    step_all();
    assert_int_equal(scene->client.connects, 1);
    assert_non_null(scene->server.tcp);
}

static inline void scene_done(struct scene *scene)
{
    tcp_close(scene->client.tcp, true);
    tcp_close(scene->server.tcp, true);
    tcp_listener_close(scene->listener);
    loop_free(scene->client.loop);
    loop_free(scene->server.loop);
    buf_done(&scene->client.got);
    buf_done(&scene->server.got);
}

static inline int open_sim(void **state)
{
    sim_open(1);
    return 0;
}

static inline int close_sim(void **state)
{
    sim_close();
    return 0;
}

#define SIM_TEST(test) cmocka_unit_test_setup_teardown(test, open_sim, close_sim)
