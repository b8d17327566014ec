import { runTool } from './tool.ts';

runTool('helm', process.argv.slice(2));
