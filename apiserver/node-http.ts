/**
 * node:http, of which a value is needed here and there. Not by `import`: that reads every export, and
 * its `WebSocket` loads undici: 0.1 s and 14 MB that no API server needs.
 */
export const http = process.getBuiltinModule('node:http');
