// The same kind of writes as everywhere in the load generator: notes of about 200 bytes, 70 % creates, 30 % updates.
const words = 'sync offline device merge stamp clock cursor page batch outcome row scope journal digest '.repeat(10);

export function writesOf(owner, count) {
  const writes = [];
  const versions = [];
  let random = owner + 1;
  for (let i = 0; i < count; i++) {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    const isUpdate = versions.length > 0 && (random >>> 8) % 10 >= 7;
    const index = isUpdate ? (random >>> 16) % versions.length : versions.length;
    versions[index] = isUpdate ? versions[index] + 1 : 0;
    writes.push({ id: `note-${owner}-${index}`, note: noteOf(owner, index, versions[index]) });
  }

  return writes;
}

// What every note must be in the end.
export function expectedOf(writes) {
  return new Map(writes.map(({ id, note }) => [id, note]));
}

export function equal(left, right) {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every(key => left[key] === right[key]);
}

function noteOf(owner, index, version) {
  const start = (owner * 7919 + index * 31 + version * 104729) % 500;
  return {
    title: `Note ${owner}-${index} version ${version}`,
    body: words.slice(start, start + 90),
    at: `2026-01-01T00:00:00.${String(start).padStart(7, '0')}Z`,
    done: index % 3 === 0,
    rank: index % 100,
  };
}
