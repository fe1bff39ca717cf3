import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { OpenedFile, Transport } from '../../../src/ingest/transport/transport.ts';
import { readVerified } from '../../../src/ingest/transport/verified-read.ts';

const CHUNK = 32_768;
const SIZE = CHUNK * 1_000 + 1;
const VERSION = { path: '/out/a.csv', size: SIZE, modifiedAt: 1_000 };
const LIMITS = { maxBytes: SIZE, maxTransferMs: 60_000 };

/** A file of zeros that answers at once, and counts how far the reading is ahead of what was taken. */
class CountedFile implements OpenedFile {
  underWay = 0;
  mostUnderWay = 0;
  furthest = 0;

  attributes() {
    return Promise.resolve({ kind: 'file' as const, size: SIZE, modifiedAt: 1_000 });
  }

  async read(buffer: Buffer, position: number): Promise<number> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await Promise.resolve();
    this.underWay -= 1;
    const length = Math.max(0, Math.min(buffer.length, SIZE - position));
    this.furthest = Math.max(this.furthest, position + length);
    buffer.fill(0, 0, length);
    return length;
  }

  close() {
    return Promise.resolve();
  }
}

function transportOf(file: CountedFile): Transport {
  return {
    isOpen: true,
    list: () => Promise.resolve([]),
    attributes: () => file.attributes(),
    open: () => Promise.resolve(file),
    move: () => Promise.resolve(),
    abort: () => undefined,
    close: () => Promise.resolve(),
  };
}

test('a slow taker holds up the reading: at most 64 chunks are ahead of it, whatever the size', async () => {
  const file = new CountedFile();
  let taken = 0;
  let mostAhead = 0;
  const digests = await readVerified(transportOf(file), VERSION, LIMITS, async (chunk) => {
    await new Promise((resolve) => setImmediate(resolve));
    mostAhead = Math.max(mostAhead, file.furthest - taken);
    taken += chunk.length;
  });
  expect(taken).toBe(SIZE);
  expect(file.mostUnderWay).toBe(64);
  expect(mostAhead).toBeLessThanOrEqual(64 * CHUNK);
  expect(digests.sha256).toBe(createHash('sha256').update(Buffer.alloc(SIZE)).digest('hex'));
});

test('an error of the taker ends the reading', async () => {
  const file = new CountedFile();
  const full = new Error('no space');
  const reading = readVerified(transportOf(file), VERSION, LIMITS, () => Promise.reject(full));
  await expect(reading).rejects.toBe(full);
  expect(file.furthest).toBeLessThanOrEqual(64 * CHUNK);
});
