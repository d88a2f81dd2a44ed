#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/config.h"

/* Reads `text` as a file. The problem is shown without the file's name: ":3: there is ...". */
static bool read_bytes(struct slice text, struct config *config, char problem[256])
{
    char path[] = "/tmp/config-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text.at, text.size), (ssize_t)text.size);
    close(file);
    char said[256] = "";
    config_init(config);
    bool good = config_read(config, path, said);
    unlink(path);
    if (!good) assert_memory_equal(said, path, strlen(path));
    snprintf(problem, 256, "%s", good ? said : said + strlen(path));
    return good;
}

static bool read_text(const char *text, struct config *config, char problem[256])
{
    return read_bytes(slice_cstr(text), config, problem);
}

static void an_empty_file_leaves_the_defaults(void **state)
{
    struct config config, defaults;
    char problem[256];
    config_init(&defaults);
    assert_true(read_text("", &config, problem));
    assert_true(config_same(&config, &defaults));
    assert_string_equal(config.listen, "127.0.0.1:8080");
    assert_string_equal(config.store_url, "sqlite:/var/lib/godwit/godwit.db");
    assert_string_equal(config.hep_sender, "+2899682626");
    assert_string_equal(config.hep_server, "Team Hydra");
    assert_int_equal(config.robase_rate, 10);
    assert_int_equal(config.robase_burst, 10);
    assert_false(config.test_clock);
    assert_false(config.webhook_allow_private);
    assert_int_equal(config.retry_window_s, 86400);
}

static void settings_are_read_from_their_sections(void **state)
{
    struct config config;
    char problem[256];
    assert_true(read_text("; a comment\n"
                          "[server]\r\n"
                          "listen=[::1]:80\r\n"
                          "# another\n"
                          "test_clock = ON\n"
                          "\n"
                          "[hep]\n"
                          "server =   Two words   ; and a comment\n"
                          "[core]\n"
                          "retry_window = 0042\n"
                          "[server]\n"
                          "connections = 4294967295",
                          &config, problem));
    assert_string_equal(config.listen, "[::1]:80");
    assert_true(config.test_clock);
    assert_string_equal(config.hep_server, "Two words");
    assert_int_equal(config.retry_window_s, 42);
    assert_int_equal(config.connections_max, UINT32_MAX);
}

static void indented_lines_are_lines_of_their_own(void **state)
{
    struct config config;
    char problem[256];
    assert_true(read_text("  [server]\n"
                          "    listen = 127.0.0.1:1\n"
                          "    control = /tmp/c\n"
                          "\t; a comment\n"
                          "\ttest_clock = on\n",
                          &config, problem));
    assert_string_equal(config.listen, "127.0.0.1:1");
    assert_string_equal(config.control, "/tmp/c");
    assert_true(config.test_clock);
}

static void the_last_of_two_counts(void **state)
{
    struct config config;
    char problem[256];
    assert_true(read_text("[hep]\nserver = one\nserver = two\n", &config, problem));
    assert_string_equal(config.hep_server, "two");
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"[server]\nlisten = a\nnonsense = 1\n", ":3: there is no setting [server] nonsense"},
        {"[nowhere]\nlisten = a\n", ":2: there is no setting [nowhere] listen"},
        {"listen = a\n", ":1: there is no setting [] listen"},
        {"[server]\nLISTEN = a\n", ":2: there is no setting [server] LISTEN"},
        {"[server]\n\nlisten\n", ":3: this is no [section] and no name = value"},
        {"[server\n", ":1: this is no [section] and no name = value"},
        {"[server]\ntest_clock = yes\n", ":2: [server] test_clock cannot be \"yes\""},
        {"[server]\ntest_clock =\n", ":2: [server] test_clock cannot be \"\""},
        {"[core]\nretry_window = 1 day\n", ":2: [core] retry_window cannot be \"1 day\""},
        {"[core]\nretry_window = -1\n", ":2: [core] retry_window cannot be \"-1\""},
        {"[core]\nretry_window = 4294967296\n", ":2: [core] retry_window cannot be \"4294967296\""},
        {"[server]\nidle_timeout = 0\n", ":2: [server] idle_timeout cannot be \"0\""},
        {"[hep]\nsender = 123456789012345678901\n",
         ":2: [hep] sender cannot be \"123456789012345678901\""},
        /* of several the first, whatever kind it is */
        {"[server]\nbad = 1\nworse\nworst = 2\n", ":2: there is no setting [server] bad"},
        {"[server]\nworse\nbad = 1\n", ":2: this is no [section] and no name = value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config config;
        char problem[256];
        assert_false(read_text(rows[i].text, &config, problem));
        assert_string_equal(problem, rows[i].problem);
    }
}

/* A file whose third line has so many bytes. */
static bool read_with_line_of(size_t size, bool ended, struct config *config, char problem[256])
{
    char text[1024];
    size_t head = (size_t)snprintf(text, sizeof text, "[store]\n; url\nurl = sqlite:");
    size_t line = sizeof "url = sqlite:" - 1;
    memset(text + head, 'x', size - line);
    size_t end = head + size - line;
    if (ended) text[end++] = '\n';
    return read_bytes(slice_of(text, end), config, problem);
}

static void a_line_that_is_too_long_is_refused_and_never_cut(void **state)
{
    struct config config;
    char problem[256];
    for (int ended = 0; ended < 2; ended++) {
        assert_true(read_with_line_of(197, ended, &config, problem));
        assert_int_equal(strlen(config.store_url), 197 - 6);
        static const size_t sizes[] = {198, 199, 200, 201, 398, 399, 400, 900};
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            assert_false(read_with_line_of(sizes[i], ended, &config, problem));
            assert_string_equal(problem, ":3: the line is longer than 197 bytes");
        }
    }
}

static void a_file_that_cannot_be_read_is_a_problem(void **state)
{
    struct config config;
    char problem[256] = "";
    config_init(&config);
    assert_false(config_read(&config, "/tmp/there-is-no-such-file", problem));
    assert_non_null(strstr(problem, "/tmp/there-is-no-such-file: No such file"));
    assert_false(config_read(&config, "/tmp", problem));
    assert_non_null(strstr(problem, "/tmp: Is a directory"));
}

static void what_is_written_reads_back_the_same(void **state)
{
    struct config config = {
        .listen = "0.0.0.0:1",
        .control = "/c",
        .test_clock = true,
        .store_url = "sqlite:x",
        .hep_sender = "+1",
        .hep_server = "S T",
        .robase_rate = 7,
        .robase_burst = 0,
        .webhook_allow_private = true,
        .connections_max = 7,
        .connections_per_address_max = 6,
        .header_timeout_s = 5,
        .body_timeout_s = 4,
        .idle_timeout_s = 3,
        .retry_window_s = 2,
    };
    struct config read;
    struct buf text;
    char problem[256];
    buf_init(&text, 10000);
    config_write(&config, &text);
    assert_true(read_bytes(buf_slice(&text), &read, problem));
    assert_true(config_same(&read, &config));
    read.retry_window_s = 3;
    assert_false(config_same(&read, &config));
    read = config;
    read.webhook_allow_private = false;
    assert_false(config_same(&read, &config));
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_leaves_the_defaults),
        cmocka_unit_test(settings_are_read_from_their_sections),
        cmocka_unit_test(indented_lines_are_lines_of_their_own),
        cmocka_unit_test(the_last_of_two_counts),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_line_that_is_too_long_is_refused_and_never_cut),
        cmocka_unit_test(a_file_that_cannot_be_read_is_a_problem),
        cmocka_unit_test(what_is_written_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
