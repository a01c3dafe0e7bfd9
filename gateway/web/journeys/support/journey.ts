import type { Browser } from 'playwright-core';
import { afterAll, expect, inject, test } from 'vitest';
import { launchBrowser } from './browser';
import { Person, type PersonOptions } from './person';

/** Brings people with a browser context of their own into a journey. */
export type Arrive = (name: string, options?: PersonOptions) => Promise<Person>;

let shared: Promise<Browser> | undefined;

/** One browser for the journeys of a file. */
function browser(): Promise<Browser> {
  shared ??= launchBrowser();
  return shared;
}

afterAll(async () => {
  await (await shared)?.close();
  shared = undefined;
});

type Walk = (arrive: Arrive) => Promise<void>;

/**
 * A journey fails where a person met what no visitor should: see `Person`. A picture of the page at which it
 * failed is put into `JOURNEYS_PICTURES`, if that names a directory.
 */
export function journey(name: string, walk: Walk): void {
  test(name, () => run(name, walk));
}

/** Returns `journey`, or one that is skipped where the condition does not hold. */
journey.runIf = (condition: boolean) => (name: string, walk: Walk) => test.runIf(condition)(name, () => run(name, walk));

async function run(name: string, walk: Walk): Promise<void> {
  const people: Person[] = [];
  const arrive: Arrive = async (who, options) => {
    const person = await Person.arrive(await browser(), inject('url'), who, options);
    people.push(person);
    return person;
  };
  try {
    await walk(arrive);
    for (const person of people) expect(person.problems, person.account.username).toEqual([]);
  } catch (error) {
    for (const person of people) for (const problem of person.problems) console.error(`${person.account.username}: ${problem}`);
    await Promise.all(people.map((person) => takePicture(person, name)));
    throw error;
  } finally {
    await Promise.all(people.map((person) => person.leave()));
  }
}

async function takePicture(person: Person, name: string): Promise<void> {
  const directory = process.env['JOURNEYS_PICTURES'];
  if (directory === undefined || directory === '') return;
  const file = `${name.replaceAll(/\W+/g, '-')}-${person.account.username}.png`;
  await person.page.screenshot({ path: `${directory}/${file}` }).catch(() => undefined);
}
