import { connect } from 'node:net';

/** One connection to a port of the network namespace this runs in: standard input and output are its two ways. */
const port = Number(process.argv[2]);
const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
socket.on('error', (error) => {
  process.stderr.write(error.message);
  process.exit(1);
});
// As a kubelet: it is over when the pod's side has no more to say. What it said has been written:
// writes to pipes are synchronous.
socket.on('end', () => process.exit(0));
process.stdin.pipe(socket).pipe(process.stdout);
