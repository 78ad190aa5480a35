/** A page, or a part of one, whose script is read when somebody goes there, so that the first one is there soon. */
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Problem, useAction } from './forms.tsx'

/** @param frame `part`: it takes no room of its own while it is read */
export function later<Props extends object>(
  read: () => Promise<ComponentType<Props>>,
  frame: 'page' | 'part' = 'page',
): ComponentType<Props> {
  let known: ComponentType<Props> | undefined
  return function Later(props: Props) {
    const [Page, setPage] = useState(() => known)
    const load = useAction(async () => {
      known = await read()
      setPage(() => known)
    })
    useEffect(() => {
      if (!Page) load.run()
    }, [])
    if (Page) return <Page {...props} />
    if (load.error === undefined) return <div class={frame} aria-busy="true" />
    return (
      <div class={frame}>
        <Problem error={load.error} retry={() => load.run()} />
      </div>
    )
  }
}
