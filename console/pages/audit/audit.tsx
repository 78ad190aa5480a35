/** The audit log: who did what, newest first, in sentences; narrowed by what stands in the address. */
import type { AuditEntry } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { type Names, useNames } from '../../live/names.ts'
import { useAuditWords } from '../../messages/audit.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Exact } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { go, linkTo, type PageProps } from '../../router.ts'
import { useMay, useSignedIn } from '../../session.ts'
import { CheckChain } from './check-chain.tsx'
import { AuditFilters } from './filters.tsx'
import { resultIn, sentenceOf } from './sentence.ts'
import { readWanted, type Wanted } from './wanted.ts'

const pageSize = 100

export function Audit({ place }: PageProps) {
  const say = useSay()
  const words = useAuditWords()
  const mayLook = useMay('keys:write')
  const names = useNames(mayLook)
  if (!mayLook) return <p class="page narrow">{say.problems.codes.forbidden}</p>
  const wanted = readWanted(place.query, words)
  const show = (next: Wanted) => go(linkTo(['audit'], { ...next }), 'replace')
  return (
    <div class="page narrow">
      <div class="section-head">
        <h1>{words.title}</h1>
        <a class="button quiet" href="/v1/audit/export" download="fairlead-audit.jsonl">
          {words.export}
        </a>
      </div>
      <p class="sub">{words.means}</p>
      <AuditFilters key={`filters ${JSON.stringify(wanted)}`} wanted={wanted} names={names} show={show} />
      <CheckChain />
      <Entries key={`entries ${JSON.stringify(wanted)}`} wanted={wanted} names={names} />
    </div>
  )
}

function Entries({ wanted, names }: { wanted: Wanted; names: Names }) {
  const words = useAuditWords()
  const [entries, setEntries] = useState<readonly AuditEntry[]>()
  /** Undefined: nothing was read yet; null: there is nothing before these. */
  const [cursor, setCursor] = useState<string | null>()
  const begin = useAction(async () => {
    const page = await relay.audit.list({ ...wanted, limit: pageSize })
    setEntries(page.items)
    setCursor(page.nextCursor)
  })
  const goOn = useAction(async () => {
    const page = await relay.audit.list({ ...wanted, limit: pageSize, ...(cursor && { cursor }) })
    setEntries((before = []) => [...before, ...page.items])
    setCursor(page.nextCursor)
  })
  useEffect(() => begin.run(), [])
  return (
    <section class="own" aria-label={words.title} aria-busy={begin.isBusy}>
      <Problem error={begin.error} retry={() => begin.run()} />
      {entries === undefined && begin.isBusy && <p class="sub">{words.loading}</p>}
      {entries?.length === 0 && (
        <div class="empty">
          <h2>{words.noneFits}</h2>
          <p>{words.noneFitsMeans}</p>
          <a class="button" href={linkTo(['audit'])}>
            {words.filter.clear}
          </a>
        </div>
      )}
      {entries !== undefined && entries.length > 0 && (
        <>
          <div class="actions">
            <button type="button" class="quiet" disabled={begin.isBusy} onClick={() => begin.run()}>
              {words.again}
            </button>
          </div>
          <ol class="entries">
            {entries.map((entry) => (
              <Entry key={entry.seq} entry={entry} names={names} />
            ))}
          </ol>
          <Problem error={goOn.error} />
          {cursor ? (
            <div class="actions">
              <button type="button" class="quiet" disabled={goOn.isBusy} onClick={() => goOn.run()}>
                {words.earlier}
              </button>
            </div>
          ) : (
            <p class="sub">{words.atEnd}</p>
          )}
        </>
      )}
    </section>
  )
}

function Entry({ entry, names }: { entry: AuditEntry; names: Names }) {
  const words = useAuditWords()
  const me = useSignedIn()?.user
  const { seq, at, address, account, result } = entry
  const facts = [
    resultIn(result, words),
    ...(address === undefined ? [] : [words.from(address)]),
    ...(me?.isRelayAdmin && account !== undefined ? [words.ofAccount(account)] : []),
    words.entry(String(seq)),
  ]
  return (
    <li class={result === 'done' ? '' : 'is-refused'}>
      <p>{sentenceOf(entry, names, words)}</p>
      <p class="sub">
        <Exact at={at} /> · {facts.join(' · ')}
      </p>
    </li>
  )
}
