/** Whether a document is to come out when its sender is at the printer (H1). */
import type { Printer } from '../../live/printing.ts'
import { useSay } from '../../messages/for-jobs.ts'
import { useSignedIn } from '../../session.ts'

/**
 * Nothing can wait for somebody who is no user of the account. Where that is not known, nothing is said of it: the relay does as
 * the device is set.
 */
export function useReleaseOf(device: Printer, atDevice: boolean): { release?: 'none' | 'person' } {
  const account = useSignedIn()?.user.account
  if (account === undefined || account !== device.account) return {}
  return { release: atDevice ? 'person' : 'none' }
}

interface AtDeviceProps {
  checked: boolean
  disabled: boolean
  changed(checked: boolean): void
}

export function AtDevice({ checked, disabled, changed }: AtDeviceProps) {
  const { jobs } = useSay()
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={checked}
          disabled={disabled}
          onChange={({ currentTarget }) => changed(currentTarget.checked)}
        />
        {jobs.atDevice}
      </label>
      {checked && <p class="hint">{jobs.atDeviceMeans}</p>}
    </div>
  )
}
