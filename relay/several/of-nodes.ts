/** Several nodes of one relay: what each tells the others, and what it does for them. */
import { inBackground } from '@fairlead/base'
import { defaultAccount } from '@fairlead/protocol/contract'
import { createEverywhere } from '../events/everywhere.ts'
import { createOverNodes } from '../requests/over-nodes.ts'
import { createClaims } from '../sessions/claims.ts'
import type { Remembered } from '../sessions/sessions.ts'
import { createElsewhere } from '../xmpp/bosh-elsewhere.ts'
import { createWebSocketElsewhere } from '../xmpp/websocket-elsewhere.ts'
import { createInterests } from './interests.ts'
import type { Several, SeveralNeeds } from './several.ts'
import { createSleeping } from './sleeping.ts'
import { standingOf } from './standing.ts'
import { createWhereabouts } from './whereabouts.ts'

export function createSeveral(needs: SeveralNeeds): Several {
  const { config, ground, nodes, calls, clock, log, keptSessions, rooms } = needs
  const { bus, database, ids } = ground
  const common = { clock, log, nodes, calls }
  const remembered = new Map<string, Remembered>()
  const node = () => nodes.number
  const names = () => nodes.others().map(({ incarnation }) => incarnation)
  const everywhere = createEverywhere(clock, names)
  const interests = createInterests(bus, node)
  const whereabouts = createWhereabouts({ ...needs, remembered })
  const { whereIs } = whereabouts
  let isBuilt = false
  void needs.built.then(() => {
    isBuilt = true
  })
  let adopted = 0
  let newestElsewhere = 0

  bus.subscribe('journal', ({ head }, from) => {
    if (from === bus.self) return
    const seq = Number(head['seq'])
    everywhere.heard(from, seq)
    newestElsewhere = Math.max(newestElsewhere, seq)
    inBackground(log, 'events.not-followed', async () => {
      await needs.built
      const { journal } = rooms()
      if (seq > journal.newest()) await journal.catchUp()
    })
  })

  bus.subscribe('events', ({ head }, from) => {
    if (from === bus.self) return
    inBackground(log, 'events.not-followed', async () => {
      await needs.built
      rooms().journal.othersWroteQuietly(Number(head['from']), Number(head['upTo']))
    })
  })

  /** Known here before it is read in the journal, or while nobody can write there: what is asked in between goes there, too. */
  function movesTo(device: string, epoch: number, by: string): Promise<void> {
    const { sessions } = rooms()
    const peer = nodes.others().find(({ incarnation }) => incarnation === by)
    const presence = sessions.presenceOf(device)
    if (peer && presence && epoch > newestOf(device)) {
      const { address, transport } = presence
      const elsewhere = { state: 'online', address, transport, node: peer.number } as const
      remembered.set(device, { ...presence, epoch, elsewhere })
    }
    sessions.superseded(device, epoch)
    return rooms().requests.whenStill(device)
  }

  function newestOf(device: string): number {
    return Math.max(remembered.get(device)?.epoch ?? 0, rooms().sessions.epochOf(device))
  }

  const claims = createClaims({
    ...common,
    database,
    sessions: {
      giveWay: (device) => rooms().sessions.giveWay(device),
      replacing: (device, address, seen) => rooms().sessions.replacing(device, address, seen),
      superseded: (device, epoch, by) => movesTo(device, epoch, by),
      arrives: (device, epoch) => rooms().sessions.arrives(device, epoch),
    },
    journal: () => rooms().journal,
    newest: (device) => ({ epoch: newestOf(device), node: whereIs(device) }),
  })

  const requests = createOverNodes({
    ...common,
    bus,
    here: () => rooms().requests,
    newId: ids.create,
    nodeOf: ids.nodeOf,
    isHere: (device) => rooms().sessions.isHere(device),
    isSettled: (device) => rooms().sessions.isSettled(device),
    whereIs,
    catchUp: () => rooms().journal.catchUp(),
    learnNow: whereabouts.learnNow,
    async leaveWord(device) {
      const account = rooms().devices.find(device)?.account
      if (account === undefined) return
      // What it is about is stored: it comes to its device later without it, too.
      await rooms()
        .journal.record({ type: 'record.waits', account, device })
        .catch(() => {})
    },
    isSomewhere: (device) => remembered.get(device)?.elsewhere?.state === 'online' || rooms().sessions.isOnline(device),
    mustTake: needs.overload.mustTake,
    timeoutMsOf: ({ timeoutSeconds = config.requestTimeoutSeconds }) => timeoutSeconds * 1000,
  })

  /** The device is on its way to another node: until it is there, it is ONLINE at none that anybody knows. */
  function left(device: string): void {
    const { sessions } = rooms()
    const presence = sessions.presenceOf(device)
    const known = remembered.get(device)
    sessions.leave(device)
    if (presence?.state !== 'online') return
    const { address, transport } = presence
    const elsewhere = { state: 'online', address, transport, node: nodes.number } as const
    remembered.set(device, { ...presence, epoch: known?.epoch ?? 0, elsewhere })
  }

  /** At the node that took it, if that is not gone with it. */
  async function stillWaits(requestId: string): Promise<boolean> {
    if (!nodes.find(ids.nodeOf(requestId) ?? 0)) return false
    const view = await requests.find(requestId, undefined).catch(() => undefined)
    return view?.outcome === 'pending'
  }

  return {
    remembered,
    node,
    nodeFor: (state) => (state === 'online' ? nodes.number : 0),
    presenceLearned: whereabouts.learn,
    countElsewhere: whereabouts.count,
    async recover() {
      // What stands under no node comes from a relay that was alone.
      await rooms().requests.takeOver(0)
      return { sessions: [], downMs: 0 }
    },
    // How long one node was away says nothing where others go on.
    keptSessions: { ...keptSessions, saveAlive: async () => {} },
    handOverTo: {
      store: keptSessions,
      hold: (device) => rooms().sessions.hold(device),
      isIdle: (device) => rooms().requests.isIdle(device),
      whenStill: (device) => rooms().requests.whenStill(device),
      left,
    },
    requests,
    inFlight: () => rooms().requests.inFlight() + requests.inFlight(),
    async findCaller(bearer) {
      const caller = rooms().accounts.findCaller(bearer)
      if (caller) return caller
      // It may have been made at another node a moment ago.
      await rooms().journal.catchUp()
      return rooms().accounts.findCaller(bearer)
    },
    signOfLife: whereabouts.signOfLife,
    knowsSession: whereabouts.knowsSession,
    sleep: createSleeping(needs),
    saveSeen: whereabouts.saveSeen,
    standing() {
      const journalLag = Math.max(0, newestElsewhere - rooms().journal.newest())
      return standingOf(needs, { adopted, journalLag })
    },
    whyNotReady: () =>
      nodes.holds() ? undefined : 'This node reaches neither the record nor the others: they may have taken over.',
    forJournal: {
      shared: {
        node,
        // The journal is followed from the first on; a hundred thousand devices take seconds to read.
        isListenedTo: () => isBuilt && rooms().streams.count() > 0,
        learn: whereabouts.learnRows,
        known: (seq) => bus.publish('journal', { head: { seq } }),
        wrote: everywhere.wrote,
        wroteQuietly: (from, upTo) => bus.publish('events', { head: { from, upTo } }),
      },
    },
    forAccounts: (journal) => ({
      shared: {
        changed: (tx, type) => journal.append(tx, { type, account: defaultAccount }),
        everywhere: everywhere.settled,
      },
    }),
    forPeople: (journal) => ({
      shared: {
        changed: (tx) => journal.append(tx, { type: 'record.user', account: defaultAccount }),
        everywhere: everywhere.settled,
      },
    }),
    forSessions: {
      claim: claims.claim,
      held: interests.hold,
    },
    forDevices: {
      shared: {
        presenceLearned: whereabouts.learn,
        everywhere: everywhere.settled,
        presencesNow: whereabouts.presencesNow,
      },
    },
    forRequests: {
      shared: {
        node,
        forward: requests.forward,
        answeredInSession: requests.answeredInSession,
        giveOver: requests.giveOver,
      },
    },
    forBosh: {
      newSid: () => ids.create(nodes.number),
      mayAct: nodes.holds,
      elsewhere: (here) =>
        createElsewhere({
          ...common,
          ...here,
          store: keptSessions,
          nodeOf: ids.nodeOf,
          arrives: (device, epoch) => rooms().sessions.arrives(device, epoch),
          resume(sid, kept, exchange, bytes) {
            const isGood = here.resume(sid, kept, exchange, bytes)
            if (isGood) adopted++
            return isGood
          },
        }),
    },
    forWebSocket: {
      newSmId: () => ids.create(nodes.number),
      stillWaits,
      elsewhere: (here) =>
        createWebSocketElsewhere({
          ...common,
          ...here,
          store: keptSessions,
          nodeOf: ids.nodeOf,
          arrives: (device, epoch) => rooms().sessions.arrives(device, epoch),
          adopted: () => void adopted++,
        }),
    },
    forDoor: { newRequestId: () => ids.create(nodes.number) },
  }
}
