/* A provider and its sessions: which there should be, and which one a submit goes to. */
#include "base/mem.h"
#include "edge/smpp_client/client.h"

struct link *link_new(struct smpp_client *client, const struct provider *provider)
{
    struct link *link = MEM_NEW(struct link);
    link->client = client;
    link->provider = *provider;
    link_arrange(link);
    return link;
}

void link_free(struct link *link)
{
    for (uint32_t i = 0; i < link->session_count; i++)
        session_free(link->sessions[i]);
    mem_free(link->sessions);
    if (link->sticky) map_done(&link->sticky->sessions);
    mem_free(link->sticky);
    mem_free(link);
}

/* What the carrier was told when we bound to it. */
static bool same_bind(const struct provider *a, const struct provider *b)
{
    return a->bind == b->bind && strcmp(a->address, b->address) == 0 &&
           strcmp(a->system_id, b->system_id) == 0 && strcmp(a->password, b->password) == 0 &&
           strcmp(a->system_type, b->system_type) == 0 &&
           a->quirks.interface_version == b->quirks.interface_version;
}

void link_change(struct link *link, const struct provider *provider, bool removed)
{
    bool binds = !removed && provider->enabled;
    bool again = !same_bind(&link->provider, provider);
    link->provider = *provider;
    link->removed = removed;
    if (!binds || again) link_stop(link);
    for (uint32_t i = 0; i < link->session_count; i++)
        session_refresh(link->sessions[i]);
    link_arrange(link);
    if (removed) client_sweep_soon(link->client);
}

void link_stop(struct link *link)
{
    for (uint32_t i = 0; i < link->session_count; i++)
        session_stop(link->sessions[i]);
}

static uint32_t binds_wanted(const struct link *link)
{
    bool binds = link->provider.enabled && !link->removed && !link->client->draining;
    if (!binds) return 0;
    return link->provider.quirks.session_count ? link->provider.quirks.session_count : 1;
}

static void link_add(struct link *link, uint32_t bind)
{
    size_t size = (link->session_count + 1) * sizeof(struct session *);
    link->sessions = mem_resize(link->sessions, size);
    struct session *session = session_new(link, bind);
    link->sessions[link->session_count++] = session;
    session_start(session);
}

static void link_arrange_kind(struct link *link, uint32_t bind, uint32_t wanted)
{
    uint32_t have = 0;
    for (uint32_t i = 0; i < link->session_count; i++) {
        if (link->sessions[i]->bind != bind) continue;
        have++;
        if (have > wanted) session_stop(link->sessions[i]);
    }
    for (; have < wanted; have++)
        link_add(link, bind);
}

void link_arrange(struct link *link)
{
    /* A carrier that allows so many binds would refuse the new ones while the old ones last. */
    for (uint32_t i = 0; i < link->session_count; i++)
        if (link->sessions[i]->unwanted) return;
    uint32_t wanted = binds_wanted(link);
    if (link->provider.bind == BIND_TRX) {
        link_arrange_kind(link, SMPP_BIND_TRANSCEIVER, wanted);
    } else {
        link_arrange_kind(link, SMPP_BIND_TRANSMITTER, wanted);
        link_arrange_kind(link, SMPP_BIND_RECEIVER, wanted);
    }
}

void link_sweep(struct link *link)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < link->session_count; i++) {
        struct session *session = link->sessions[i];
        if (session->unwanted && session->state == SESSION_CLOSED)
            session_free(session);
        else
            link->sessions[kept++] = session;
    }
    link->session_count = kept;
    link_arrange(link);
}

uint32_t link_window(const struct link *link)
{
    return link->provider.window ? link->provider.window : 1;
}

/* Where the other segments of this recipient's message went, as long as that session lives. */
static struct session *link_find_sticky(struct link *link, uint64_t recipient)
{
    uint64_t generation;
    if (!link->sticky || !map_get(&link->sticky->sessions, recipient, &generation)) return NULL;
    for (uint32_t i = 0; i < link->session_count; i++) {
        struct session *session = link->sessions[i];
        if (session->generation == generation && session_can_submit(session)) return session;
    }
    return NULL;
}

static void link_stick(struct link *link, uint64_t recipient, const struct session *session)
{
    if (!link->sticky) link->sticky = MEM_NEW(struct sticky);
    struct sticky *sticky = link->sticky;
    uint64_t known;
    if (!map_get(&sticky->sessions, recipient, &known)) {
        uint64_t *place = &sticky->ring[sticky->next++ % STICKY_MAX];
        if (*place) map_remove(&sticky->sessions, *place);
        *place = recipient;
    }
    map_set(&sticky->sessions, recipient, session->generation);
}

static uint32_t load_of(const struct session *session)
{
    return session->window.count + session->waiting_count;
}

static struct session *link_choose(struct link *link, const struct submit *submit)
{
    uint64_t recipient = attempt_recipient(submit->attempt).v;
    bool is_long = submit->segment.total > 1 && recipient != 0;
    struct session *best = is_long ? link_find_sticky(link, recipient) : NULL;
    if (best) return best;
    for (uint32_t i = 0; i < link->session_count; i++) {
        struct session *session = link->sessions[i];
        if (!session_can_submit(session)) continue;
        if (!best || load_of(session) < load_of(best)) best = session;
    }
    if (best && is_long) link_stick(link, recipient, best);
    return best;
}

/* The core keeps to what it was told, and what it was told may be out of date by a session. More
   than all the sessions that this provider may have can hold is not meant to wait here. */
static bool link_is_full(const struct link *link)
{
    uint32_t load = 0;
    for (uint32_t i = 0; i < link->session_count; i++)
        load += load_of(link->sessions[i]);
    return load >= (uint64_t)binds_wanted(link) * link_window(link);
}

void link_submit(struct link *link, const struct submit *submit)
{
    struct session *session = link_is_full(link) ? NULL : link_choose(link, submit);
    if (session) {
        session_submit(session, submit);
    } else {
        struct command_answer answer = {.attempt = submit->attempt, .state = ATTEMPT_NOT_SENT};
        link_answer(link, &answer);
    }
}

void link_tell(struct link *link)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < link->session_count; i++)
        count += session_can_submit(link->sessions[i]);
    if (count == link->told) return;
    link->told = count;
    struct command_link told = {link->provider.id, count};
    link->client->ports.link(link->client->ports.user, &told);
}

void link_answer(struct link *link, const struct command_answer *answer)
{
    link->client->ports.answer(link->client->ports.user, answer);
}
