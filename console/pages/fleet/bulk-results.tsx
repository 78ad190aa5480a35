/** How far it is, what became of each device in plain words, and what can be done about those that failed. */
import { type Messages, useSay } from '../../language.ts'
import { begin, type Result, type Run, stopRun, toTryAgain } from '../../live/bulk.ts'
import { csvOf, saveFile } from '../../live/csv.ts'
import { Icon, type IconName } from '../../parts/icons.tsx'
import { plainly } from '../../parts/value.tsx'
import { explain } from '../../relay.ts'

/** More would not be read; the file has all of them. */
const mostShown = 200

const icons: Readonly<Record<Result['is'], IconName>> = {
  done: 'online',
  failed: 'warning',
  'not-sent': 'offline',
  refused: 'warning',
  unknown: 'suspect',
}

export function BulkResults({ run, close }: { run: Run; close(): void }) {
  const say = useSay()
  const { results, total, state, job } = run
  const isEnded = state === 'ended'
  const again = isEnded ? toTryAgain(run) : []
  // What needs somebody's attention stands first.
  const sorted = [...results.filter(({ is }) => is !== 'done'), ...results.filter(({ is }) => is === 'done')]
  const inWords = (result: Result) => wordsOf(result, say)

  function save(): void {
    const rows = sorted.map((result) => [result.device, say.bulk.outcomes[result.is], inWords(result)])
    saveFile('fairlead-results.csv', csvOf([[...say.bulk.csvHead], ...rows]))
  }

  return (
    <div class="bulk-results">
      <progress value={results.length} max={total} aria-label={say.bulk.title} />
      {/* Each number read aloud would leave no room for anything else. */}
      <p role="status" aria-live={state === 'running' ? 'off' : 'polite'}>
        {say.bulk.states[state](results.length, total)}
      </p>
      {isEnded && <p>{summary(results, total, say)}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard */}
      <ul tabIndex={0} aria-label={say.bulk.perDevice}>
        {sorted.slice(0, mostShown).map((result) => (
          <li key={result.device} class={`is-${result.is}`}>
            <Icon name={icons[result.is]} />
            <span>
              <strong>{result.device}</strong> {say.bulk.outcomes[result.is]}
              <span class="sub">{inWords(result)}</span>
            </span>
          </li>
        ))}
        {sorted.length > mostShown && <li>{say.bulk.more(sorted.length - mostShown)}</li>}
      </ul>
      {isEnded && job.kind === 'command' && results.some(({ is }) => is === 'unknown') && (
        <p class="hint">{say.bulk.notAgain}</p>
      )}
      <div class="actions">
        {!isEnded && (
          <button type="button" class="is-harm" disabled={state === 'stopping'} onClick={stopRun}>
            {say.bulk.stop}
          </button>
        )}
        {again.length > 0 && (
          <button type="button" onClick={() => void begin(job, again)}>
            {say.bulk.again(again.length)}
          </button>
        )}
        {isEnded && results.length > 0 && (
          <button type="button" class="quiet" onClick={save}>
            {say.bulk.csv}
          </button>
        )}
        <button type="button" class="quiet" onClick={close}>
          {isEnded ? say.bulk.close : say.bulk.hide}
        </button>
      </div>
    </div>
  )
}

function summary(results: readonly Result[], total: number, say: Messages): string {
  const counts = Map.groupBy(results, ({ is }) => is)
  const parts = [...counts].map(([is, some]) => `${say.bulk.outcomes[is]}: ${some.length}`)
  if (results.length < total) parts.push(`${say.bulk.notBegun}: ${total - results.length}`)
  return parts.join(' · ')
}

function wordsOf({ values, errors, error }: Result, say: Messages): string {
  if (error !== undefined) return explain(error, say)
  const told = Object.entries(values).map(([name, value]) =>
    [name, plainly(value)].filter((part) => part !== '').join(': '),
  )
  const codes: Readonly<Record<string, string>> = say.request.errors
  const failed = Object.entries(errors).map(([name, { code, message }]) => `${name}: ${codes[code] ?? message}`)
  return [...failed, ...told].join('; ')
}
