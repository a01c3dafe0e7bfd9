import { defineConfig } from 'vitest/config';

// Journeys through the built client, in a real browser, against a fleet of their own. No retries: a journey
// that fails now and then tells of a race in the client.
export default defineConfig({
  test: {
    environment: 'node',
    // Pictures are taken only where they are asked for by name.
    include: process.argv.includes('pictures') ? ['journeys/pictures.ts'] : ['journeys/**/*.journey.ts'],
    globalSetup: ['journeys/support/fleet.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
