/** What can be done with the devices that are chosen, and how far that is: at the bottom, where the thumb is. */
import { useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { dismissRun, run } from '../../live/bulk.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { later } from '../../parts/later.tsx'
import { useMay } from '../../session.ts'
import { useStore } from '../../store.ts'
import type { BulkKind } from './bulk-dialog.tsx'
import type { Selection } from './selection.ts'

const BulkDialog = later(() => import('./bulk-dialog.tsx').then((module) => module.BulkDialog), 'part')

const kinds: readonly { kind: BulkKind; scope: 'devices:write' | 'requests:write' }[] = [
  { kind: 'tag', scope: 'devices:write' },
  { kind: 'set', scope: 'requests:write' },
  { kind: 'get', scope: 'requests:write' },
  { kind: 'command', scope: 'requests:write' },
  { kind: 'release', scope: 'devices:write' },
  { kind: 'remove', scope: 'devices:write' },
]

interface BulkBarProps {
  selection: Selection
  /** How many fit; undefined: not known yet. */
  fitting: number | undefined
}

export function BulkBar({ selection, fitting }: BulkBarProps) {
  const say = useSay()
  const [open, setOpen] = useState<BulkKind | 'results'>()
  const now = useStore(run)
  const may = { 'devices:write': useMay('devices:write'), 'requests:write': useMay('requests:write') }
  const all = useAction(selection.chooseAll)
  const number = selection.chosen.size
  if (number === 0 && now === undefined) return null
  return (
    <section class="bulk-bar" aria-label={say.bulk.title}>
      {now !== undefined && (
        <p class="bulk-state">
          <span role="status" aria-live={now.state === 'running' ? 'off' : 'polite'}>
            {say.bulk.states[now.state](now.results.length, now.total)}
          </span>
          <button type="button" class="quiet" onClick={() => setOpen('results')}>
            {say.bulk.showResults}
          </button>
          {now.state === 'ended' && (
            <button type="button" class="icon-button" aria-label={say.bulk.dismiss} onClick={dismissRun}>
              <Icon name="close" />
            </button>
          )}
        </p>
      )}
      {number > 0 && (
        <>
          <p class="bulk-state">
            <strong role="status">{say.bulk.chosen(number)}</strong>
            {fitting !== undefined && fitting > number && (
              <button type="button" class="quiet" disabled={all.isBusy} onClick={() => all.run()}>
                {all.isBusy ? say.fleet.loading : say.bulk.chooseAll(fitting)}
              </button>
            )}
            <button type="button" class="icon-button" aria-label={say.bulk.clear} onClick={selection.clear}>
              <Icon name="close" />
            </button>
          </p>
          <Problem error={all.error} />
          <div class="bulk-actions">
            {kinds.map(({ kind, scope }) =>
              may[scope] ? (
                <button
                  key={kind}
                  type="button"
                  class={kind === 'release' || kind === 'remove' ? 'quiet is-harm' : 'quiet'}
                  disabled={now !== undefined && now.state !== 'ended'}
                  onClick={() => setOpen(kind)}
                >
                  {say.bulk.kinds[kind]}
                </button>
              ) : null,
            )}
          </div>
        </>
      )}
      {open && <BulkDialog open={open} devices={[...selection.chosen]} close={() => setOpen(undefined)} />}
    </section>
  )
}
