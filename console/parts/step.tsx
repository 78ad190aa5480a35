/** One thing to do at a device, which ticks itself off. */
import { useSay } from '../language.ts'
import { Icon } from './icons.tsx'

export function Step({ name, isDone, waits }: { name: string; isDone: boolean; waits?: string }) {
  const say = useSay()
  return (
    <li class={isDone ? 'is-done' : 'is-waiting'}>
      <Icon name={isDone ? 'online' : 'wait'} />
      <span>
        <b>{name}</b>
        <span class="hidden"> ({isDone ? say.claim.stepDone : say.claim.stepWaits})</span>
        {!isDone && waits !== undefined && <span class="sub">{waits}</span>}
      </span>
    </li>
  )
}
