import { defineConfig } from 'vitest/config';

// Pure logic in Node, without a DOM: what needs one is tested in a real browser by the journeys.
export default defineConfig({
  test: { environment: 'node', include: ['tests/**/*.test.ts'] },
});
