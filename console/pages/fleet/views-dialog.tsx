/** Searches that have a name: opened by a press, saved, renamed, shared, copied as a link, and removed, with a way back. */
import type { View } from '@fairlead/protocol/contract'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { CopyButton, Field, Problem, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { relay } from '../../relay.ts'
import { go, linkTo } from '../../router.ts'
import { useMay } from '../../session.ts'

interface ViewsDialogProps {
  /** What is looked for now; empty: nothing. */
  search: string
  close(): void
}

export function ViewsDialog({ search, close }: ViewsDialogProps) {
  const say = useSay()
  const [views, setViews] = useState<readonly View[]>()
  const [removed, setRemoved] = useState<View>()
  const read = useAction(async () => {
    const { items } = await relay.views.list()
    setViews([...items].sort((one, other) => one.name.localeCompare(other.name)))
  })
  useEffect(read.run, [])

  const bringBack = useAction(async () => {
    if (!removed) return
    await relay.views.save(removed.viewId, contentOf(removed))
    setRemoved(undefined)
    read.run()
  })

  return (
    <Dialog title={say.views.title} close={close}>
      {search !== '' && <SaveThis search={search} saved={read.run} />}
      <Problem error={read.error ?? bringBack.error} retry={read.run} />
      {removed && (
        <p class="notice" role="status">
          {say.views.removed(removed.name)}
          <button type="button" class="quiet" disabled={bringBack.isBusy} onClick={() => bringBack.run()}>
            {say.views.undo}
          </button>
        </p>
      )}
      {views?.length === 0 && <p class="sub">{say.views.none}</p>}
      <ul class="views">
        {views?.map((view) => (
          <ViewRow
            key={view.viewId}
            view={view}
            close={close}
            changed={read.run}
            removed={() => {
              setRemoved(view)
              read.run()
            }}
          />
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="quiet" onClick={close}>
          {say.views.close}
        </button>
      </div>
    </Dialog>
  )
}

function contentOf({ name, search, shared }: View) {
  return { name, search, shared }
}

/** 128 bits by chance, as the relay takes them. */
function newViewId(): string {
  return crypto.randomUUID()
}

/** As `relay/views/` has it. */
const useMayShare = () => useMay('users:write')

function SaveThis({ search, saved }: { search: string; saved(): void }) {
  const say = useSay()
  const [count, setCount] = useState(0)
  return (
    <ViewForm
      // An empty one after each.
      key={count}
      label={say.views.name}
      hint={<code>{search}</code>}
      verb={say.views.save}
      save={async (named) => {
        await relay.views.save(newViewId(), { ...named, search })
        setCount(count + 1)
        saved()
      }}
    />
  )
}

interface ViewFormProps {
  label: string
  hint?: ComponentChildren
  verb: string
  before?: Pick<View, 'name' | 'shared'>
  save(named: Pick<View, 'name' | 'shared'>): Promise<void>
  leave?(): void
}

function ViewForm({ label, hint, verb, before, save, leave }: ViewFormProps) {
  const say = useSay()
  const mayShare = useMayShare()
  const [name, setName] = useState(before?.name ?? '')
  const [shared, setShared] = useState(before?.shared ?? false)
  const saving = useAction(() => save({ name: name.trim(), shared }))
  return (
    <form
      class="bulk-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') saving.run()
      }}
    >
      <Field label={label} value={name} changed={setName} maxLength={64} hint={hint} isFirst={before !== undefined} />
      {mayShare && <Share shared={shared} change={setShared} />}
      <Problem error={saving.error} />
      <SubmitOrLeave
        verb={verb}
        disabled={name.trim() === '' || saving.isBusy}
        leave={leave}
        leaveVerb={say.views.leave}
      />
    </form>
  )
}

function Share({ shared, change }: { shared: boolean; change(shared: boolean): void }) {
  const say = useSay()
  return (
    <label class="check">
      <input type="checkbox" checked={shared} onChange={({ currentTarget }) => change(currentTarget.checked)} />
      {say.views.share}
    </label>
  )
}

interface ViewRowProps {
  view: View
  close(): void
  changed(): void
  removed(): void
}

function ViewRow({ view, close, changed, removed }: ViewRowProps) {
  const say = useSay()
  const mayShare = useMayShare()
  const [isEdited, setEdited] = useState(false)
  const link = linkTo(['devices'], { q: view.search })
  const remove = useAction(async () => {
    await relay.views.remove(view.viewId)
    removed()
  })
  if (isEdited)
    return (
      <li>
        <ViewForm
          label={say.views.newName}
          verb={say.views.keep}
          before={view}
          save={async (named) => {
            await relay.views.save(view.viewId, { ...named, search: view.search })
            setEdited(false)
            changed()
          }}
          leave={() => setEdited(false)}
        />
      </li>
    )
  return (
    <li>
      <a
        href={link}
        onClick={(event) => {
          // The list behind it is searched at once; opened elsewhere, this one stays.
          if (event.ctrlKey || event.metaKey || event.shiftKey) return
          event.preventDefault()
          go(link)
          close()
        }}
      >
        <strong>{view.name}</strong>
        {view.shared && <span class="tag">{say.views.shared}</span>}
        <code class="sub">{view.search}</code>
      </a>
      <Problem error={remove.error} />
      <div class="actions">
        <CopyButton text={new URL(link, location.href).href} label={say.views.copyLink} />
        {(mayShare || !view.shared) && (
          <>
            <button type="button" class="icon-button" onClick={() => setEdited(true)}>
              <Icon name="edit" />
              <span class="hidden">{say.views.edit(view.name)}</span>
            </button>
            <button type="button" class="icon-button" disabled={remove.isBusy} onClick={() => remove.run()}>
              <Icon name="removed" />
              <span class="hidden">{say.views.remove(view.name)}</span>
            </button>
          </>
        )}
      </div>
    </li>
  )
}
