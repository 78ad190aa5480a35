/** A relay of one process, on its own record: nobody else has a say. */
import type { Remembered } from '../sessions/sessions.ts'
import type { Several, SeveralNeeds } from './several.ts'
import { sleepHere } from './sleeping.ts'
import { standingOf } from './standing.ts'

export function createAlone(needs: SeveralNeeds): Several {
  const { rooms, keptSessions, clock, knowsSessionHere } = needs
  const remembered = new Map<string, Remembered>()
  return {
    remembered,
    node: () => 0,
    nodeFor: () => 0,
    presenceLearned: ({ device, ...presence }) => void remembered.set(device, presence),
    countElsewhere: () => 0,
    async recover() {
      const { sessions, aliveAt } = await keptSessions.load()
      for (const { device, epoch } of sessions) {
        const known = remembered.get(device)
        if (known) known.epoch = Math.max(known.epoch, epoch)
      }
      await rooms().requests.recover()
      return { sessions, downMs: clock.wallNow() - aliveAt }
    },
    keptSessions,
    handOverTo: undefined,
    get requests() {
      return rooms().requests
    },
    inFlight: () => rooms().requests.inFlight(),
    findCaller: (bearer) => rooms().accounts.findCaller(bearer),
    signOfLife: (device) => rooms().sessions.signOfLife(device),
    knowsSession: knowsSessionHere,
    sleep: (device) => sleepHere(rooms(), device),
    saveSeen() {},
    standing: () => standingOf(needs, { adopted: 0, journalLag: 0 }),
    whyNotReady: () => undefined,
    forJournal: {},
    forAccounts: () => ({}),
    forPeople: () => ({}),
    forSessions: {},
    forDevices: {},
    forRequests: {},
    forBosh: {},
    forWebSocket: {},
    forDoor: {},
  }
}
