/** What the real proxies of the tests have in common: files as operators fill them in, and waiting until they listen. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { StartedProcess } from './process.ts'
import { until } from './until.ts'

/** Replaces words of the file that operators replace as well. @throws {Error} when one is not there any more */
export function fillIn(name: string, text: string, words: Record<string, string>): string {
  return Object.entries(words).reduce((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`${name} does not contain "${from}"`)
    return filled.replaceAll(from, () => to)
  }, text)
}

/** The first of the nodes that our files for several name; the others follow it by one. */
const firstNode = '127.0.0.1:8081'

/** Gives each node the lines that the file has for its own ones. @throws {Error} when the file names none */
export function fillInNodes(name: string, text: string, addresses: readonly string[]): string {
  if (!text.includes(firstNode)) throw new Error(`${name} does not contain "${firstNode}"`)
  return text
    .split('\n')
    .filter((line) => !/127\.0\.0\.1:808[23]/.test(line))
    .flatMap((line) => {
      if (!line.includes(firstNode) || line.startsWith('#')) return [line]
      return addresses.map((address, at) => line.replace(firstNode, address).replace('node1', `node${at + 1}`))
    })
    .join('\n')
}

/** @throws {Error} with the program's own words, when it ends instead */
export async function untilItListens(title: string, server: StartedProcess, port: number): Promise<void> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  await until(`${title} listens`, async () => {
    if (ended) throw new Error(`${title} does not start:\n${server.output().stderr}`)
    const socket = connect(port, '127.0.0.1')
    return once(socket, 'connect').then(
      () => Boolean(socket.destroy()),
      () => false,
    )
  })
}
