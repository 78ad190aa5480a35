/** The fleet, and beside it the device that was chosen; where there is no room for both, one of them. */
import { useEffect, useRef } from 'preact/hooks'
import type { PageProps } from '../router.ts'
import { DevicePage } from './device/device.tsx'
import { Fleet } from './fleet.tsx'

export function Devices({ place, param: id }: PageProps) {
  return (
    <div class={`split ${id === undefined ? 'has-list' : 'has-detail'}`}>
      <Fleet query={place.query} chosen={id} />
      {id !== undefined && <Detail key={id} id={id} query={place.query} />}
    </div>
  )
}

/** As in `look/devices.css`: from here on the list stays beside it. */
const besideEachOther = '(min-width: 1200px)'

function Detail({ id, query }: { id: string; query: URLSearchParams }) {
  const section = useRef<HTMLElement>(null)
  useEffect(() => {
    // In the list one goes on with `j` and `k`; where it has given way, the focus would be nowhere.
    if (!matchMedia(besideEachOther).matches) section.current?.focus()
  }, [])
  return (
    <section class="detail" aria-label={id} ref={section} tabIndex={-1}>
      <DevicePage id={id} query={query} />
    </section>
  )
}
