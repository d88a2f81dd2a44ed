/* What can go wrong on the simulated network, and where. */
#include "net/sim/sim.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "net/sim/sim_inside.h"

enum sim_rule_kind {
    SIM_REFUSE,
    SIM_HOLE,
    SIM_HOST,
};

struct sim_rule {
    struct sim_rule *next;
    enum sim_rule_kind kind;
    char *subject; /* an address, empty for all; or a host's name */
    char *value;   /* a host's literal */
};

void sim_drop_rules(void)
{
    while (sim.rules) {
        struct sim_rule *rule = sim.rules;
        sim.rules = rule->next;
        mem_free(rule->subject);
        mem_free(rule->value);
        mem_free(rule);
    }
}

static struct sim_rule **sim_find_rule(enum sim_rule_kind kind, struct slice subject)
{
    struct sim_rule **link = &sim.rules;
    while (*link && ((*link)->kind != kind || !slice_eq(slice_cstr((*link)->subject), subject)))
        link = &(*link)->next;
    return link;
}

static void sim_set_rule(enum sim_rule_kind kind, struct slice subject, struct slice value, bool on)
{
    assert(sim.is_open);
    struct sim_rule **link = sim_find_rule(kind, subject);
    if (*link) {
        struct sim_rule *old = *link;
        *link = old->next;
        mem_free(old->subject);
        mem_free(old->value);
        mem_free(old);
    }
    if (!on) return;
    struct sim_rule *rule = MEM_NEW(struct sim_rule);
    rule->kind = kind;
    rule->subject = mem_copy(subject.at, subject.size);
    rule->value = mem_copy(value.at, value.size);
    rule->next = sim.rules;
    sim.rules = rule;
}

static bool sim_has_rule(enum sim_rule_kind kind, const char *address)
{
    return *sim_find_rule(kind, slice_cstr(address)) || *sim_find_rule(kind, SLICE(""));
}

void sim_set_faults(const struct sim_faults *faults)
{
    assert(sim.is_open && faults->window > 0);
    sim.faults = *faults;
}

void sim_refuse(struct slice address, bool on)
{
    sim_set_rule(SIM_REFUSE, address, SLICE(""), on);
}

void sim_black_hole(struct slice address, bool on)
{
    sim_set_rule(SIM_HOLE, address, SLICE(""), on);
    tcp_reschedule_all();
}

void sim_host(struct slice name, struct slice ip)
{
    sim_set_rule(SIM_HOST, name, ip, true);
}

size_t sim_cut(struct slice address, size_t max)
{
    return tcp_cut_some(address, max);
}

bool sim_is_refused(const char *address)
{
    return sim_has_rule(SIM_REFUSE, address) || sim_chance(sim.faults.refuse_percent, 100);
}

bool sim_is_hole(const char *address)
{
    return sim_has_rule(SIM_HOLE, address);
}

const char *sim_look_up(const char *name)
{
    struct sim_rule *rule = *sim_find_rule(SIM_HOST, slice_cstr(name));
    if (rule) return rule->value;
    return strcmp(name, "localhost") == 0 ? "127.0.0.1" : NULL;
}
