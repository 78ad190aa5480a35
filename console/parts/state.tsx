/** How a device stands: a colour that always comes with an icon and a word. */
import type { Device } from '@fairlead/protocol/contract'
import { useSay } from '../language.ts'
import { Icon } from './icons.tsx'

type Standing = Pick<Device, 'state' | 'suspect' | 'reason'>

export function StateMark({ device }: { device: Pick<Device, 'state' | 'suspect'> }) {
  const say = useSay()
  return (
    <span class={`state is-${device.state}`}>
      <Icon name={device.state} />
      <span>{say.states[device.state]}</span>
      {device.suspect && (
        <span class="state is-suspect" title={say.suspectMeans}>
          <Icon name="suspect" />
          <span>{say.suspect}</span>
        </span>
      )}
    </span>
  )
}

/** Of a device that is not online: why, in a few words. */
export function useReason(): (device: Standing) => string | undefined {
  const say = useSay()
  return ({ state, reason }) => (state === 'offline' && reason !== null ? say.reasons[reason] : undefined)
}
