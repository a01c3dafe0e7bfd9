import { spawnSync, type SpawnSyncOptions, type SpawnSyncReturns } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { Account } from './api';
import { fillLibrary } from './library';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the gateway, without a slash at its end. */
    url: string;
    /** The directory of the client that it serves, which is this run's own; empty for a fleet that ran already. */
    webDir: string;
    /** The file in which the launcher says which processes run; empty for a fleet that ran already. */
    record: string;
    /** The first administrator; null for a fleet that ran already and whose settings are not in the environment. */
    administrator: Account | null;
  }
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Where `up.sh` and `test.sh` put the jars of Apache Kafka. */
const KAFKA_LIB = join(ROOT, '.promptforge', 'kafka', 'lib');
const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');
const PROGRAM = process.env['PROMPTFORGE_DEV'] ?? join(TARGET, 'debug', 'promptforge-dev');

/** Runs `promptforge-dev`. */
export function runProgram(args: string[], options: Pick<SpawnSyncOptions, 'env' | 'input'> = {}): SpawnSyncReturns<string> {
  return spawnSync(PROGRAM, args, { ...options, cwd: ROOT, encoding: 'utf8' });
}

export interface Fleet {
  url: string;
  webDir: string;
  record: string;
  administrator: Account | null;
  stop: () => void;
}

/** Returns the administrator that the settings name, as `ADMIN_EMAIL` and `ADMIN_PASSWORD` do. */
function givenAdministrator(): Account | null {
  const { ADMIN_EMAIL: email = '', ADMIN_PASSWORD: password = '' } = process.env;
  return email === '' || password === '' ? null : { username: email.replace(/@.*/, ''), email, password };
}

/** Starts the whole fleet in a directory of its own, with the built client; or takes the one at `JOURNEYS_URL`. */
export function startFleet(): Fleet {
  const given = process.env['JOURNEYS_URL'];
  if (given !== undefined && given !== '') {
    return { url: given.replace(/\/$/, ''), webDir: '', record: '', administrator: givenAdministrator(), stop: () => {} };
  }
  if (!existsSync(join(DIST, 'index.html'))) throw new Error('the client is not built: npm run build');
  const home = mkdtempSync(join(tmpdir(), 'journeys-'));
  // Postgres, which has an account of its own, must get to its files: where it cannot they are put elsewhere.
  chmodSync(home, 0o711);
  const state = ['--state-dir', join(home, 'state')];
  const webDir = join(home, 'web');
  cpSync(DIST, webDir, { recursive: true });
  const administrator: Account = { username: 'keeper', email: 'keeper@example.com', password: randomBytes(16).toString('hex') };
  const run = (args: string[]) => {
    // Stores of its own, whatever the environment names; the limits of a development machine.
    const { POSTGRES_URL: _, MONGODB_URI: __, KAFKA_BROKERS: ___, ...env } = process.env;
    const settings = { PROMPTFORGE_KAFKA_LIB: KAFKA_LIB, ...env, WEB_DIR: webDir, RATE_LIMIT_PROFILE: 'dev', ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password };
    return runProgram(args, { env: settings });
  };
  const stop = () => {
    process.removeListener('exit', stop);
    run(['down', ...state]);
    rmSync(home, { recursive: true, force: true });
  };
  // However the run ends, nothing of it is left.
  process.once('exit', stop);
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  // The real broker where it is, unless another one is asked for.
  const kafka = process.env['JOURNEYS_KAFKA'] ?? (existsSync(KAFKA_LIB) ? 'apache' : 'memory');
  const started = run(['up', '-d', ...state, '--port-base', 'any', '--kafka', kafka]);
  if (started.status !== 0) {
    stop();
    throw new Error(`the fleet does not start: ${started.error ?? started.stdout + started.stderr}`);
  }
  const record = join(home, 'state', 'stack.json');
  return { url: addressOf('gateway', record), webDir, record, administrator, stop };
}

/** Returns the address of a part of a stack that runs. */
function addressOf(name: string, record: string): string {
  const { parts } = JSON.parse(readFileSync(record, 'utf8')) as { parts: { name: string; address: string }[] };
  const found = parts.find((part) => part.name === name);
  if (found === undefined) throw new Error(`${record} names no ${name}`);
  return found.address;
}

/** Called by vitest, once before all journeys. */
export default async function setup(project: TestProject): Promise<() => void> {
  const fleet = startFleet();
  try {
    await fillLibrary(fleet.url);
  } catch (error) {
    fleet.stop();
    throw error;
  }
  project.provide('url', fleet.url);
  project.provide('webDir', fleet.webDir);
  project.provide('record', fleet.record);
  project.provide('administrator', fleet.administrator);
  return fleet.stop;
}
