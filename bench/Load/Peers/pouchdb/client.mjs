// Devices with a PouchDB on LevelDB each, written to beforehand; what is timed is one push replication of each, all at the same
// time. Of a document that was written several times PouchDB sends the last state only. LevelDB does not wait for the disk.
// Arguments: port, folder, devices, writes a device.
import { join } from 'node:path';
import PouchDB from 'pouchdb';
import { check, run } from '../client.mjs';
import { equal, expectedOf, writesOf } from '../notes.mjs';

const [port, folder] = process.argv.slice(2);
const [devices, count] = process.argv.slice(4).map(Number);
let pairs;

await run({
  operations: devices * count,
  prepare: async () => {
    const warmUp = await open('warm', 1000, 200);
    await warmUp.local.replicate.to(warmUp.remote);
    pairs = await Promise.all(Array.from({ length: devices }, (_, i) => open(`device${i}`, i, count)));
  },
  work: async () => {
    const results = await Promise.all(pairs.map(({ local, remote }) => local.replicate.to(remote)));
    check(results.every(result => result.ok && result.doc_write_failures === 0), 'A replication failed.');
    return results.reduce((sum, result) => sum + result.docs_written, 0);
  },
  verify: () => Promise.all(pairs.map(verify)),
});

async function open(name, owner, size) {
  const local = new PouchDB(join(folder, `${name}-${count}`));
  const remote = new PouchDB(`http://127.0.0.1:${port}/${name}-${count}`);
  const writes = writesOf(owner, size);
  const revisions = new Map();
  for (const { id, note } of writes) {
    const { rev } = await local.put({ _id: id, _rev: revisions.get(id), ...note });
    revisions.set(id, rev);
  }

  await remote.info();
  return { local, remote, expected: expectedOf(writes) };
}

async function verify({ remote, expected }) {
  const { doc_count: stored } = await remote.info();
  check(stored === expected.size, `The server has ${stored} documents, not ${expected.size}.`);
  for (const { doc } of (await remote.allDocs({ include_docs: true })).rows) {
    const { _id: id, _rev, ...note } = doc;
    check(equal(note, expected.get(id)), `Document ${id} is not what was written last.`);
  }
}
