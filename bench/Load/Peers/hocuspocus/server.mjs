// A Hocuspocus server that keeps documents in memory: it would store them some seconds after a change, not before it answers.
import { Server } from '@hocuspocus/server';

const server = new Server({ address: '127.0.0.1', port: 0, quiet: true, stopOnSignals: false });
await server.listen();
console.log(`Ready ${server.httpServer.address().port}`);
