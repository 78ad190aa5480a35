/** Where the provider leads back to once somebody has proved again who they are: the window that waits is told. */
import { useEffect } from 'preact/hooks'
import { useSay } from '../language.ts'
import { tellProved } from '../prove.ts'
import { Door } from './door.tsx'

export function Proved() {
  const say = useSay()
  useEffect(tellProved, [])
  return (
    <Door title={say.again.proved} means={say.again.provedMeans} submit={() => window.close()}>
      <div class="actions">
        <button type="submit">{say.again.close}</button>
      </div>
    </Door>
  )
}
