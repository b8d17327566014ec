import { runTool } from './tool.ts';

runTool('kubectl', process.argv.slice(2));
