/** Searches that have a name: opened by a press, saved, renamed, shared, copied as a link, and removed, with a way back. */
import type { View } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { CopyButton, Field, Problem, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { relay } from '../../relay.ts'
import { go, linkTo } from '../../router.ts'
import { useSignedIn } from '../../session.ts'

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

function useMayShare(): boolean {
  const role = useSignedIn()?.user.role
  return role === 'admin' || role === 'owner'
}

function SaveThis({ search, saved }: { search: string; saved(): void }) {
  const say = useSay()
  const mayShare = useMayShare()
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const save = useAction(async () => {
    await relay.views.save(newViewId(), { name: name.trim(), search, shared })
    setName('')
    saved()
  })
  return (
    <form
      class="bulk-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') save.run()
      }}
    >
      <Field label={say.views.name} value={name} changed={setName} maxLength={64} hint={<code>{search}</code>} />
      {mayShare && <Share shared={shared} change={setShared} />}
      <Problem error={save.error} />
      <div class="actions">
        <button type="submit" disabled={name.trim() === '' || save.isBusy}>
          {say.views.save}
        </button>
      </div>
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
        <EditView
          view={view}
          leave={(isChanged) => {
            setEdited(false)
            if (isChanged) changed()
          }}
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

function EditView({ view, leave }: { view: View; leave(isChanged: boolean): void }) {
  const say = useSay()
  const mayShare = useMayShare()
  const [name, setName] = useState(view.name)
  const [shared, setShared] = useState(view.shared)
  const save = useAction(async () => {
    await relay.views.save(view.viewId, { name: name.trim(), search: view.search, shared })
    leave(true)
  })
  return (
    <form
      class="bulk-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') save.run()
      }}
    >
      <Field label={say.views.newName} value={name} changed={setName} maxLength={64} isFirst />
      {mayShare && <Share shared={shared} change={setShared} />}
      <Problem error={save.error} />
      <div class="actions">
        <button type="submit" disabled={name.trim() === '' || save.isBusy}>
          {say.views.keep}
        </button>
        <button type="button" class="quiet" onClick={() => leave(false)}>
          {say.views.leave}
        </button>
      </div>
    </form>
  )
}
