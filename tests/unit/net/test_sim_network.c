#include "net/sim/sim.h"

#include <stdlib.h>

#include "sim_scene.h"

/* Packets */

static void latency_is_what_was_asked_for(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.latency_min_ms = 30;
    faults.latency_max_ms = 50;
    scene_open(&scene);
    sim_set_faults(&faults);
    uint64_t least = UINT64_MAX, most = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t start = sim_now();
        tcp_write(scene.client.tcp, SLICE("x"));
        step_all();
        uint64_t took = scene.server.last_ms - start;
        if (took < least) least = took;
        if (took > most) most = took;
    }
    assert_int_equal(least, 30);
    assert_int_equal(most, 50);
    scene_done(&scene);
}

static void say(struct scene *scene, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        tcp_write(scene->client.tcp, SLICE("abcdefghij"));
        step_all();
    }
}

static void assert_said(const struct scene *scene, size_t times)
{
    assert_int_equal(scene->server.got.size, times * 10);
    for (size_t i = 0; i < times * 10; i++)
        assert_int_equal(scene->server.got.at[i], 'a' + (int)(i % 10));
}

static void a_good_network_delivers_packets_as_they_were_sent(void **state)
{
    struct scene scene;
    scene_open(&scene);
    say(&scene, 20);
    assert_said(&scene, 20);
    assert_int_equal(scene.server.reads, 20);
    scene_done(&scene);
}

static void packets_can_come_byte_by_byte(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.piece_max = 1;
    scene_open(&scene);
    sim_set_faults(&faults);
    say(&scene, 20);
    assert_said(&scene, 20);
    assert_int_equal(scene.server.reads, 200);
    scene_done(&scene);
}

static void packets_can_be_cut_anywhere(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.split_percent = 100;
    bool cut_at[11] = {false};
    scene_open(&scene);
    sim_set_faults(&faults);
    for (size_t i = 1; i <= 300; i++) {
        tcp_write(scene.client.tcp, SLICE("abcdefghij"));
        size_t before = scene.server.got.size;
        while (scene.server.got.size == before)
            sim_step();
        cut_at[scene.server.got.size - before] = true;
        step_all();
    }
    assert_said(&scene, 300);
    for (size_t i = 1; i < 10; i++)
        assert_true(cut_at[i]);
    assert_false(cut_at[10]);
    scene_done(&scene);
}

static void packets_can_be_merged(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.merge_percent = 50;
    scene_open(&scene);
    sim_set_faults(&faults);
    for (size_t i = 0; i < 200; i++) {
        tcp_write(scene.client.tcp, SLICE("abcdefghij"));
        sim_advance(1);
    }
    step_all();
    assert_said(&scene, 200);
    assert_true(scene.server.reads < 150);
    assert_true(scene.server.longest >= 30);
    scene_done(&scene);
}

/* What breaks */

static void a_cut_breaks_both_ends_and_loses_what_was_on_its_way(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.latency_min_ms = 10;
    scene_open(&scene);
    sim_set_faults(&faults);
    tcp_write(scene.client.tcp, SLICE("never arrives"));
    sim_advance(5);
    assert_int_equal(sim_cut(SLICE("10.0.0.1:9999"), SIZE_MAX), 0);
    assert_int_equal(sim_cut(SLICE("10.0.0.1:2775"), SIZE_MAX), 1);
    tcp_write(scene.client.tcp, SLICE("neither does this"));
    step_all();
    assert_int_equal(scene.server.got.size, 0);
    assert_int_equal(scene.client.closes, 1);
    assert_int_equal(scene.server.closes, 1);
    assert_false(scene.client.clean);
    assert_false(scene.server.clean);
    assert_int_equal(tcp_unsent(scene.client.tcp), 0);
    assert_int_equal(sim_cut(SLICE(""), SIZE_MAX), 0);
    scene_done(&scene);
}

enum { CROWD = 6 };

struct crowd {
    struct scene scenes[CROWD];
    size_t accepted;
};

static void crowd_accept(void *user, struct tcp *tcp)
{
    struct crowd *crowd = user;
    struct party *party = &crowd->scenes[crowd->accepted++].server;
    party->tcp = tcp;
    tcp_set_user(tcp, &party_events, party);
}

static void only_as_many_as_asked_for_are_cut(void **state)
{
    struct crowd crowd = {0};
    char error[256];
    struct loop *loop = loop_new();
    struct tcp_listener *listener =
        tcp_listen(loop, SLICE("10.0.0.1:80"), false, crowd_accept, &crowd, error);
    for (size_t i = 0; i < CROWD; i++) {
        struct party *client = &crowd.scenes[i].client;
        client->tcp = tcp_connect(loop, SLICE("10.0.0.1:80"), &party_events, client);
    }
    step_all();
    assert_int_equal(crowd.accepted, CROWD);
    assert_int_equal(sim_cut(SLICE(""), 2), 2);
    step_all();
    size_t clients = 0, servers = 0;
    for (size_t i = 0; i < CROWD; i++) {
        clients += crowd.scenes[i].client.closes;
        servers += crowd.scenes[i].server.closes;
    }
    assert_int_equal(clients, 2);
    assert_int_equal(servers, 2);
    for (size_t i = 0; i < CROWD; i++) {
        tcp_close(crowd.scenes[i].client.tcp, false);
        tcp_close(crowd.scenes[i].server.tcp, false);
    }
    tcp_listener_close(listener);
    loop_free(loop);
}

static void connections_break_by_themselves_when_asked_to(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.cut_per_mille = 1000;
    scene_open(&scene);
    sim_set_faults(&faults);
    tcp_write(scene.client.tcp, SLICE("x"));
    step_all();
    assert_int_equal(scene.server.got.size, 0);
    assert_int_equal(scene.client.closes + scene.server.closes, 2);
    scene_done(&scene);
}

static void refused_connects_fail_until_they_are_allowed(void **state)
{
    struct scene scene;
    scene_listen(&scene);
    static const char *const refused[] = {"10.0.0.1:2775", ""};
    for (size_t i = 0; i < 2; i++) {
        sim_refuse(slice_cstr(refused[i]), true);
        scene_connect(&scene);
        step_all();
        assert_int_equal(scene.client.closes, i + 1);
        assert_false(scene.client.clean);
        tcp_close(scene.client.tcp, false);
        sim_refuse(slice_cstr(refused[i]), false);
    }
    sim_refuse(SLICE("10.0.0.1:2776"), true); /* another's */
    scene_connect(&scene);
    step_all();
    assert_int_equal(scene.client.connects, 1);
    assert_int_equal(scene.client.closes, 2);
    scene_done(&scene);
}

static void chance_refuses_some_connects(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.refuse_percent = 100;
    scene_listen(&scene);
    sim_set_faults(&faults);
    scene_connect(&scene);
    step_all();
    assert_int_equal(scene.client.closes, 1);
    assert_int_equal(scene.client.connects, 0);
    scene_done(&scene);
}

static void a_black_hole_holds_everything_until_it_closes(void **state)
{
    struct scene scene;
    scene_open(&scene);
    sim_black_hole(SLICE("10.0.0.1:2775"), true);
    tcp_write(scene.client.tcp, SLICE("one"));
    tcp_write(scene.server.tcp, SLICE("two"));
    sim_advance(86400000);
    assert_int_equal(scene.server.reads + scene.client.reads, 0);
    assert_int_equal(scene.server.closes + scene.client.closes, 0);
    sim_black_hole(SLICE("10.0.0.1:2775"), false);
    step_all();
    assert_true(slice_eq(buf_slice(&scene.server.got), SLICE("one")));
    assert_true(slice_eq(buf_slice(&scene.client.got), SLICE("two")));
    scene_done(&scene);
}

static void a_connect_into_a_black_hole_hangs(void **state)
{
    struct scene scene;
    scene_listen(&scene);
    sim_black_hole(SLICE(""), true);
    scene_connect(&scene);
    sim_advance(86400000);
    assert_int_equal(scene.client.connects + scene.client.closes, 0);
    sim_black_hole(SLICE(""), false);
    step_all();
    assert_int_equal(scene.client.connects, 1);
    scene_done(&scene);
}

static void a_closed_stream_that_cannot_send_is_given_up(void **state)
{
    struct scene scene;
    scene_open(&scene);
    tcp_pause(scene.server.tcp);
    char *much = calloc(1, 1000000);
    tcp_write(scene.client.tcp, slice_of(much, 1000000));
    free(much);
    tcp_close(scene.client.tcp, false);
    scene.client.tcp = NULL;
    step_all(); /* it ends: nothing waits for ever */
    tcp_resume(scene.server.tcp);
    step_all();
    assert_int_equal(scene.server.closes, 1);
    assert_false(scene.server.clean);
    assert_true(scene.server.got.size < 1000000);
    scene_done(&scene);
}

static void names_resolve_to_what_the_test_says(void **state)
{
    struct scene scene;
    scene_listen(&scene);
    scene.client.tcp =
        tcp_connect(scene.client.loop, SLICE("smsc.example:2775"), &party_events, &scene.client);
    step_all();
    assert_int_equal(scene.client.closes, 1);
    tcp_close(scene.client.tcp, false);
    sim_host(SLICE("smsc.example"), SLICE("10.0.0.1"));
    scene.client.tcp =
        tcp_connect(scene.client.loop, SLICE("smsc.example:2775"), &party_events, &scene.client);
    step_all();
    assert_int_equal(scene.client.connects, 1);
    assert_string_equal(tcp_peer(scene.client.tcp).at, "10.0.0.1:2775");
    scene_done(&scene);
}

static void never(struct loop_timer *timer)
{
    fail_msg("a timer of a dead process fired");
}

static void a_killed_process_says_nothing_and_its_peers_see_their_streams_break(void **state)
{
    struct scene scene;
    struct loop_timer timer = {.fire = never};
    scene_open(&scene);
    loop_timer_start(scene.server.loop, &timer, 10);
    tcp_write(scene.server.tcp, SLICE("sent"));
    sim_step();
    tcp_write(scene.server.tcp, SLICE("not sent any more"));
    sim_kill_loop(scene.server.loop);
    scene.server.loop = NULL;
    scene.server.tcp = NULL;
    scene.listener = NULL;
    step_all();
    assert_true(slice_eq(buf_slice(&scene.client.got), SLICE("sent")));
    assert_int_equal(scene.client.closes, 1);
    assert_false(scene.client.clean);
    assert_int_equal(scene.server.closes, 0);
    tcp_close(scene.client.tcp, false);
    scene_connect(&scene);
    step_all();
    assert_int_equal(scene.client.closes, 2); /* nobody listens any more */
    scene_done(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIM_TEST(latency_is_what_was_asked_for),
        SIM_TEST(a_good_network_delivers_packets_as_they_were_sent),
        SIM_TEST(packets_can_come_byte_by_byte),
        SIM_TEST(packets_can_be_cut_anywhere),
        SIM_TEST(packets_can_be_merged),
        SIM_TEST(a_cut_breaks_both_ends_and_loses_what_was_on_its_way),
        SIM_TEST(only_as_many_as_asked_for_are_cut),
        SIM_TEST(connections_break_by_themselves_when_asked_to),
        SIM_TEST(refused_connects_fail_until_they_are_allowed),
        SIM_TEST(chance_refuses_some_connects),
        SIM_TEST(a_black_hole_holds_everything_until_it_closes),
        SIM_TEST(a_connect_into_a_black_hole_hangs),
        SIM_TEST(a_closed_stream_that_cannot_send_is_given_up),
        SIM_TEST(names_resolve_to_what_the_test_says),
        SIM_TEST(a_killed_process_says_nothing_and_its_peers_see_their_streams_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
