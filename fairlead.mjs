#!/usr/bin/env node
/** The `fairlead` command: plain JavaScript, so that it starts on the Node 20 that the machine has. */
import { readFileSync } from 'node:fs'
import { run } from './tools/run.mjs'

const words = process.argv.slice(2)

/**
 * A relay holds much for long and little for short. Collected often and in small pieces, what is short-lived costs no answer
 * more than a millisecond or two, and a third of the memory is saved. One thread helps to collect: four of them take the
 * processor from the one that answers. `gc` is for relay/memory.ts.
 */
const { relay: relayOptions } = JSON.parse(readFileSync(new URL('./tools/node-options.json', import.meta.url), 'utf8'))

run('cli/main.ts', words, words[0] === 'relay' ? relayOptions : [])
