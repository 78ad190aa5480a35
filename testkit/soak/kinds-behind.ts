/** The relay is killed while its agents are where nothing reaches them: two behind NAT, with one address, and one behind an HTTP proxy (A16). */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openHttpProxy } from '../http-proxy.ts'
import { openNetworks } from '../networks.ts'
import { checkReturns, type Return } from './history.ts'
import { type Play, played, renderSpread } from './played.ts'
import { openSoak } from './soak.ts'
import type { Place } from './street.ts'

const port = 8080
/** Far shorter than any hold, and than many a pause of the load: what is held is cut again and again. */
const cutIdleAfterMs = 400
const backWithinMs = 10_000

export const playKillBehind: Play = async ({ seed, rounds, patience, tell }) => {
  const random = createSeededRandom(seed).fraction
  await using building = new AsyncDisposableStack()
  const networks = building.use(await openNetworks())
  const proxy = building.use(await openHttpProxy({ cutIdleAfterMs }))
  const { internet, left, right } = networks
  const inside = `http://${internet.address}:${port}`
  const behindProxy = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' }
  const places: ((relayUrl: string) => Place)[] = [
    () => ({ relayUrl: inside, start: left.start }),
    () => ({ relayUrl: inside, start: right.start }),
    (relayUrl) => ({ relayUrl, environment: behindProxy }),
  ]
  let placed = 0
  await using soak = await openSoak({
    ...{ seed, patience, agents: places.length, devicesPerAgent: 1 },
    ...{ start: internet.start, listen: `0.0.0.0:${port}`, reach: internet.reach },
    // Secrets go without TLS on this internet.
    relay: ['--public-url', inside, '--insecure-transport', '--inactivity', '60', '--management-timeout', '120'],
    rules: { mayLoseCalls: true },
    through: async (relayUrl) => places[placed++]?.(relayUrl) ?? relayUrl,
  })
  const { street, lies } = soak
  for (const { publicAddress } of [left, right])
    if ((await internet.tryToConnect(publicAddress, 80)) === 'connected')
      lies.push({ rule: 'mistake', words: `Something reaches ${publicAddress} from outside.` })
  const all: Return[] = []

  for (let round = 1; round <= rounds; round++) {
    await pause(500 + random() * 1500)
    const readyMs = await soak.restartRelay('SIGKILL')
    const returns = await soak.returns(street.devices, readyMs)
    all.push(...returns)
    lies.push(...checkReturns(returns, backWithinMs * patience))
    tell(`kill-behind ${round}/${rounds}: back after ${renderSpread(returns.map(({ afterMs }) => afterMs))} ms`)
    await street.restartAgents()
  }
  await soak.settle()
  return played('kill-behind', rounds, soak, {
    'back p50/p99/max ms': renderSpread(all.map(({ afterMs }) => afterMs)),
    'cut by the proxy': String(proxy.counts.cut),
  })
}
