// Reads numbering plans from either source into one shape, one plan for each region:
//   {region: 'GB' ('' when the code belongs to no country), callingCode: 44, isMain: true,
//    internationalPrefix, nationalPrefix, transform, leadingDigits   patterns, '' when absent
//    pattern, lengths                              what any number of the region looks like
//    types: {MOBILE: {pattern, lengths}, ...}      only those that exist
//    sameMobile: true when fixed lines and mobiles cannot be told apart}
// Plans of one calling code are in the order in which they claim a number, the main region first.
import fs from 'node:fs';

// The order of the types inside the npm package's arrays.
const NPM_TYPES = ['FIXED_LINE', 'MOBILE', 'TOLL_FREE', 'PREMIUM_RATE', 'PERSONAL', 'VOICEMAIL',
    'UAN', 'PAGER', 'VOIP', 'SHARED_COST'];

export function readNpm(path) {
    const { countries, nonGeographic, country_calling_codes: codes } =
        JSON.parse(fs.readFileSync(path, 'utf8'));
    const plans = [];
    for (const [callingCode, regions] of Object.entries(codes)) {
        regions.filter((region) => region !== '001').forEach((region, i) =>
            plans.push(readNpmRegion(region, Number(callingCode), countries[region], i === 0)));
    }
    for (const [callingCode, row] of Object.entries(nonGeographic))
        plans.push(readNpmRegion('', Number(callingCode), row, true));
    return plans;
}

function readNpmRegion(region, callingCode, row, isMain) {
    const types = {};
    const [, internationalPrefix, pattern, lengths] = row;
    NPM_TYPES.forEach((type, i) => {
        const entry = row[11]?.[i];
        if (entry && entry[0]) types[type] = { pattern: entry[0], lengths: entry[1] || lengths };
    });
    return {
        region, callingCode, isMain, pattern, lengths, types,
        internationalPrefix: internationalPrefix || '',
        nationalPrefix: row[7] || row[5] || '',
        transform: row[8] || '',
        leadingDigits: String(row[10] || ''),
        // An empty mobile pattern stands for "the same as fixed lines".
        sameMobile: row[11]?.[1]?.[0] === '',
    };
}

// The dump that debian_dump.cc writes is in our shape already; lengths of -1 stand for a type
// that does not exist. Lengths that only serve local dialling are dropped: the classifier treats
// them like impossible ones, which is the same as long as none exceeds the longest real length.
export function readDebian(path) {
    const plans = JSON.parse(fs.readFileSync(path, 'utf8'));
    for (const plan of plans) {
        const longest = Math.max(...plan.lengths);
        if (plan.localLengths.some((n) => n > longest || plan.lengths.includes(n)))
            throw new Error(`${plan.region}: local lengths matter after all`);
        if (plan.region === '001') plan.region = '';
        for (const [type, entry] of Object.entries(plan.types)) {
            if (!entry.pattern) delete plan.types[type];
            else if (entry.lengths.length === 0) entry.lengths = plan.lengths;
        }
    }
    const byRegion = (a, b) => (a.region < b.region ? -1 : 1);
    return plans.sort((a, b) =>
        a.callingCode - b.callingCode || b.isMain - a.isMain || byRegion(a, b));
}
