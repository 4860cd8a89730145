// A PouchDB server on LevelDB. Arguments: folder.
import { join } from 'node:path';
import express from 'express';
import expressPouchDB from 'express-pouchdb';
import PouchDB from 'pouchdb';

const Stored = PouchDB.defaults({ prefix: join(process.argv[2], 'server-') });
const app = express();
app.use('/', expressPouchDB(Stored, { mode: 'minimumForPouchDB' }));
const server = app.listen(0, '127.0.0.1', () => console.log(`Ready ${server.address().port}`));
