/** Whether what people print on a device waits until they are at it (H1). */
import type { Device } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { learn } from '../../live/known-devices.ts'
import { useWalkUpWords } from '../../messages/for-walk-ups.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { relay } from '../../relay.ts'
import { useMay } from '../../session.ts'

export function ReleaseSetting({ device: { id, releaseAtDevice } }: { device: Device }) {
  const say = useWalkUpWords()
  /** As it is to be, until the relay has said so. */
  const [wanted, setWanted] = useState<boolean>()
  const set = useAction(async (isSet: boolean) => {
    setWanted(isSet)
    const askedAtMs = performance.now()
    try {
      learn(await relay.devices.change(id, { releaseAtDevice: isSet }), askedAtMs)
    } finally {
      setWanted(undefined)
    }
  })
  if (!useMay('devices:write')) return releaseAtDevice ? <p class="sub">{say.setting}</p> : null
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={wanted ?? releaseAtDevice}
          disabled={set.isBusy}
          onChange={({ currentTarget }) => set.run(currentTarget.checked)}
        />
        {say.setting}
      </label>
      <p class="hint">{say.settingMeans}</p>
      <Problem error={set.error} />
    </div>
  )
}
