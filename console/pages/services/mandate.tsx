/** Whether services are performed for a device; if not, what is missing, and the button where that is the owner's consent. */
import type { Mandate } from '@fairlead/protocol/contract'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { useGathered } from '../../live/gathered.ts'
import { useEvents } from '../../live/stream.ts'
import { useSay } from '../../messages/for-services.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { relay } from '../../relay.ts'
import { linkTo } from '../../router.ts'
import { useMay, useSignedIn } from '../../session.ts'
import { createStore, useStore } from '../../store.ts'

/** A fleet that comes back at once is one read. */
const gatherMs = 500
/** So many devices are shown at once. */
const pageSize = 20

interface Missing {
  items: readonly Mandate[] | undefined
  cursor: string | null
}

/** How often a consent was given or taken back here: the same device may stand in several places. */
const turns = createStore(0)

/** @param filter of one device, or those of an account that something is missing for */
function useMandates(filter: { device: string } | { account: string; missing: true }) {
  const key = JSON.stringify(filter)
  const [{ items, cursor }, set] = useState<Missing>({ items: undefined, cursor: null })
  const [error, setError] = useState<unknown>()
  const read = useCallback(
    async (from?: string) => {
      try {
        const page = await relay.mandates.list({
          ...filter,
          limit: pageSize,
          ...(from !== undefined && { cursor: from }),
        })
        set((before) => ({
          items: from === undefined ? page.items : [...(before.items ?? []), ...page.items],
          cursor: page.nextCursor,
        }))
        setError(undefined)
      } catch (thrown) {
        setError(thrown)
      }
    },
    [key],
  )
  const turn = useStore(turns)
  useEffect(() => void read(), [read, turn])
  const readSoon = useGathered(() => void read(), gatherMs)
  useEvents(({ type, data }) => {
    const isOfOther = 'device' in filter && data.device !== filter.device
    if (type === 'reset' || (!isOfOther && mayChange.has(type))) readSoon()
  })
  return { items, cursor, error, read: (from?: string) => void read(from) }
}

/** The press at a device comes as the first of them. */
const mayChange = new Set(['claim.changed', 'device.registered', 'device.removed', 'device.changed'])

export function MandateOf({ device }: { device: string }) {
  const { items, error, read } = useMandates({ device })
  const [mandate] = items ?? []
  return (
    <>
      <Problem error={error} retry={() => read()} />
      {mandate && <Standing mandate={mandate} />}
    </>
  )
}

/** Nothing, where nothing is missing. */
export function MissingMandates({ account }: { account: string }) {
  const say = useSay()
  const mine = useSignedIn()?.user.account
  const { items, cursor, error, read } = useMandates({ account, missing: true })
  if (items === undefined) return <Problem error={error} retry={() => read()} />
  if (items.length === 0) return null
  return (
    <details class="missing">
      <summary>
        <Icon name="warning" />
        {say.services.mandate.some(items.length, cursor !== null)}
        {account !== mine && ` (${account})`}
      </summary>
      <ul>
        {items.map((mandate) => (
          <li key={mandate.device}>
            <a href={linkTo(['devices', mandate.device])}>{mandate.device}</a>
            <Standing mandate={mandate} />
          </li>
        ))}
      </ul>
      {cursor !== null && (
        <button type="button" class="quiet" onClick={() => read(cursor)}>
          {say.services.more}
        </button>
      )}
    </details>
  )
}

function Standing({ mandate }: { mandate: Mandate }) {
  const { services } = useSay()
  const mayConsent = useMay('devices:write')
  const [isAsking, setAsking] = useState(false)
  const { device, missing, kind } = mandate
  const button =
    missing === 'consent' ? services.mandate.give : kind === 'consent' ? services.mandate.withdraw : undefined
  return (
    <div class={`mandate ${missing === null ? 'is-given' : 'is-missing'}`}>
      <p>
        <Icon name={missing === null ? 'online' : 'warning'} />
        <span>{missing === null ? services.mandate[kind ?? 'instruction'] : services.mandate.missing[missing]}</span>
      </p>
      {button !== undefined && mayConsent && (
        <button type="button" class={missing === null ? 'quiet' : ''} onClick={() => setAsking(true)}>
          {button}
          <span class="hidden"> {device}</span>
        </button>
      )}
      {isAsking && <Consent device={device} isGiven={kind === 'consent'} close={() => setAsking(false)} />}
    </div>
  )
}

function Consent({ device, isGiven, close }: { device: string; isGiven: boolean; close(): void }) {
  const { mandate } = useSay().services
  const act = useAction(async () => {
    if (isGiven) await relay.devices.withdrawConsent(device)
    else await relay.devices.consent(device)
    turns.set(turns.get() + 1)
    close()
  })
  return (
    <Dialog title={isGiven ? mandate.withdrawTitle(device) : mandate.giveTitle(device)} close={close}>
      <p>{isGiven ? mandate.withdrawMeans : mandate.giveMeans}</p>
      <Problem error={act.error} />
      <div class="actions">
        <button type="button" class={isGiven ? 'is-harm' : ''} disabled={act.isBusy} onClick={() => act.run()}>
          {isGiven ? mandate.withdraw : mandate.giveVerb}
        </button>
        <button type="button" class="quiet" onClick={close}>
          {mandate.notNow}
        </button>
      </div>
    </Dialog>
  )
}
