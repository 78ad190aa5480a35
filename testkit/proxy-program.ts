/** What the real proxies of the tests have in common: files as operators fill them in, and a port to listen on. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { listenOnFreePort } from './listen.ts'
import type { StartedProcess } from './process.ts'
import { until } from './until.ts'

/** Replaces words of the file that operators replace as well. @throws {Error} when one is not there any more */
export function fillIn(name: string, text: string, words: Record<string, string>): string {
  return Object.entries(words).reduce((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`${name} does not contain "${from}"`)
    return filled.replaceAll(from, () => to)
  }, text)
}

/** Somebody else may take it in between; the proxy then ends at once, and its words say so. */
export async function findFreePort(): Promise<number> {
  await using listening = await listenOnFreePort(createServer())
  return listening.port
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
