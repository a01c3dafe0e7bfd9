import { defineConfig } from 'vitest/config';

// Journeys through the built client, in a real browser, against a fleet of their own. No retries: a journey
// that fails now and then tells of a race in the client.
// Pictures and measurements are taken only where they are asked for by name.
const apart = ['pictures', 'lighthouse'].find((name) => process.argv.includes(name));

const isAlone = process.env['JOURNEYS_OUTAGES'] === 'all' || process.env['JOURNEYS_TIMES'] === '1';

export default defineConfig({
  test: {
    environment: 'node',
    include: apart === undefined ? ['journeys/**/*.journey.ts'] : [`journeys/${apart}.ts`],
    globalSetup: ['journeys/support/fleet.ts'],
    // Two files at a time, on one fleet. What is measured, and what stops processes, has it for itself.
    maxWorkers: isAlone ? 1 : 2,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    // As long as a person waits for anything else (`Person`): a busy machine fails no journey.
    expect: { poll: { timeout: 15_000 } },
  },
});
