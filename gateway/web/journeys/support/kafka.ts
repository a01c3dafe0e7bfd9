/** Sends messages to the broker of a fleet, as no service of ours would: what analytics cannot read. */
import { connect } from 'node:net';

export interface Message {
  topic: string;
  key: string;
  value: string | Uint8Array;
  headers?: Record<string, string>;
}

const PRODUCE = 0;
/** The version of the request that takes batches of today's format. */
const VERSION = 3;

/** Sends a message to the first partition of its topic, on a broker that is alone, and awaits that it is kept. */
export async function produce(broker: string, message: Message): Promise<void> {
  const batch = batchOf(message);
  const topic = [int32(1), short(message.topic), int32(1), int32(0), int32(batch.length), batch];
  const body = [short(null), int16(-1), int32(10_000), ...topic];
  const answer = await ask(broker, [int16(PRODUCE), int16(VERSION), int32(1), short('journeys'), ...body]);
  // After the id of the request, the topics, the name of the first one, its partitions, and the number of the first.
  const error = answer.readInt16BE(4 + 4 + 2 + Buffer.byteLength(message.topic) + 4 + 4);
  if (error !== 0) throw new Error(`the broker refuses the message: error ${error}`);
}

/** Sends a request and returns the answer, both without their length. */
function ask(broker: string, request: Buffer[]): Promise<Buffer> {
  const [host = '', port = ''] = broker.split(/:(?=\d+$)/);
  const sent = Buffer.concat(request);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = connect(Number(port), host, () => socket.write(Buffer.concat([int32(sent.length), sent])));
    socket.setTimeout(15_000, () => socket.destroy(new Error('the broker does not answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the broker hangs up')));
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(received.subarray(4));
      socket.destroy();
    });
  });
}

/** Makes a batch of one message. */
function batchOf({ key, value, headers = {} }: Message): Buffer {
  const names = Object.entries(headers).flatMap(([name, text]) => [sized(name), sized(text)]);
  const fields = [int8(0), varint(0), varint(0), sized(key), sized(value), varint(Object.keys(headers).length), ...names];
  const record = Buffer.concat(fields);
  const now = int64(BigInt(Date.now()));
  // Without a transaction and without a producer's id.
  const rest = Buffer.concat([int16(0), int32(0), now, now, int64(-1n), int16(-1), int32(-1), int32(1), varint(record.length), record]);
  const afterLength = Buffer.concat([int32(-1), int8(2), uint32(crc32c(rest)), rest]);
  return Buffer.concat([int64(0n), int32(afterLength.length), afterLength]);
}

/** Returns the checksum that Kafka uses (Castagnoli's polynomial). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function written(size: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
}

const int8 = (value: number) => written(1, (buffer) => buffer.writeInt8(value));
const int16 = (value: number) => written(2, (buffer) => buffer.writeInt16BE(value));
const int32 = (value: number) => written(4, (buffer) => buffer.writeInt32BE(value));
const uint32 = (value: number) => written(4, (buffer) => buffer.writeUInt32BE(value));
const int64 = (value: bigint) => written(8, (buffer) => buffer.writeBigInt64BE(value));

/** A text after its length in two bytes. */
function short(text: string | null): Buffer {
  return text === null ? int16(-1) : Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
}

/** A whole number in as few bytes as it takes, its sign in the last bit. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Bytes after their length. */
function sized(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}
