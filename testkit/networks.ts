/**
 * Two local networks with the same private addresses, each behind a router that lets nothing in, and an internet between them (A16).
 *
 *     left   192.168.1.50 ┬─ 192.168.1.1 [NAT] 198.51.100.2 ──┐
 *                                                             ├── 203.0.113.1   internet: the relay
 *            192.168.1.60 ┘                                   │
 *     right  192.168.1.50 ┬─ 192.168.1.1 [NAT] 198.51.100.6 ──┘
 *            192.168.1.60 ┘
 *
 * Public addresses are those for documentation, RFC 5737.
 */
import { createServer, connect as dial } from 'node:net'
import { join } from 'node:path'
import { openFolder } from './folder.ts'
import { listenOnFreePort } from './listen.ts'
import { layCable, type Namespace, openNamespace, sweepDeadNamespaces } from './namespace.ts'
import { startHouseFile } from './process.ts'

export interface LocalNetwork extends Omit<Namespace, keyof AsyncDisposable> {
  /** The same in both: 192.168.1.50. */
  readonly deviceAddress: string
  /** Another machine in it, at 192.168.1.60: somebody's phone. */
  readonly terminal: Namespace
  /** The router's, as the internet sees it. */
  readonly publicAddress: string
  /** Takes the cable out of the router: what was connected stays so for both sides, and nothing arrives. */
  unplug(): Promise<void>
  plugIn(): Promise<void>
}

export interface Internet extends Omit<Namespace, keyof AsyncDisposable> {
  /** Where a relay listens. */
  readonly address: string
  /** Opens a way for this test to a port inside. @returns a URL on this machine's loopback; inside, it comes from loopback too */
  reach(port: number): Promise<string>
}

export interface Networks extends AsyncDisposable {
  readonly internet: Internet
  readonly left: LocalNetwork
  readonly right: LocalNetwork
}

const relayAddress = '203.0.113.1'
const deviceAddress = '192.168.1.50'
const terminalAddress = '192.168.1.60'

/** Stateful, as in any home router: out and back again, and nothing that begins outside. */
const routerRules = `
  table ip nat {
    chain outgoing { type nat hook postrouting priority 100; oifname "wan" masquerade; }
  }
  table inet filter {
    chain input {
      type filter hook input priority 0; policy drop;
      ct state established,related accept
      iifname { "lan", "lo" } accept
    }
    chain forward {
      type filter hook forward priority 0; policy drop;
      ct state established,related accept
      iifname "lan" oifname { "lan", "wan" } accept
    }
  }`

/** @throws {Error} one sentence without root */
export async function openNetworks(): Promise<Networks> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const space = building.use(await openNamespace('internet'))
  await sweepDeadNamespaces()
  await space.run('ip', 'address', 'add', `${relayAddress}/32`, 'dev', 'lo')
  await space.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')

  async function openLocal(side: 'left' | 'right', provider: string, publicAddress: string): Promise<LocalNetwork> {
    const router = building.use(await openNamespace(`${side}-router`))
    const lan = building.use(await openNamespace(side))
    const terminal = building.use(await openNamespace(`${side}-terminal`))
    // The router's switch.
    await router.run('ip', 'link', 'add', 'lan', 'type', 'bridge')
    await router.run('ip', 'address', 'add', '192.168.1.1/24', 'dev', 'lan')
    await router.run('ip', 'link', 'set', 'lan', 'up')
    for (const [host, port, address] of [
      [lan, 'port1', deviceAddress],
      [terminal, 'port2', terminalAddress],
    ] as const) {
      await layCable({ at: host, port: 'eth0', address: `${address}/24` }, { at: router, port })
      await router.run('ip', 'link', 'set', port, 'master', 'lan')
      await host.run('ip', 'route', 'add', 'default', 'via', '192.168.1.1')
    }
    await layCable(
      { at: router, port: 'wan', address: `${publicAddress}/30` },
      { at: space, port: side, address: `${provider}/30` },
    )
    await router.run('ip', 'route', 'add', 'default', 'via', provider)
    await router.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')
    await router.run('nft', routerRules)
    return {
      ...lan,
      terminal,
      deviceAddress,
      publicAddress,
      unplug: async () => void (await router.run('ip', 'link', 'set', 'lan', 'down')),
      plugIn: async () => void (await router.run('ip', 'link', 'set', 'lan', 'up')),
    }
  }

  const left = await openLocal('left', '198.51.100.1', '198.51.100.2')
  const right = await openLocal('right', '198.51.100.5', '198.51.100.6')

  // A socket file is seen from every namespace: it is the door between this test and the internet in there.
  async function reach(port: number): Promise<string> {
    const path = join(folder.path, `${port}.sock`)
    const door = await startHouseFile('testkit/forward.ts', [path, '127.0.0.1', String(port)], {}, space.start)
    await door.nextEvent('forward.ready')
    const server = createServer((near) => {
      const far = dial(path)
      near.pipe(far).pipe(near)
      for (const socket of [near, far])
        socket
          .on('error', () => {})
          .on('close', () => {
            near.destroy()
            far.destroy()
          })
      built.defer(() => void near.destroy())
    })
    const listening = built.use(await listenOnFreePort(server))
    return listening.url
  }

  const built = building.move()
  return {
    internet: { ...space, address: relayAddress, reach },
    left,
    right,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
