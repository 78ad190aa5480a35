/** Asks neighbours by multicast DNS on every network of this machine, and hears what they answer (RFC 6762). */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type Question, writeQueries } from './dns-message.ts'
import type { LocalNetworks, Port } from './local-networks.ts'

export interface Multicast extends AsyncDisposable {
  /** Asks on every network; one on which nothing can be sent is left out. */
  ask(questions: readonly Question[]): Promise<void>
}

/** @param sender its address, IPv6 with its zone */
export type Hear = (message: Uint8Array, sender: string) => void

const port = 5353
const groups = { 4: '224.0.0.251', 6: 'ff02::fb' } as const
/** Of one neighbour; more is a flood, and not read. */
const mostMessagesOfSender = 1000
const mostSenders = 2000

/**
 * Each question goes out twice: from port 5353, so that the answer comes to all, and from a port of our own, so that it
 * comes to us alone (RFC 6762 §6.7). Firewalls and access points that drop one of the two let the other through, and a
 * program that keeps port 5353 to itself leaves us the second. There each question goes alone: such an answer ends after
 * 512 octets, however much was asked.
 */
export async function openMulticast(networks: LocalNetworks, hear: Hear): Promise<Multicast> {
  await using opening = new AsyncDisposableStack()
  const messagesOf = new Map<string, number>()

  function hearFrom(message: Buffer, { address, port: from }: RemoteInfo): void {
    // RFC 6762 §6 and §11: answers come from port 5353 and from this link; others are forged.
    if (from !== port || !networks.isOnLink(address)) return
    const messages = (messagesOf.get(address) ?? 0) + 1
    if (messages > mostMessagesOfSender || (messages === 1 && messagesOf.size >= mostSenders)) return
    messagesOf.set(address, messages)
    hear(message, address)
  }

  const asking: Multicast['ask'][] = []
  for (const family of [4, 6] as const) {
    const ports = networks.ports.filter((each) => each.family === family)
    for (const from of ports.length > 0 ? [port, 0] : []) {
      const socket = await bind(family, from)
      if (!socket) continue
      opening.defer(() => close(socket))
      socket.on('message', hearFrom)
      if (from === port) for (const each of ports) join(socket, each)
      const write = (questions: readonly Question[]) =>
        from === port ? writeQueries(questions) : questions.flatMap((question) => writeQueries([question]))
      asking.push(async (questions) => {
        for (const message of write(questions)) await sendOnEach(socket, ports, message)
      })
    }
  }
  const open = opening.move()
  return {
    async ask(questions) {
      await Promise.all(asking.map((ask) => ask(questions)))
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** @returns undefined when it is not to be had: this machine has no such addresses, or another program has the port */
async function bind(family: 4 | 6, from: number): Promise<Socket | undefined> {
  const socket = createSocket({ type: `udp${family}`, reuseAddr: from === port, ipv6Only: family === 6 })
  try {
    socket.bind(from)
    await once(socket, 'listening')
    socket.setMulticastTTL(255)
  } catch {
    socket.close()
    return undefined
  }
  // What an earlier packet met on its way says nothing about the next one.
  socket.on('error', () => {})
  return socket
}

function join(socket: Socket, { family, address, zone }: Port): void {
  try {
    socket.addMembership(groups[family], family === 4 ? address : `::%${zone}`)
  } catch {
    // An interface without multicast, or one that has just gone: the others are still heard.
  }
}

async function sendOnEach(socket: Socket, ports: readonly Port[], message: Uint8Array): Promise<void> {
  // One after the other: the socket has one interface to send on at a time.
  for (const { family, address, zone } of ports)
    try {
      socket.setMulticastInterface(family === 4 ? address : `::%${zone}`)
      await send(socket, message, family === 4 ? groups[4] : `${groups[6]}%${zone}`)
    } catch {
      // No way out there, as on an interface that is down.
    }
}

function send(socket: Socket, message: Uint8Array, group: string): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(message, port, group, (error) => (error ? reject(error) : resolve())),
  )
}

async function close(socket: Socket): Promise<void> {
  socket.close()
  await once(socket, 'close')
}
