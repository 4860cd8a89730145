// What the client of every peer does: prepares, says so, begins when told, verifies, and prints one line of JSON.
import { createInterface } from 'node:readline';

export async function run({ prepare, work, verify, operations }) {
  await prepare();
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  console.log('Prepared');
  await lines.next();
  const started = performance.now();
  // How many changes it took: a product may send several writes of a document as one.
  const sent = await work();
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, operations, sent }));
  // The cost up to here is measured before it is told to go on.
  await lines.next();
  await verify();
  console.log('Verified');
  process.exit(0);
}

export function check(isRight, what) {
  if (!isRight) throw new Error(what);
}
