import { connect } from 'node:net';

/** One connection to a port of the network namespace this runs in: standard input and output are its two ways. */
const port = Number(process.argv[2]);
const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
socket.on('error', (error) => {
  process.stderr.write(error.message);
  process.exit(1);
});
process.stdin.pipe(socket).pipe(process.stdout);
