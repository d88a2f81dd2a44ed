/* Fast hashes for tables in memory. Not for secrets: those are BLAKE2b (wire/secret.h). */
#pragma once

#include <stdint.h>

#include "base/slice.h"

/* The finaliser of MurmurHash3: every input bit reaches every output bit. */
static inline uint64_t hash_u64(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    return key ^ key >> 33;
}

/* FNV-1a, mixed; never 0, so that it can be a key of a map. */
static inline uint64_t hash_slice(struct slice text, uint64_t seed)
{
    uint64_t hash = 0xcbf29ce484222325ULL ^ hash_u64(seed);
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001b3ULL;
    hash = hash_u64(hash);
    return hash ? hash : 1;
}
