// A device of OrleansSync that shares no code with it: written from docs/protocol.md and the .proto files.
//   node client.mjs http://127.0.0.1:5080 [user]
// Prints one line a step; ends with 0 when everything was as the protocol says.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const protos = fileURLToPath(new URL('../../../protos', import.meta.url));
const definition = loader.loadSync('orleanssync/v1/sync.proto', {
  includeDirs: [protos], keepCase: true, longs: String, enums: String, bytes: Buffer, defaults: true, oneofs: true,
});
const { orleanssync: { v1 } } = grpc.loadPackageDefinition(definition);

const uuid = () => Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
const json = (value) => Buffer.from(JSON.stringify(value));

class Device {
  constructor(address, user) {
    this.sync = new v1.Sync(address, grpc.credentials.createInsecure());
    this.metadata = new grpc.Metadata();
    this.metadata.set('authorization', `Bearer dev:${user}`);
    this.id = uuid();
    this.token = Buffer.alloc(0);
    this.clock = 0;
    this.cursor = null;
    this.rows = new Map();
  }

  get session() { return { device_id: this.id, token: this.token }; }

  async handshake() {
    const answer = await new Promise((resolve, reject) => this.sync.Handshake(
      { protocol_version: 1, device_id: this.id, session_token: this.token, profile: { name: 'node', platform: 'node', app_version: '1' } },
      this.metadata, (error, response) => (error ? reject(error) : resolve(response))));
    this.token = answer.session_token;
    this.see(answer.clock);
    return answer;
  }

  see(counter) { this.clock = Math.max(this.clock, Number(counter)); }

  operation(kind, type, entityId, changes = []) {
    const row = this.rows.get(`${type}/${entityId}`);
    return {
      id: uuid(), type, entity_id: entityId, kind, counter: ++this.clock, changes,
      base: row?.sequence ?? 0, seen: this.cursor?.sequence ?? 0, generation: row?.generation ?? 1,
    };
  }

  transaction(operations) {
    const id = uuid();
    operations.forEach((operation, index) => { operation.transaction = { id, index, count: operations.length }; });
    return operations;
  }

  // Sends batches within the window; resolves to their outcomes, in order.
  push(...batches) {
    return new Promise((resolve, reject) => {
      const stream = this.sync.Push(this.metadata);
      const outcomes = [];
      let window = 0;
      let sent = 0;
      const send = () => {
        while (sent < batches.length && sent - outcomes.length < window) {
          stream.write({ batch: { number: ++sent, operations: batches[sent - 1] } });
        }
        if (outcomes.length === batches.length) stream.end();
      };
      stream.on('data', (response) => {
        if (response.message === 'window') window = response.window.batches;
        else {
          assert.equal(Number(response.acknowledgement.number), outcomes.length + 1);
          outcomes.push(response.acknowledgement.outcomes);
          this.see(response.acknowledgement.clock);
        }
        send();
      });
      stream.on('error', reject);
      stream.on('end', () => resolve(outcomes));
      stream.write({ open: { session: this.session } });
    });
  }

  // Rows of a page are staged, and shown when a page says complete.
  take(page, staged) {
    staged.push(...page.rows);
    this.see(page.clock);
    if (!page.complete) return;
    for (const row of staged) this.rows.set(`${row.type}/${row.entity_id}`, row);
    staged.length = 0;
    this.cursor = page.cursor;
  }

  async pull() {
    const staged = [];
    for await (const { page } of this.sync.Pull({ session: this.session, cursor: this.cursor }, this.metadata)) this.take(page, staged);
  }

  // Watches until the condition holds for what is shown.
  async watchUntil(condition) {
    const staged = [];
    const stream = this.sync.Watch({ session: this.session, cursor: this.cursor }, this.metadata);
    try {
      for await (const { page } of stream) {
        this.take(page, staged);
        if (condition()) return;
      }
      throw new Error('The watch ended.');
    } finally {
      stream.on('error', () => {}); // the cancellation that follows
      stream.cancel();
    }
  }

  value(key, field) {
    const found = this.rows.get(key)?.fields.find(({ name }) => name === field);
    return found?.value === 'counter' ? Number(found.counter) : found?.value === 'json' ? JSON.parse(found.json) : undefined;
  }
}

// The details of an error, out of its trailer.
const { root } = protobuf.parse(`syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; }
  message Violation { string field = 1; string description = 2; }
  message BadRequest { repeated Violation field_violations = 1; }`, { keepCase: true });
function details(error) {
  const [encoded] = error.metadata.get('grpc-status-details-bin');
  const found = {};
  for (const { type_url: url, value } of root.lookupType('Status').decode(encoded).details) {
    const name = url.slice('type.googleapis.com/google.rpc.'.length);
    if (name === 'ErrorInfo' || name === 'BadRequest') found[name] = root.lookupType(name).decode(value);
  }
  return found;
}

const [url, user = `node-${randomUUID()}`] = process.argv.slice(2);
const address = new URL(url).host;
const phone = new Device(address, user);
const laptop = new Device(address, user);

const welcome = await phone.handshake();
await laptop.handshake();
console.log(`handshake: protocol ${welcome.protocol_version}, window of ${welcome.limits.batches_in_flight}`);

const create = phone.operation('OPERATION_KIND_CREATE', 'tasks', 'pump', [
  { field: 'title', set: json('Fix the pump') }, { field: 'minutes', increment: 15 }]);
const [[created]] = await phone.push([create]);
assert.equal(created.kind, 'OUTCOME_KIND_APPLIED');
assert.deepEqual(created.operation_id, create.id);
console.log(`pushed: ${created.kind} at ${created.sequence}`);

await laptop.pull();
assert.equal(laptop.value('tasks/pump', 'title'), 'Fix the pump');
console.log(`pulled: ${laptop.value('tasks/pump', 'title')}, ${laptop.value('tasks/pump', 'minutes')} minutes`);

const watching = phone.watchUntil(() => phone.value('tasks/pump', 'title') === 'Fix the pump today' && phone.value('notes/1', 'text') === 'done');
const [[edited], lines] = await laptop.push(
  [laptop.operation('OPERATION_KIND_UPDATE', 'tasks', 'pump', [{ field: 'title', set: json('Fix the pump today') }])],
  laptop.transaction([
    laptop.operation('OPERATION_KIND_CREATE', 'notes', '1', [{ field: 'text', set: json('done') }]),
    laptop.operation('OPERATION_KIND_CREATE', 'notes', '2', [{ field: 'text', set: json('more') }])]));
assert.equal(edited.kind, 'OUTCOME_KIND_APPLIED');
assert.equal(lines[0].sequence, lines[1].sequence);
await watching;
assert.equal(phone.value('notes/2', 'text'), 'more');
console.log(`watched: ${phone.value('tasks/pump', 'title')}, and a transaction whole`);

const [[again]] = await phone.push([create]);
assert.deepEqual(again, created);
await laptop.pull();
assert.equal(laptop.value('tasks/pump', 'minutes'), 15);
console.log(`duplicate: ${again.kind} at ${again.sequence}, still ${laptop.value('tasks/pump', 'minutes')} minutes`);

const broken = phone.operation('OPERATION_KIND_UPDATE', 'tasks', 'pump', [{ field: 'title', set: Buffer.from('{"a":') }]);
const error = await phone.push([broken]).then(() => assert.fail('Broken JSON was taken.'), (refusal) => refusal);
const { ErrorInfo: info, BadRequest: request } = details(error);
assert.equal(info.domain, 'orleanssync');
console.log(`refused: ${grpc.status[error.code]} ${info.reason} ${request.field_violations[0].field}`);

phone.sync.close();
laptop.sync.close();
console.log('done');
