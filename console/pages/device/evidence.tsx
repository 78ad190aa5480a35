/** How a device stands, and what that rests on: when it was heard of last, how it came, from where. */
import type { Device } from '@fairlead/protocol/contract'
import { useSay } from '../../language.ts'
import { Fact } from '../../parts/fact.tsx'
import { StateMark } from '../../parts/state.tsx'
import { Ago, Since } from '../../parts/when.tsx'

export function Evidence({ device }: { device: Device }) {
  const say = useSay()
  const { lastSeenAt, transport, address, registration, serial, tags, proxy } = device
  const meaning = meaningOf(device, say)
  return (
    <section class={`evidence is-${device.state}`} aria-labelledby="standing">
      <h2 id="standing" class="hidden">
        {say.device.standing}
      </h2>
      <p class="evidence-state">
        <StateMark device={device} />
        <span class="sub">
          <Since at={device.stateSinceAt} wrap={say.time.since} />
        </span>
      </p>
      {meaning !== '' && <p>{meaning}</p>}
      {device.suspect && <p>{say.suspectMeans}</p>}
      {proxy && <p>{say.device.proxyMeans}</p>}
      <dl class="facts">
        <Fact name={say.device.lastSign}>{lastSeenAt === null ? say.time.never : <Ago at={lastSeenAt} />}</Fact>
        {proxy && (
          <Fact name={say.device.proxy}>
            <Ago at={proxy.lastHeardAt} />
          </Fact>
        )}
        {transport !== null && <Fact name={say.device.connectedBy}>{say.device.transports[transport]}</Fact>}
        {address !== null && <Fact name={say.device.address}>{address}</Fact>}
        <Fact name={say.device.registration}>{say.device.registrations[registration]}</Fact>
        {serial !== null && <Fact name={say.device.serial}>{serial}</Fact>}
        {tags.length > 0 && <Fact name={say.device.tags}>{tags.join(', ')}</Fact>}
      </dl>
    </section>
  )
}

function meaningOf({ state, reason, proxy }: Device, say: ReturnType<typeof useSay>): string {
  if (state === 'online') return say.onlineMeans
  if (state === 'asleep') return say.asleepMeans
  // Whoever has a proxy needs no agent.
  if (reason === null || (reason === 'never-seen' && proxy)) return ''
  return say.reasonsAtLength[reason]
}
