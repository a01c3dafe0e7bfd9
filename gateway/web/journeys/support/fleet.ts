import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { fillLibrary } from './library';

declare module 'vitest' {
  interface ProvidedContext {
    /** The address of the gateway, without a slash at its end. */
    url: string;
    /** The directory of the client that it serves, which is this run's own; empty for a fleet that ran already. */
    webDir: string;
    /** The file in which the launcher says which processes run; empty for a fleet that ran already. */
    record: string;
  }
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The processes of a fleet, which have ports that follow each other. */
const PROCESSES = 6;

export interface Fleet {
  url: string;
  webDir: string;
  record: string;
  stop: () => void;
}

/** Starts the whole fleet in a directory of its own, with the built client; or takes the one at `JOURNEYS_URL`. */
export async function startFleet(): Promise<Fleet> {
  const given = process.env['JOURNEYS_URL'];
  if (given !== undefined && given !== '') return { url: given.replace(/\/$/, ''), webDir: '', record: '', stop: () => {} };
  if (!existsSync(join(DIST, 'index.html'))) throw new Error('the client is not built: npm run build');
  const target = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');
  const program = process.env['PROMPTFORGE_DEV'] ?? join(target, 'debug', 'promptforge-dev');
  const home = mkdtempSync(join(tmpdir(), 'journeys-'));
  const state = ['--state-dir', join(home, 'state')];
  const webDir = join(home, 'web');
  cpSync(DIST, webDir, { recursive: true });
  const port = await freePorts();
  const run = (args: string[]) => {
    // Stores of its own, whatever the environment names; the limits of a development machine.
    const { POSTGRES_URL: _, MONGODB_URI: __, KAFKA_BROKERS: ___, ...env } = process.env;
    const settings = { ...env, WEB_DIR: webDir, RATE_LIMIT_PROFILE: 'dev' };
    return spawnSync(program, args, { cwd: ROOT, env: settings, encoding: 'utf8' });
  };
  const stop = () => {
    run(['down', ...state]);
    rmSync(home, { recursive: true, force: true });
  };
  const started = run(['up', '-d', ...state, '--port-base', String(port), '--kafka', 'memory']);
  if (started.status !== 0) {
    stop();
    throw new Error(`the fleet does not start: ${started.error ?? started.stdout + started.stderr}`);
  }
  return { url: `http://localhost:${port}`, webDir, record: join(home, 'state', 'stack.json'), stop };
}

/** Returns the first of six ports that are free. */
async function freePorts(): Promise<number> {
  for (let base = 21000; base < 29000; base += 10) {
    const ports = Array.from({ length: PROCESSES }, (_, index) => base + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no ports are free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Called by vitest, once before all journeys. */
export default async function setup(project: TestProject): Promise<() => void> {
  const fleet = await startFleet();
  try {
    await fillLibrary(fleet.url);
  } catch (error) {
    fleet.stop();
    throw error;
  }
  project.provide('url', fleet.url);
  project.provide('webDir', fleet.webDir);
  project.provide('record', fleet.record);
  return fleet.stop;
}
