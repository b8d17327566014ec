/**
 * The package's public entry: a real Kubernetes API server inside any Node.js program, ready in well
 * under a second, nothing to download.
 *
 *     import { startApiServer } from 'quorate';
 *     const server = await startApiServer();
 *     // server.kubeconfig is the text of a kubeconfig, server.url and server.token are its parts
 *     await server.stop();
 */
export { type ApiServer, type ApiServerOptions, startApiServer } from './apiserver/embedded.ts';
