import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Journeys through the built client, in a real browser, against a fleet of their own. No retries: a journey
// that fails now and then tells of a race in the client.
// Pictures and measurements are taken only where they are asked for by name.
const apart = ['pictures', 'lighthouse'].find((name) => process.argv.includes(name));

/** Begins with what visits every page: begun last, it would go on alone when all else is done. */
class EveryPageFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // Not the sort of an array.
    // oxlint-disable-next-line unicorn/no-array-sort
    const sorted = await super.sort(files);
    const visitsAll = ({ moduleId }: TestSpecification) => /accessibility|languages/.test(moduleId);
    return [...sorted.filter(visitsAll), ...sorted.filter((file) => !visitsAll(file))];
  }
}

const isAlone = process.env['JOURNEYS_OUTAGES'] === 'all' || process.env['JOURNEYS_TIMES'] === '1';

export default defineConfig({
  test: {
    environment: 'node',
    include: apart === undefined ? ['journeys/**/*.journey.ts'] : [`journeys/${apart}.ts`],
    sequence: { sequencer: EveryPageFirst },
    globalSetup: ['journeys/support/fleet.ts'],
    // Two files at a time, on one fleet. What is measured, and what stops processes, has it for itself.
    maxWorkers: isAlone ? 1 : 2,
    testTimeout: 300_000,
    hookTimeout: 60_000,
    // As long as a person waits for anything else (`Person`): a busy machine fails no journey.
    expect: { poll: { timeout: 15_000 } },
  },
});
