/** What is to be done at the devices that are chosen, asked in one form; then what became of each. */
import type { ServiceRequestInput } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { begin, dismissRun, type Job, run } from '../../live/bulk.ts'
import { readWords, words } from '../../live/words.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Field, SubmitOrLeave } from '../../parts/forms.tsx'
import { useStore } from '../../store.ts'
import { BulkResults } from './bulk-results.tsx'

export type BulkKind = Job['kind']

interface BulkDialogProps {
  open: BulkKind | 'results'
  devices: readonly string[]
  close(): void
}

export function BulkDialog({ open, devices, close }: BulkDialogProps) {
  const say = useSay()
  const [isBegun, setBegun] = useState(open === 'results')
  const now = useStore(run)
  const kind = open === 'results' ? (now?.job.kind ?? 'tag') : open
  // What it was begun with: the choice may change while it goes on.
  const [chosen] = useState(devices)
  useEffect(() => void readWords(), [])

  function start(job: Job): void {
    dismissRun()
    setBegun(true)
    void begin(job, chosen)
  }

  if (isBegun && now)
    return (
      <Dialog title={say.bulk.results(kind, now.total)} close={close}>
        <BulkResults run={now} close={close} />
      </Dialog>
    )
  return (
    <Dialog title={say.bulk.titles[kind](chosen.length)} close={close}>
      {kind === 'release' || kind === 'remove' ? (
        <Harm kind={kind} number={chosen.length} start={start} close={close} />
      ) : (
        <Ask kind={kind} start={start} close={close} />
      )}
    </Dialog>
  )
}

/** From so many on, the word has to be typed. */
const manyDevices = 10

interface StepProps<Kind> {
  kind: Kind
  start(job: Job): void
  close(): void
}

function Harm({ kind, number, start, close }: StepProps<'release' | 'remove'> & { number: number }) {
  const say = useSay()
  const [typed, setTyped] = useState('')
  const word = say.bulk.words[kind]
  const isSure = number <= manyDevices || typed.trim().toLowerCase() === word.toLowerCase()
  return (
    <form
      class="bulk-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (isSure) start({ kind })
      }}
    >
      <p>{say.bulk.losses[kind](number)}</p>
      {number > manyDevices && (
        <Field label={say.bulk.typeWord(word)} value={typed} changed={setTyped} isVerbatim isFirst />
      )}
      <SubmitOrLeave
        verb={say.bulk.verbs[kind](number)}
        disabled={!isSure}
        isHarm
        leave={close}
        leaveVerb={say.bulk.leave}
      />
    </form>
  )
}

interface Typed {
  add: string
  remove: string
  object: string
  value: string
  isJson: boolean
  objects: string
  command: string
  arguments: string
}

const nothingTyped: Typed = {
  ...{ add: '', remove: '', object: '', value: '', isJson: false, objects: '', command: '', arguments: '' },
}

function Ask({ kind, start, close }: StepProps<'tag' | 'get' | 'set' | 'command'>) {
  const say = useSay()
  const known = useStore(words)
  const [typed, setTyped] = useState(nothingTyped)
  const edit = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }))
  const job = readJob(kind, typed)
  const field = (
    name: Exclude<keyof Typed, 'isJson'>,
    label: string,
    suggestions: readonly string[],
    hint?: string,
  ) => (
    <Field
      label={label}
      value={typed[name]}
      changed={(value) => edit({ [name]: value })}
      suggestions={suggestions}
      isVerbatim
      {...(hint !== undefined && { hint })}
    />
  )
  return (
    <form
      class="bulk-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (typeof job === 'object') start(job)
      }}
    >
      {kind === 'tag' && field('add', say.bulk.addTag, known.tags)}
      {kind === 'tag' && field('remove', say.bulk.removeTag, known.tags)}
      {kind === 'get' && field('objects', say.request.objects, known.objects, say.request.objectsHint)}
      {kind === 'set' && field('object', say.request.object, known.objects)}
      {kind === 'set' && field('value', say.request.value, [])}
      {kind === 'set' && (
        <label class="check">
          <input type="checkbox" checked={typed.isJson} onChange={() => edit({ isJson: !typed.isJson })} />
          {say.request.asJson}
        </label>
      )}
      {kind === 'command' && field('command', say.request.command, commands)}
      {kind === 'command' && field('arguments', say.request.arguments, [])}
      {job === 'bad-json' && <p class="hint is-wrong">{say.request.badJson}</p>}
      {kind !== 'tag' && <p class="hint">{say.bulk.onlineOnly}</p>}
      <SubmitOrLeave
        verb={say.bulk.submit[kind]}
        disabled={typeof job !== 'object'}
        leave={close}
        leaveVerb={say.bulk.leave}
      />
    </form>
  )
}

/** What most devices offer (contract part 5). */
const commands = ['identify', 'print-test-page', 'restart']

/** @returns undefined: something is missing still */
function readJob(kind: 'tag' | 'get' | 'set' | 'command', typed: Typed): Job | 'bad-json' | undefined {
  if (kind === 'tag') {
    const [add, remove] = [typed.add, typed.remove].map((text) => [text.trim()].filter(Boolean)) as [string[], string[]]
    return add.length + remove.length > 0 ? { kind, add, remove } : undefined
  }
  try {
    const request = readRequest(kind, typed)
    return request && { kind, request }
  } catch {
    return 'bad-json'
  }
}

/** @throws {SyntaxError} what was to be JSON is none */
function readRequest(kind: 'get' | 'set' | 'command', typed: Typed): ServiceRequestInput | undefined {
  if (kind === 'get') {
    const objects = typed.objects.split(/[\s,]+/).filter(Boolean)
    return objects.length > 0 ? { get: objects } : undefined
  }
  if (kind === 'set') {
    const object = typed.object.trim()
    if (object === '' || (typed.isJson && typed.value === '')) return undefined
    return { set: { [object]: typed.isJson ? JSON.parse(typed.value) : typed.value } }
  }
  const command = typed.command.trim()
  if (command === '') return undefined
  return typed.arguments.trim() === '' ? { command } : { command, arguments: JSON.parse(typed.arguments) }
}
