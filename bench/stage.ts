/** One server that runs and one fleet at it: what every phase of the bench plays on. */
import { createFleet, type Fleet } from './generator/fleet.ts'
import type { ScramKeyring } from './generator/scram-keyring.ts'
import type { Place, RunningServer, ServerKind } from './servers/server.ts'
import { readUsage, type Usage } from './usage.ts'

export interface Stage extends AsyncDisposable {
  readonly fleet: Fleet
  server(): RunningServer
  usage(): Usage
  /** Of the server as it was before any device came. */
  readonly atFirst: Usage
  /** Kills the server with -9 and starts it again; the devices have lost their connections. */
  crash(): Promise<void>
}

export interface StageNeeds {
  kind: ServerKind
  place: Place
  keyring: ScramKeyring
  waitSeconds: number
}

export async function openStage({ kind, place, keyring, waitSeconds }: StageNeeds): Promise<Stage> {
  let server = await kind.start(place)
  const fleet = createFleet({ ...server.terms, keyring, waitSeconds, answers: kind.answers })
  return {
    fleet,
    server: () => server,
    usage: () => readUsage(server.pid),
    atFirst: readUsage(server.pid),
    async crash() {
      process.kill(server.pid, 'SIGKILL')
      // What breaks now is meant to.
      fleet.cut()
      await server.process.exited
      server = await kind.start(place)
    },
    async [Symbol.asyncDispose]() {
      fleet.close()
      // In an orderly way first, so that a profile that was asked for is written (NODE_OPTIONS=--cpu-prof).
      await server.process.stop().catch(() => server.process.kill())
    },
  }
}
