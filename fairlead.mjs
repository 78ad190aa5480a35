#!/usr/bin/env node
/** The `fairlead` command: plain JavaScript, so that it starts on the Node 20 that the machine has. */
import { run } from './tools/run.mjs'

run('cli/main.ts', process.argv.slice(2))
