/** How much is left, as a bar with its number; what is not known is drawn as not known. */
import { useSay } from '../language.ts'
import { lowPercent, type Supply } from './supplies.ts'

const colors = new Set(['black', 'cyan', 'magenta', 'yellow', 'red', 'green', 'blue', 'white', 'grey'])

export function SupplyBar({ supply }: { supply: Supply }) {
  const { name, color, percent, isEmpty, unsaid } = supply
  const say = useSay()
  const isLow = isEmpty || (percent !== undefined && percent <= lowPercent)
  const amount = isEmpty ? say.device.empty : percent === undefined ? say.device.amounts[unsaid] : `${percent} %`
  return (
    <span class={`supply ${isLow ? 'is-low' : ''}`}>
      <span class="supply-name">{name}</span>
      <span class="supply-amount">
        {amount}
        {isLow && !isEmpty && ` · ${say.device.low}`}
      </span>
      <svg class="supply-bar" aria-hidden="true">
        <rect
          class={percent === undefined && !isEmpty ? 'rail is-unknown' : 'rail'}
          width="100%"
          height="100%"
          rx="4"
        />
        {percent !== undefined && percent > 0 && (
          <rect
            class={`fill is-${color !== undefined && colors.has(color) ? color : 'plain'}`}
            width={`${Math.max(percent, 2)}%`}
            height="100%"
            rx="4"
          />
        )}
      </svg>
    </span>
  )
}
