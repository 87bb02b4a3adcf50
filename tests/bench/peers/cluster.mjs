// SPDX-License-Identifier: Apache-2.0
//
// cluster.mjs PROGRAM SOCKET WORKERS: so many processes of one program on one socket. The first one
// loads nothing but this, and hands connections out by turns.
import cluster from 'node:cluster';

const [program, socket, workers] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let i = 0; i < Number(workers); ++i) cluster.fork();
  // One that ends ends them all: a peer with fewer would flatter.
  cluster.on('exit', () => process.exit(1));
  process.on('SIGTERM', () => process.exit(0));
} else {
  const { listen } = await import(program);
  await listen(socket);
}
