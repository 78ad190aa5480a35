/** Which objects could not be read or changed, and why: the device's own words behind ours. */
import type { ObjectsAnswered } from '@fairlead/protocol/contract'
import { useSay } from '../../language.ts'

export function Refusals({ errors }: { errors: ObjectsAnswered['errors'] | undefined }) {
  const say = useSay()
  const refused = Object.entries(errors ?? {})
  if (refused.length === 0) return null
  return (
    <ul class="refusals">
      {refused.map(([name, { code, message }]) => (
        <li key={name}>
          <code>{name}</code>: {say.request.errors[code]} <span class="sub">({message})</span>
        </li>
      ))}
    </ul>
  )
}
