/** Waits for servers that start in their own time. */
import { connect } from 'node:net'
import { until } from '../../testkit/until.ts'

/** Waits until somebody listens there. */
export async function listens(port: number): Promise<void> {
  await until(`somebody listens at port ${port}`, () => canConnect(port), 60_000)
}

function canConnect(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
