// Pairs of clients of a document each: one writes the notes as entries of a map, each an update of its own, the other sees them.
// What is timed is from the first write until every other one has everything. Arguments: port, folder, pairs, writes a pair.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import WebSocket from 'ws';
import * as Y from 'yjs';
import { check, run } from '../client.mjs';
import { equal, expectedOf, writesOf } from '../notes.mjs';

const [port, , pairCount, count] = process.argv.slice(2).map(Number);
const burst = 100;
let pairs;

await run({
  operations: pairCount * count,
  prepare: async () => {
    await write(await open('warm', 1000, 200));
    pairs = await Promise.all(Array.from({ length: pairCount }, (_, i) => open(`pair${i}`, i, count)));
  },
  work: async () => {
    await Promise.all(pairs.map(write));
    return pairCount * count;
  },
  verify: async () => pairs.forEach(({ seen, expected }) => {
    check(seen.size === expected.size, `The other client has ${seen.size} entries, not ${expected.size}.`);
    for (const [id, note] of expected) check(seen.has(id) && equal(seen.get(id), note), `Entry ${id} is not what was written last.`);
  }),
});

async function open(name, owner, size) {
  const [writer, reader] = await Promise.all([connect(name), connect(name)]);
  const writes = writesOf(owner, size);
  return { written: writer.getMap('notes'), seen: reader.getMap('notes'), writes, expected: expectedOf(writes) };
}

async function connect(name) {
  const document = new Y.Doc();
  const websocketProvider = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}`, WebSocketPolyfill: WebSocket });
  await new Promise(synced => {
    const provider = new HocuspocusProvider({ websocketProvider, name, document, onSynced: () => synced() });
    // A socket that is handed in is not attached by the provider itself.
    provider.attach?.();
  });
  return document;
}

// The updates of one client arrive in order: with the last one everything is there.
async function write({ written, seen, writes }) {
  const last = writes.at(-1);
  const complete = new Promise(resolve => {
    const look = () => {
      const note = seen.get(last.id);
      if (note && equal(note, last.note)) {
        seen.unobserve(look);
        resolve();
      }
    };
    seen.observe(look);
  });
  for (let i = 0; i < writes.length; i++) {
    written.set(writes[i].id, writes[i].note);
    // Lets the sockets send, as they would between the writes of an app.
    if (i % burst === burst - 1) await new Promise(setImmediate);
  }

  await complete;
}
