/** `npm run bench:death`: a node is killed, and one is restarted, while thousands of devices are asked; who notices what. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'
import { replaceMarked } from './document.ts'
import { watchGoing } from './going.ts'
import { brokenPromises, deathMarks, type Going, renderGoing } from './going-table.ts'
import { runProgram, wholeNumber } from './run-program.ts'
import { openStreet } from './street.ts'

const help = `Usage: npm run bench:death -- [OPTION …]

Devices log in over BOSH through nginx, round robin and with no stickiness, at nodes on a PostgreSQL and a NATS of their
own. While so many requests a second go to all of them, one node is killed with -9, and later one is stopped with SIGTERM
and started again. Told of the devices that the node had: when the record has each at another node, ONLINE, and when each
has answered a request again. A request counts as in hand when it was asked before the node went and was over after it:
what a killed node has taken and not answered is lost, whosever it is. Ends with 1 when a promise was broken.

  --devices N      10000 by default; from a thousand on it needs two processors for itself
  --nodes N        3 by default
  --per-second N   requests to devices, by chance, whosever they are; 60 by default
  --only WHAT      kill or restart; both by default
  --json FILE      writes everything that was read as JSON
  --write DOC      puts the table between the marks of this document
  --help           this
`

interface Terms {
  devices: number
  nodes: number
  perSecond: number
  only: string | undefined
  json: string | undefined
  write: string | undefined
}

/** @throws {UsageError} @returns undefined: only the help is wanted */
function readTerms(): Terms | undefined {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      devices: { type: 'string', default: '10000' },
      nodes: { type: 'string', default: '3' },
      'per-second': { type: 'string', default: '60' },
      only: { type: 'string' },
      json: { type: 'string' },
      write: { type: 'string' },
    },
  })
  if (values.help) return undefined
  const { only, json, write } = values
  if (only !== undefined && only !== 'kill' && only !== 'restart')
    throw new UsageError(`--only is kill or restart, not "${only}".`)
  return {
    devices: wholeNumber('devices', values.devices, 1),
    nodes: wholeNumber('nodes', values.nodes, 2),
    perSecond: wholeNumber('per-second', values['per-second'], 1),
    only,
    json,
    write,
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function watchAll({ devices, nodes, perSecond, only }: Terms): Promise<Going[]> {
  await using street = await openStreet({ devices, nodes, say })
  await street.logIn()
  const [first, second] = street.cluster.nodes
  if (!first || !second) throw new Error('It takes two nodes.')
  const all: Going[] = []
  if (only !== 'restart') {
    const kill = { what: 'kill -9', node: second, go: () => second.stop('SIGKILL') } as const
    all.push(await watchGoing(kill, perSecond, street, say))
    if (only !== 'kill') await second.start()
  }
  if (only !== 'kill') {
    const go = async () => {
      await first.stop('SIGTERM')
      await first.start()
    }
    all.push(await watchGoing({ what: 'restart', node: first, go }, perSecond, street, say))
  }
  return all
}

async function main(): Promise<void> {
  const terms = readTerms()
  if (!terms) return void process.stdout.write(help)
  const all = await watchAll(terms)
  const broken = brokenPromises(all)
  if (terms.json) await writeFile(terms.json, `${JSON.stringify({ terms, all, broken }, undefined, 2)}\n`)
  const { devices, nodes, perSecond } = terms
  const words = `${devices} devices at ${nodes} nodes, ${perSecond} requests a second, ${new Date().toISOString().slice(0, 10)}.`
  const told = [renderGoing(all), words, ...broken].join('\n\n')
  process.stdout.write(`${told}\n`)
  if (terms.write) await writeFile(terms.write, replaceMarked(await readFile(terms.write, 'utf8'), told, deathMarks))
  if (broken.length > 0) process.exitCode = 1
}

await runProgram(main)
