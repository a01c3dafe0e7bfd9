import { dirname } from 'node:path';
import { runProgram } from './fleet';

export interface Message {
  topic: string;
  key: string;
  value: string | Uint8Array;
  headers?: Record<string, string>;
}

/** Sends a message to the broker of a fleet, as no service of ours would: what analytics cannot read. */
export function produce(record: string, { topic, key, value, headers = {} }: Message): void {
  const named = Object.entries(headers).flatMap(([name, text]) => ['--header', `${name}=${text}`]);
  const args = ['produce', '--state-dir', dirname(record), '--topic', topic, '--key', key, ...named];
  const { status, stderr } = runProgram(args, { input: value });
  if (status !== 0) throw new Error(`the broker refuses the message: ${stderr}`);
}
